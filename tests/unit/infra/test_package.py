"""The same sources make the same package."""

import zipfile
from pathlib import Path

import pytest

from infra.package import Package, stable

SOURCES = {"app.py": b"app = 1\n", "chalicelib/errors.py": b"# errors\n"}


def _zip(path: Path, files: dict[str, bytes], year: int = 2026) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return path


def _package(tmp_path: Path, name: str, packed: Path) -> Package:
    directory = tmp_path / name
    directory.mkdir()
    return stable(packed, directory, {})


@pytest.fixture
def first(tmp_path: Path) -> Package:
    return _package(tmp_path, "first", _zip(tmp_path / "first.zip", SOURCES))


def test_order_and_time_of_the_files_do_not_matter(tmp_path: Path, first: Package) -> None:
    reversed_sources = dict(reversed(SOURCES.items()))

    second = _package(tmp_path, "second", _zip(tmp_path / "2.zip", reversed_sources, year=2030))

    assert second.digest == first.digest
    assert second.code.read_bytes() == first.code.read_bytes()


def test_compiled_files_do_not_matter(tmp_path: Path, first: Package) -> None:
    compiled = SOURCES | {"chalicelib/__pycache__/errors.cpython-311.pyc": b"\0"}

    second = _package(tmp_path, "second", _zip(tmp_path / "2.zip", compiled))

    assert second.digest == first.digest


@pytest.mark.parametrize(
    "changed",
    [
        SOURCES | {"app.py": b"app = 2\n"},
        SOURCES | {"chalicelib/new.py": b""},
        {"app.py": SOURCES["app.py"], "chalicelib/renamed.py": b"# errors\n"},
    ],
    ids=["content", "added file", "renamed file"],
)
def test_a_changed_source_makes_another_package(
    tmp_path: Path, first: Package, changed: dict[str, bytes]
) -> None:
    second = _package(tmp_path, "second", _zip(tmp_path / "2.zip", changed))

    assert second.digest != first.digest


def test_the_package_holds_the_sources(first: Package) -> None:
    with zipfile.ZipFile(first.code) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}

    assert held == SOURCES


def test_the_files_can_be_read_by_lambdas_user(first: Package) -> None:
    with zipfile.ZipFile(first.code) as archive:
        modes = {entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}

    assert modes == {0o644}


def test_only_the_newest_package_is_kept(tmp_path: Path, first: Package) -> None:
    changed = _zip(tmp_path / "2.zip", SOURCES | {"app.py": b""})

    newest = stable(changed, first.code.parent, {})

    assert list(first.code.parent.glob("*.zip")) == [newest.code]
