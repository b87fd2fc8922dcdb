"""Whether a downloaded archive is whole: every CRC-32, and what its manifest says."""

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
    KeyError,  # there is no such entry
    NotImplementedError,  # a compression that Longhaul does not use
    RuntimeError,  # encrypted
    ValueError,
)

Tick = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


class Listed(Answer, frozen=True):
    """A file as the manifest tells of it; `crc32` has eight hex digits."""

    name: str
    size: int
    crc32: str


class Manifest(Answer, frozen=True):
    """The archive's last entry: what it should hold."""

    job_id: str
    files: tuple[Listed, ...]
    missing: tuple[int | str, ...] = ()


def check(path: Path, tick: Tick | None = None) -> Manifest:
    """What the archive holds, after every byte of it was read.

    Raises BrokenArchive with what is wrong.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _read_all(archive, tick)
            return _held_to_manifest(archive)
    except _UNREADABLE as error:
        raise BrokenArchive(f"The archive is broken: {_words(error)}.") from error


def made_by(path: Path) -> str | None:
    """The id of the job that made the archive; None if this is not an archive of Longhaul's."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _manifest(archive).job_id
    except (OSError, *_UNREADABLE):
        return None


def _read_all(archive: zipfile.ZipFile, tick: Tick | None) -> None:
    entries = archive.infolist()
    done, total = 0, sum(entry.file_size for entry in entries)
    for entry in entries:
        with archive.open(entry) as file:  # which holds it to its CRC-32, at its end
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if tick:
                    tick(done, total)


def _held_to_manifest(archive: zipfile.ZipFile) -> Manifest:
    manifest = _manifest(archive)
    told = {(file.name, file.size, file.crc32) for file in manifest.files}
    held = {
        (entry.filename, entry.file_size, f"{entry.CRC:08x}")
        for entry in archive.infolist()
        if entry.filename != MANIFEST
    }
    if told != held or len(manifest.files) != len(archive.infolist()) - 1:
        name = min(told ^ held, default=("its number of files",))[0]
        raise BrokenArchive(f"The archive and its manifest differ in {name!r}.")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    return answers.read(archive.read(MANIFEST), Manifest)


def _words(error: BaseException) -> str:
    return str(error.args[0] if error.args else error).rstrip(".")
