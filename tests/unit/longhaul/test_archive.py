"""Checking a downloaded archive."""

from pathlib import Path

import pytest

from longhaul import Skipped
from longhaul.archive import check, job_id_of
from longhaul.errors import BrokenArchive
from tests.unit.longhaul.build_archive import FILES, build_archive
from tests.unit.longhaul.stub import JOB_ID


def test_the_manifest_of_a_whole_archive_is_returned(tmp_path: Path) -> None:
    skipped = {"file": "c.txt", "reason": "denied", "detail": "S3 denies it"}
    path = _written(tmp_path, build_archive(skipped=[skipped]))

    manifest = check(path)

    assert [file.name for file in manifest.files] == list(FILES)
    assert (manifest.job_id, manifest.missing) == (JOB_ID, ())
    assert manifest.skipped == (Skipped("c.txt", "denied", "S3 denies it"),)


def test_an_older_manifest_tells_the_missing_files_as_skipped_ones(tmp_path: Path) -> None:
    manifest = check(_written(tmp_path, build_archive(missing=[10009])))

    assert manifest.missing == (10009,)
    assert manifest.skipped == (Skipped(10009, "missing", "does not exist"),)


@pytest.mark.parametrize("names", [["manifest.json"], ["manifest.json", "manifest (2).json"], []])
def test_the_manifest_gives_way_to_files_with_its_name(tmp_path: Path, names: list[str]) -> None:
    files = {**FILES, **dict.fromkeys(names, b"of the user")}
    own = f"manifest ({len(names) + 1}).json" if names else "manifest.json"
    path = _written(tmp_path, build_archive(files, manifest_name=own, job_id="mine"))

    assert [file.name for file in check(path).files] == list(files)
    assert job_id_of(path) == "mine"


def test_a_file_that_is_only_named_like_the_manifest_is_checked_too(tmp_path: Path) -> None:
    files = {"manifest.json": b"of the user"}
    path = _written(tmp_path, build_archive(files, listed={}, manifest_name="manifest (2).json"))

    with pytest.raises(BrokenArchive, match=r"differ in 'manifest\.json'"):
        check(path)


def test_the_progress_covers_every_byte(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []

    check(_written(tmp_path, build_archive()), lambda done, total: reported.append((done, total)))

    assert reported[-1][0] == reported[-1][1] > sum(map(len, FILES.values()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a zip file"),
        (b"<Error>no</Error>", "not a zip file"),
        (build_archive()[:-10], "not a zip file"),
        (build_archive().replace(b"firstfirst", b"firstFirst", 1), "Bad CRC-32 for file 'a.txt'"),
        (build_archive(listed={}), "differ in 'a.txt'"),
        (build_archive(listed={**FILES, "c": b""}), "differ in 'c'"),
        (build_archive(listed={**FILES, "a.txt": b"other"}), "differ in 'a.txt'"),
        (build_archive(manifest=b"{}"), "missing required field `jobId`"),
        (build_archive(manifest=b"\xff"), "broken"),
        (
            build_archive().replace(b"manifest.json", b"another1.json"),
            "no item named 'manifest.json'",
        ),
    ],
)
def test_a_broken_archive_is_an_error_that_says_why(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(BrokenArchive, match=words):
        check(_written(tmp_path, content))


def test_a_file_that_occurs_twice_is_an_error(tmp_path: Path) -> None:
    import zipfile

    path = _written(tmp_path, build_archive())
    with zipfile.ZipFile(path, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("a.txt", FILES["a.txt"])

    with pytest.raises(BrokenArchive, match="number of files"):
        check(path)


def test_the_job_id_of_an_archive_is_returned(tmp_path: Path) -> None:
    assert job_id_of(_written(tmp_path, build_archive(job_id="somebody"))) == "somebody"


@pytest.mark.parametrize("content", [b"", b"text", build_archive(manifest=b"[]")])
def test_any_other_file_has_no_job_id(tmp_path: Path, content: bytes) -> None:
    assert job_id_of(_written(tmp_path, content)) is None
    assert job_id_of(tmp_path / "nothing") is None


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "x.zip"
    path.write_bytes(content)
    return path
