"""`manifest.json`, the last entry of each archive. It lists the files in the archive, and the files
that were asked for and are not in it. Pure. docs/names.md says what each field means.

Its length is known when the archive is laid out, before any file is read. Only the CRC-32s become
known later, and each takes eight hex digits, whatever its value.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as _quoted
from typing import Final, Protocol

from chalicelib.archive import names
from chalicelib.archive.member import Member

VERSION: Final = 1
"""The version of the document. A field that is added does not raise it: readers ignore the fields
that they do not know."""

_FIRST: Final = "\n"
_FOLLOWS: Final = ",\n"
"""What comes before the first file's line, and before each other one."""

_MISSING: Final = "missing"  # errors.Reason, which this floor does not know

MISSING: Final = "does not exist"
"""Why a missing file was skipped, for people."""


class Listed(Protocol):
    """What the manifest says of a file. `size` counts bytes. `encoding` is its Content-Encoding,
    `version` the version id that it was read from; None: it has none."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def encoding(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was asked for and is not in the archive: its id, or its key. `reason` is one of
    errors.Reason, `detail` says it in a sentence."""

    file: int | str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    """What the manifest says of the job, and its own name. `created` is Unix time in seconds.
    `missing` are the files that do not exist, `unreadable` those that cannot be read."""

    job_id: str
    created: int
    missing: Sequence[str | int] = ()
    unreadable: Sequence[Skipped] = ()
    name: str = names.MANIFEST


def member(head: Head, length: int) -> Member:
    """Returns the manifest as a member of the archive. `length` counts its bytes."""
    return Member(head.name.encode(), length, head.created)


def length(head: Head, files: Iterable[Listed], more: int = 0) -> int:
    """Returns the length in bytes of the JSON document, whatever the CRC-32s are. `more` counts the
    bytes of other files' lines, each of which follows another one."""
    all_lines = sum(map(len, lines(((file, 0) for file in files), first=True)))
    if more:
        all_lines += more if all_lines else more - len(_FOLLOWS) + len(_FIRST)
    return len(opening(head)) + all_lines + len(closing(head))


def opening(head: Head) -> bytes:
    """Returns the JSON document up to the first file's line."""
    about = {"version": VERSION, "jobId": head.job_id, "createdAt": _iso(head.created)}
    return _json(about)[:-1] + b',\n"files": ['


def closing(head: Head) -> bytes:
    """Returns what follows the last file's line: the files that were asked for and are not in the
    archive. `skipped` says of each why: first of the missing, then of those that cannot be read."""
    skipped = [
        {"file": one.file, "reason": one.reason, "detail": one.detail}
        for one in (*skipped_of(head.missing), *head.unreadable)
    ]
    named = _json(list(head.missing)) + b',\n"skipped": ' + _json(skipped)
    return b'\n],\n"missing": ' + named + b"}\n"


def skipped_of(missing: Iterable[int | str]) -> tuple[Skipped, ...]:
    """Returns the skipped files that stand for the missing ones."""
    return tuple(Skipped(file, _MISSING, MISSING) for file in missing)


def lines(
    files: Iterable[tuple[Listed, int]], *, first: bool, archive: int | None = None
) -> Iterator[bytes]:
    """Yields the line of each file, which comes with its CRC-32. `first`: they begin with the first
    file of all. `archive` is the number of the archive that they are in, from 1; None: there is one
    archive."""
    separator = _FIRST if first else _FOLLOWS
    place = of_archive(archive)
    for file, crc32 in files:
        more = _more(file) + place if file.encoding or file.version else place
        # Put together by hand: this takes a fifth of the time in an archive of a million files.
        yield (
            f'{separator}{{"name": {_quoted(file.name)}, "key": {_quoted(file.key)}, '
            f'"size": {file.size}, "crc32": "{crc32:08x}"{more}}}'
        ).encode(errors="replace")
        separator = _FOLLOWS


def of_archive(number: int | None) -> str:
    """Returns the field that says in which of several archives a file is. It ends the file's
    line."""
    return "" if number is None else f', "archive": {number}'


def as_first(made: bytes) -> bytes:
    """Returns lines, which were made to follow another one, as the first ones."""
    return made and _FIRST.encode() + made.removeprefix(_FOLLOWS.encode())


def _more(file: Listed) -> str:
    """Returns the fields that few files have."""
    encoding = f', "contentEncoding": {_quoted(file.encoding)}' if file.encoding else ""
    return encoding + (f', "versionId": {_quoted(file.version)}' if file.version else "")


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")
