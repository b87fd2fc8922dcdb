"""The demo has files of each kind, and their names and fingerprint are right."""

import tarfile
from email.header import decode_header, make_header
from itertools import groupby
from pathlib import Path

import pytest

from chalicelib.archive.names import unique_names
from chalicelib.http.schemas import FILE_ID_MAX, FILE_ID_MIN
from infra.demo import library
from infra.demo.library import ABSENT_IDS, DemoFile
from infra.demo.upload import fingerprint, metadata_value
from infra.errors import InfraError

FOLDERS = [
    "backups",
    "code/chalice",
    "data/aws",
    "data/machine images",
    "data/sam",
    "documents/country names",
    "documents/licences",
    "images",
    "images/flags",
    "web/debugger",
    "web/swagger-ui",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "files"


@pytest.fixture(scope="module")
def files(directory: Path) -> tuple[DemoFile, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "_BACKED_UP", ("chalice",))
        return library.gather(directory)


def test_every_folder_has_files(files: tuple[DemoFile, ...]) -> None:
    folders = sorted(file.name.rpartition("/")[0] for file in files)

    assert [folder for folder, _ in groupby(folders)] == FOLDERS


def test_ids_count_up_and_leave_out_the_ids_that_must_not_exist(
    files: tuple[DemoFile, ...],
) -> None:
    ids = [file.file_id for file in files]

    assert ids == list(range(10_001, 10_001 + len(files)))
    assert not {*ids} & {*ABSENT_IDS}
    assert all(FILE_ID_MIN <= file_id <= FILE_ID_MAX for file_id in (*ids, *ABSENT_IDS))


def test_names_are_those_that_the_archive_will_have(files: tuple[DemoFile, ...]) -> None:
    names = [file.name for file in files]

    assert list(unique_names(names)) == names


def test_licences_are_also_below_the_prefix() -> None:
    licence = DemoFile(10_001, "documents/licences/rich.txt", Path("x"))
    flag = DemoFile(10_002, "images/flags/fr.gif", Path("x"))

    assert licence.keys == ("downloads/10001", "licences/rich.txt")
    assert flag.keys == ("downloads/10002",)


def test_a_package_is_backed_up_once(files: tuple[DemoFile, ...], directory: Path) -> None:
    backup = next(file for file in files if file.name.startswith("backups/"))
    made = backup.path.stat().st_mtime_ns

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "_BACKED_UP", ("chalice",))
        library.gather(directory)

    assert backup.path.stat().st_mtime_ns == made
    with tarfile.open(backup.path) as tar:
        assert "chalice/chalice/app.py" in tar.getnames()


def test_a_package_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_BACKED_UP", ("no-such-package",))

    with pytest.raises(InfraError, match="no-such-package is not installed"):
        library.gather(tmp_path)


@pytest.mark.parametrize("name", ["images/a.gif", "documents/日本語.po", "ქართული" * 40])
def test_names_pass_through_metadata_unchanged(name: str) -> None:
    value = metadata_value(name)

    assert value.isascii()
    assert str(make_header(decode_header(value))) == name


def test_another_file_gives_another_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    files = [DemoFile(10_001, "a", path)]
    before = fingerprint(files)
    path.write_bytes(b"22")

    assert fingerprint(files) != before
    assert fingerprint([DemoFile(10_001, "b", path)]) != fingerprint(files)
