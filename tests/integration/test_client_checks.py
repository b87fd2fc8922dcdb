"""The archives that this stack makes, as the Python client checks them: what the one writes, the
other must read. Each format, compressed and not, alone and split."""

from pathlib import Path

import pytest

from chalicelib.pipeline import archives
from longhaul import archive
from longhaul.errors import BrokenArchive
from tests.archives import noise
from tests.integration.gateway import call, export
from tests.integration.stack import MIB, Stack

FILES = {
    "a.bin": noise(1, 700_000),
    "ü/b.txt": b"a line of text\n" * 40_000,
    "c.bin": noise(2, 700_000),
    "empty": b"",
    "d.bin": noise(3, 700_000),
}
FORMS = [
    {},
    {"compression": "deflate"},
    {"compression": "auto"},
    {"format": "tar"},
    {"format": "tar.gz"},
    {"format": "tar.gz", "compression": "auto"},
]


@pytest.fixture
def files(stack: Stack) -> Stack:
    stack.put_files(FILES, unknown=["c.bin"])
    return stack


def made(stack: Stack, folder: Path, **form: object) -> list[Path]:
    """Returns the archives of an export, on this disk, in their order."""
    job_id = export(prefix="in/", **form)
    assert stack.run_queue() == []
    job = stack.job(job_id)
    assert job.status == "completed", job.failure
    listed = call("GET", f"/v1/export/{job_id}/download").body.get("archives", [{"archive": 1}])
    paths = [folder / str(one["archive"]) for one in listed]
    for path, key in zip(paths, archives.of(job), strict=True):
        path.write_bytes(stack.services.archive.read(key) or b"")
    return paths


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_an_archive_is_whole_by_its_manifest(
    files: Stack, tmp_path: Path, form: dict[str, str]
) -> None:
    (path,) = made(files, tmp_path, **form)

    manifest = archive.check(path, number=1)

    assert {file.name: file.size for file in manifest.files} == {
        name: len(content) for name, content in FILES.items()
    }
    assert {file.archive for file in manifest.files} == {None}


@pytest.mark.parametrize("form", FORMS[:4], ids=str)  # members of a tar.gz have several files
def test_several_archives_are_whole_by_the_manifest_in_the_last(
    files: Stack, tmp_path: Path, form: dict[str, str]
) -> None:
    *others, last = made(files, tmp_path, split=MIB, **form)

    manifest = archive.check(last, number=len(others) + 1)

    assert len(others) > 1
    assert {file.name for file in manifest.files} == {*FILES}
    for number, path in enumerate(others, 1):
        archive.check_volume(path, manifest, number)
        with pytest.raises(BrokenArchive):
            archive.check_volume(path, manifest, number + 1)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_byte_that_changed_is_found(files: Stack, tmp_path: Path, form: dict[str, str]) -> None:
    (path,) = made(files, tmp_path, **form)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)

    with pytest.raises(BrokenArchive):
        archive.check(path)
