"""Checks a downloaded archive: every CRC-32, and that it matches its manifest."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from longhaul import answers
from longhaul.answers import Answer
from longhaul.errors import BrokenArchive

MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1024**2
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,  # no such entry
    NotImplementedError,  # a compression method that Longhaul does not use
    RuntimeError,  # an encrypted entry
    ValueError,
)

Tick = Callable[[int, int], None]
"""A callback: receives the bytes done so far, and the total."""


class Listed(Answer, frozen=True):
    """A file as the manifest lists it. `crc32` has eight hex digits."""

    name: str
    size: int
    crc32: str


class Manifest(Answer, frozen=True):
    """The last entry of an archive. It lists the files that the archive should hold."""

    job_id: str
    files: tuple[Listed, ...]
    missing: tuple[int | str, ...] = ()


def check(path: Path, tick: Tick | None = None) -> Manifest:
    """Reads every byte of the archive, and returns its manifest.

    Raises BrokenArchive, which says what is wrong.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _read_all(archive, tick)
            return _checked_manifest(archive)
    except _UNREADABLE as error:
        raise BrokenArchive(f"The archive is broken: {_words(error)}.") from error


def job_id_of(path: Path) -> str | None:
    """Returns the id of the job that built the archive; None if Longhaul did not build it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _manifest(archive).job_id
    except (OSError, *_UNREADABLE):
        return None


def _read_all(archive: zipfile.ZipFile, tick: Tick | None) -> None:
    entries = archive.infolist()
    done, total = 0, sum(entry.file_size for entry in entries)
    for entry in entries:
        with archive.open(entry) as file:  # at its end, zipfile compares the CRC-32
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if tick:
                    tick(done, total)


def _checked_manifest(archive: zipfile.ZipFile) -> Manifest:
    manifest = _manifest(archive)
    listed = {(file.name, file.size, file.crc32) for file in manifest.files}
    found = {
        (entry.filename, entry.file_size, f"{entry.CRC:08x}")
        for entry in archive.infolist()
        if entry.filename != MANIFEST
    }
    if listed != found or len(manifest.files) != len(archive.infolist()) - 1:
        name = min(listed ^ found, default=("its number of files",))[0]
        raise BrokenArchive(f"The archive and its manifest differ in {name!r}.")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    return answers.read(archive.read(MANIFEST), Manifest)


def _words(error: BaseException) -> str:
    return str(error.args[0] if error.args else error).rstrip(".")
