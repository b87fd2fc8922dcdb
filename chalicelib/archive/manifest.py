"""`manifest.json`, the last entry of each archive: what is in it, and what was asked for but
missing.

Its length is known when the archive is laid out, before any file is read: all that is learned
later, a file's CRC-32, is written in eight hex digits whatever its value. Pure.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from chalicelib.archive import format as zip_format
from chalicelib.archive import names

VERSION: Final = 1


class Listed(Protocol):
    """What the manifest says of a file. `size` counts bytes."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Head:
    """What the manifest says of the job. `created` is Unix time in seconds."""

    job_id: str
    created: int
    missing: Sequence[str | int] = ()


def member(head: Head, length: int) -> zip_format.Member:
    """The manifest's own entry, `length` bytes long."""
    return zip_format.Member(names.MANIFEST.encode(), length, head.created)


def length(head: Head, files: Iterable[Listed]) -> int:
    """The length in bytes of what `render` yields, whatever the CRC-32s are."""
    return sum(map(len, render(head, ((file, 0) for file in files))))


def render(head: Head, files: Iterable[tuple[Listed, int]]) -> Iterator[bytes]:
    """The JSON document in chunks; `files` are the entries with their CRC-32, in archive order."""
    about = {"version": VERSION, "jobId": head.job_id, "createdAt": _iso(head.created)}
    yield _json(about)[:-1] + b',\n"files": ['
    separator = b"\n"
    for file, crc32 in files:
        line = {"name": file.name, "key": file.key, "size": file.size, "crc32": f"{crc32:08x}"}
        yield separator + _json(line)
        separator = b",\n"
    yield b'\n],\n"missing": ' + _json(list(head.missing)) + b"}\n"


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")
