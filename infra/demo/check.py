"""Compares an archive with the files that it was made of, byte by byte."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from infra.demo.library import DemoFile
from infra.errors import InfraError

_CHUNK = 1024**2
_MANIFEST = "manifest.json"


class CheckError(InfraError):
    """The archive is not what it should be."""


def check(
    archive: Path,
    job_id: str,
    files: Sequence[DemoFile],
    absent: Sequence[int],
    tick: Callable[[int, int], None],
) -> dict[str, Any]:
    """Checks every entry's CRC-32 and SHA-256 and the manifest, and returns the manifest.

    `files` are all files that should be in it, in any order. `absent` are the ids without a file.
    Calls `tick` with the number of bytes and files that have been checked. Raises CheckError with
    the first thing that is wrong.
    """
    done = 0
    try:
        with zipfile.ZipFile(archive) as opened:
            *found, last = opened.namelist()
            _same("names", sorted(found), sorted(file.name for file in files))
            _same("last entry", last, _MANIFEST)
            # The archive has an order of its own: small files fill the room before large ones.
            files = sorted(files, key=lambda file: found.index(file.name))
            for index, file in enumerate(files, start=1):
                _check_entry(opened, file)
                done += file.size
                tick(done, index)
            # zipfile checks the CRC-32 of an entry when it has read the last byte.
            manifest: dict[str, Any] = json.loads(opened.read(_MANIFEST))
            listed = [_listed(opened.getinfo(file.name), file) for file in files]
    except zipfile.BadZipFile as error:
        raise CheckError(f"{archive} is broken: {error}") from None
    _same("manifest's files", manifest["files"], listed)
    _same("manifest's missing ids", manifest["missing"], list(absent))
    _same("manifest's job id", manifest["jobId"], job_id)
    return manifest


def _check_entry(archive: zipfile.ZipFile, file: DemoFile) -> None:
    with archive.open(file.name) as entry, file.path.open("rb") as source:
        _same(f"SHA-256 of {file.name}", _sha256(entry), _sha256(source))


def _listed(entry: zipfile.ZipInfo, file: DemoFile) -> dict[str, object]:
    return {
        "name": file.name,
        "key": file.keys[0],
        "size": entry.file_size,
        "crc32": f"{entry.CRC:08x}",
    }


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise CheckError(f"The archive's {what} differ: {found!r}, not {expected!r}."[:500])
