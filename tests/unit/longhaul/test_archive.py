"""Whether an archive is whole."""

from pathlib import Path

import pytest

from longhaul.archive import check, made_by
from longhaul.errors import BrokenArchive
from tests.unit.longhaul.archives import FILES, archive
from tests.unit.longhaul.stub import JOB_ID


def test_a_whole_archive_tells_what_it_holds(tmp_path: Path) -> None:
    path = _written(tmp_path, archive())

    manifest = check(path)

    assert [file.name for file in manifest.files] == list(FILES)
    assert (manifest.job_id, manifest.missing) == (JOB_ID, (10009,))


def test_every_byte_is_told_of(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    check(_written(tmp_path, archive()), lambda done, total: told.append((done, total)))

    assert told[-1][0] == told[-1][1] > sum(map(len, FILES.values()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a zip file"),
        (b"<Error>no</Error>", "not a zip file"),
        (archive()[:-10], "not a zip file"),
        (archive().replace(b"firstfirst", b"firstFirst", 1), "Bad CRC-32 for file 'a.txt'"),
        (archive(listed={}), "differ in 'a.txt'"),
        (archive(listed={**FILES, "c": b""}), "differ in 'c'"),
        (archive(listed={**FILES, "a.txt": b"other"}), "differ in 'a.txt'"),
        (archive(manifest=b"{}"), "missing required field `jobId`"),
        (archive(manifest=b"\xff"), "broken"),
        (archive().replace(b"manifest.json", b"another1.json"), "no item named 'manifest.json'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(BrokenArchive, match=words):
        check(_written(tmp_path, content))


def test_a_file_that_is_there_twice_is_one_too_many(tmp_path: Path) -> None:
    import zipfile

    path = _written(tmp_path, archive())
    with zipfile.ZipFile(path, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("a.txt", FILES["a.txt"])

    with pytest.raises(BrokenArchive, match="number of files"):
        check(path)


def test_an_archive_tells_whose_it_is(tmp_path: Path) -> None:
    assert made_by(_written(tmp_path, archive(job_id="somebody"))) == "somebody"


@pytest.mark.parametrize("content", [b"", b"text", archive(manifest=b"[]")])
def test_another_file_is_nobodys(tmp_path: Path, content: bytes) -> None:
    assert made_by(_written(tmp_path, content)) is None
    assert made_by(tmp_path / "nothing") is None


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "x.zip"
    path.write_bytes(content)
    return path
