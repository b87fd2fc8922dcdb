"""Checks a downloaded archive: every CRC-32, and that it matches its manifest."""

import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from longhaul import answers
from longhaul.answers import Answer, Skipped
from longhaul.errors import BrokenArchive

_MANIFEST: Final = re.compile(r"manifest( \([0-9]+\))?\.json")
"""The manifest's name. It gives way to a file of the user that has the usual one."""

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
    """The last entry of an archive. It lists the files that the archive should hold, and those that
    were asked for and are not in it."""

    job_id: str
    files: tuple[Listed, ...]
    missing: tuple[int | str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        if not self.skipped:  # An older archive names the missing files alone.
            msgspec.structs.force_setattr(self, "skipped", answers.skipped_of(self.missing))


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
            return answers.read(archive.read(_entry(archive)), Manifest).job_id
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
    own = _entry(archive)
    manifest = answers.read(archive.read(own), Manifest)
    entries = [entry for entry in archive.infolist() if entry is not own]
    listed = {(file.name, file.size, file.crc32) for file in manifest.files}
    found = {(entry.filename, entry.file_size, f"{entry.CRC:08x}") for entry in entries}
    if listed != found or len(manifest.files) != len(entries):
        name = min(listed ^ found, default=("its number of files",))[0]
        raise BrokenArchive(f"The archive and its manifest differ in {name!r}.")
    return manifest


def _entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Returns the manifest's entry. A file of the user with such a name comes before it."""
    for entry in reversed(archive.infolist()):
        if _MANIFEST.fullmatch(entry.filename):
            return entry
    raise KeyError("There is no item named 'manifest.json' in the archive")


def _words(error: BaseException) -> str:
    return str(error.args[0] if error.args else error).rstrip(".")
