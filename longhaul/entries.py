"""Reads every byte of an archive, whatever its format: what each entry is called, how large it is,
and its CRC-32."""

import gzip
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Final, NamedTuple

from longhaul.errors import BrokenArchive

MANIFEST: Final = re.compile(r"manifest( \([0-9]+\))?\.json")
"""The manifest's name. It gives way to a file of the user that has the usual one."""

UNREADABLE: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    KeyError,  # no such entry
    NotImplementedError,  # a compression method that Longhaul does not use
    RuntimeError,  # an encrypted entry
    ValueError,
)
"""What reading a broken archive raises."""

_CHUNK: Final = 1024**2
_GZIP: Final = b"\x1f\x8b"
_USTAR: Final = b"ustar"
_USTAR_AT: Final = 257

Tick = Callable[[int, int], None]
"""A callback: receives the bytes done so far, and the total."""


class Entry(NamedTuple):
    """An entry that was read. `crc32` has eight hex digits."""

    name: str
    size: int
    crc32: str


@dataclass(frozen=True, slots=True)
class Found:
    """All entries of an archive but its manifest, and the manifest's bytes; None: it has none."""

    entries: list[Entry]
    manifest: bytes | None


def read(path: Path, tick: Tick | None = None, *, has_manifest: bool = True) -> Found:
    """Reads every byte of the archive. Raises one of UNREADABLE, or BrokenArchive. `has_manifest`:
    the last entry with such a name is the manifest; else all are files of the user."""
    with path.open("rb") as file:
        head = file.read(_USTAR_AT + len(_USTAR))
    if head.startswith(_GZIP) or head[_USTAR_AT:] == _USTAR:
        return _of_tar(path, tick, has_manifest=has_manifest)
    with zipfile.ZipFile(path) as archive:
        return _of_zip(archive, tick, has_manifest=has_manifest)


def manifest_of(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Returns the manifest's entry. A file of the user with such a name comes before it. Raises
    KeyError if there is none."""
    for entry in reversed(archive.infolist()):
        if MANIFEST.fullmatch(entry.filename):
            return entry
    raise KeyError(NO_MANIFEST)


NO_MANIFEST: Final = "There is no item named 'manifest.json' in the archive"


def _of_zip(archive: zipfile.ZipFile, tick: Tick | None, *, has_manifest: bool) -> Found:
    infos = archive.infolist()
    done, total = 0, sum(info.file_size for info in infos)
    for info in infos:
        with archive.open(info) as file:  # at its end, zipfile compares the CRC-32
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if tick:
                    tick(done, total)
    own = manifest_of(archive) if has_manifest else None
    entries = [
        Entry(info.filename, info.file_size, f"{info.CRC:08x}") for info in infos if info is not own
    ]
    return Found(entries, archive.read(own) if own else None)


def _of_tar(path: Path, tick: Tick | None, *, has_manifest: bool) -> Found:
    """Reads a tar or a tar.gz once, from its beginning to its end."""
    total = path.stat().st_size
    entries: list[Entry] = []
    own, kept = -1, None
    with path.open("rb") as raw, SpooledTemporaryFile(_CHUNK) as spooled:

        def told() -> None:
            if tick:
                tick(raw.tell(), total)

        content = _unpacked(raw)
        with tarfile.open(fileobj=content, mode="r|") as archive:
            while info := archive.next():
                archive.members = []  # type: ignore[attr-defined]  # a million would take 1 GB
                file = archive.extractfile(info)
                if file is None:
                    raise BrokenArchive(f"The archive has {info.name!r}, which is no file.")
                takes = None
                if has_manifest and MANIFEST.fullmatch(info.name):
                    own, takes = len(entries), spooled
                    spooled.seek(0)
                    spooled.truncate()
                crc32 = _summed(file, takes, told)
                entries.append(Entry(info.name, info.size, f"{crc32:08x}"))
        # To its end: the last CRC-32 of gzip stands there, and a tar has nothing but zeros.
        while chunk := content.read(_CHUNK):
            told()
            if chunk.strip(b"\0"):
                raise BrokenArchive("The archive is broken: bytes follow its end.")
        if has_manifest and own >= 0:
            spooled.seek(0)
            kept = spooled.read()
            del entries[own]
    if has_manifest and kept is None:
        raise KeyError(NO_MANIFEST)
    return Found(entries, kept)


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """Returns the bytes of the tar. gzip members may follow one another."""
    is_gzip = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw, mode="rb") if is_gzip else raw  # type: ignore[return-value]  # it reads


def _summed(file: IO[bytes], takes: IO[bytes] | None, told: Callable[[], None]) -> int:
    """Returns the CRC-32 of a file, whose bytes also go to `takes`."""
    crc32 = 0
    while chunk := file.read(_CHUNK):
        crc32 = zlib.crc32(chunk, crc32)
        if takes:
            takes.write(chunk)
        told()
    return crc32
