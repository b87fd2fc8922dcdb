"""What a request means, file by file, and what a job may have done about each. It knows nothing of
how chalicelib finds files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.errors import Reason
from chalicelib.jobs.request import ExportRequest, FileId, Wanted
from tests.faults.files import Files, unreadable
from tests.faults.shelves import NULL
from tests.faults.stored import Stored

PREFIX: Final = "downloads/"
"""The prefix of the source."""

_ENCODED: Final = {"gzip": ".gz", "br": ".br"}
_PLAIN: Final = re.compile(r"\w[\w. -]*\w(/\w[\w. -]*\w)*|\w(/\w)*")
_SHORT: Final = 200  # bytes; a longer name may have to be cut
Window = tuple[int, int]
"""The times, in ms, when something begins and ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """A file that was asked for. `label` is what the caller calls it. `name` is its path in the
    archive; None: its own name. `is_exact`: the caller has said this name. `is_listed`: it was
    asked for with a prefix, so nobody misses it. `is_prefix`: it stands for one of several
    prefixes, which is missing if nothing is below it. `is_own`: its own name takes the place of the
    last part of `name`."""

    label: FileId
    key: str
    version: str | None = None
    name: str | None = None
    is_exact: bool = False
    is_listed: bool = False
    is_prefix: bool = False
    is_own: bool = False

    @property
    def is_mark(self) -> bool:
        """Whether the file only marks a folder while it has no bytes."""
        return self.key.endswith("/")


def rows(request: ExportRequest, files: Files) -> list[Row]:
    """Returns what was asked for. Below a prefix, these are all files that were ever there."""
    asked = _all_rows(request, files)
    if request.names == "key":
        return asked
    return [row if row.is_exact or row.is_prefix else replace(row, is_own=True) for row in asked]


def _all_rows(request: ExportRequest, files: Files) -> list[Row]:
    if request.files is None:
        below = [Wanted(prefix=request.prefix, name=".")] if request.prefix is not None else []
        ids = [Wanted(id=one) for one in request.file_ids or ()]
        wanted = [*ids, *(Wanted(key=one) for one in request.keys or ()), *below]
        return [row for one in wanted for row in _rows(one, files)]
    prefixes = {one.prefix: None for one in request.files if one.prefix is not None}
    found = [row for one in request.files for row in _rows(one, files)]
    return found + [Row(one, one, is_prefix=True) for one in prefixes]


def _rows(one: Wanted, files: Files) -> Iterator[Row]:
    is_exact = one.name is not None
    if one.id is not None:
        yield Row(one.id, f"{PREFIX}{one.id}", one.version, one.name, is_exact)
    elif one.key is not None:
        name = one.name or one.key.removeprefix(PREFIX)
        yield Row(one.key, one.key, one.version, name, is_exact)
    else:
        prefix = one.prefix or ""
        for key in files.keys:
            if key.startswith(prefix):
                below = key.removeprefix(prefix[: prefix.rfind("/") + 1])
                name = key.removeprefix(PREFIX)
                if one.name is not None:
                    name = below if one.name == "." else f"{one.name.rstrip('/')}/{below}"
                yield Row(key, key, name=name, is_listed=True)


def names(row: Row, stored: Stored, *, is_looked_up: bool) -> set[str]:
    """Returns the names that the file may have, before they are made safe and unique.
    `is_looked_up`: every file was looked up by itself, so that its encoding is known."""
    name = row.name or ""
    if row.name is None or row.is_own:
        own = stored.metadata.get("filename") or row.key.rsplit("/", 1)[-1]
        name = "/".join([*name.split("/")[:-1], own])
    every = encodings(row, stored, is_looked_up=is_looked_up)
    endings = {_ENCODED.get(one or "", "") for one in every}
    return {name if row.is_exact or name.endswith(ending) else name + ending for ending in endings}


def encodings(row: Row, stored: Stored, *, is_looked_up: bool) -> set[str | None]:
    """Returns what may be told of how a file is encoded. A listing does not tell it."""
    own = encoding(stored)
    return {own} if is_looked_up or row.is_own or not row.is_listed else {own, None}


def encoding(stored: Stored) -> str | None:
    """Returns how the bytes of a file are encoded; None if they are not."""
    return stored.encoding if stored.encoding in _ENCODED else None


def is_plain(name: str) -> bool:
    """Whether a name is safe as it is."""
    return len(name.encode()) < _SHORT and _PLAIN.fullmatch(name) is not None


def reasons(row: Row, files: Files, window: Window) -> set[Reason]:
    """Returns every reason that there was, at any time, why the file could not be exported."""
    if row.is_prefix:
        is_empty = all(None in states for states in _below(row, files, window))
        return {Reason.MISSING} if is_empty else set()
    if not is_version(row.version):
        return {Reason.MISSING, Reason.REFUSED}
    every = {_reason(one) for one in files.states(row.key, *window, row.version)}
    return {one for one in every if one}


def always(row: Row, files: Files, window: Window) -> Reason | None:
    """Returns the reason why the file could not be exported, if there was the same all the time."""
    if row.is_prefix:
        return Reason.MISSING if not _was_there(row, files, window) else None
    every = {_reason(one) for one in files.states(row.key, *window, row.version)}
    return every.pop() if len(every) == 1 and is_version(row.version) else None


def _below(row: Row, files: Files, window: Window) -> list[list[Stored | None]]:
    """Returns what there was of each file below a prefix."""
    below = (key for key in files.keys if key.startswith(row.key))
    return [list(files.states(key, *window)) for key in below]


def _was_there(row: Row, files: Files, window: Window) -> bool:
    """Whether anything was below a prefix at any time."""
    return any(one is not None for states in _below(row, files, window) for one in states)


def _reason(stored: Stored | None) -> Reason | None:
    return Reason.MISSING if stored is None else unreadable(stored)


def is_version(version: str | None) -> bool:
    """Whether this may be a version id. S3 refuses what cannot be one."""
    return version is None or version == NULL or version.startswith("v")


def size(rows: Iterable[Row], files: Files) -> int:
    """Returns the bytes of the files that can be exported, as they were last."""
    found: dict[tuple[str, str | None, frozenset[str]], int] = {}
    for row in rows:
        if row.is_prefix:
            continue
        stored = files.last(row.key, row.version)
        if stored and unreadable(stored) is None:
            under = frozenset(names(row, stored, is_looked_up=True))
            found[row.key, stored.version, under] = len(stored.body)
    return sum(found.values())


def may_be_absent(row: Row, files: Files, window: Window) -> bool:
    """Whether the file need not be told of if it is not in the archive: it was not below its prefix
    at some time, or has only marked a folder. So it is with a prefix that had files."""
    if row.is_prefix:
        return _was_there(row, files, window)
    states = list(files.states(row.key, *window, row.version))
    is_gone = row.is_listed and None in states
    return is_gone or (row.is_mark and any(one is not None and not one.body for one in states))
