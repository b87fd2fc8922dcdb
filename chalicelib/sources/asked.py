"""What a request asks for, file by file, before anything is looked up. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.jobs.request import ExportRequest, FileId, Wanted
from chalicelib.named_sources import Source
from chalicelib.s3.objects import ObjectFacts
from chalicelib.sources.ids import key_of

_ENDS = "/\\"

TOP = "."
"""The name of a prefix whose files go to the top of the archive."""

Which = tuple[FileId, str | None]
"""A file as the caller calls it, and the version that they have asked for; None: the newest."""


class Asked(NamedTuple):
    """One file. `label` is what the caller calls it: its id, or its key. `name` is its path in the
    archive; None: its own name. `listed` are the facts of a listing. `is_exact`: the caller has
    said this name, so nothing is added to it. `is_own`: the file's own name takes the place of the
    last part of `name`.

    It is a tuple, which is made fastest: there may be a million.
    """

    label: FileId
    key: str
    version: str | None
    name: str | None
    listed: ObjectFacts | None = None
    is_exact: bool = False
    is_own: bool = False

    @property
    def which(self) -> Which:
        """What the caller has asked for. Nobody asks for the version that a listing has found."""
        return self.label, None if self.listed else self.version


def wanted(request: ExportRequest) -> Iterator[Wanted]:
    """Yields what the request asks for, in its order."""
    if request.files:
        yield from request.files
    elif request.prefix is not None:
        yield Wanted(prefix=request.prefix, name=TOP)
    else:
        yield from (Wanted(id=file_id) for file_id in request.file_ids or ())
        yield from (Wanted(key=key) for key in request.keys or ())


def one_file(one: Wanted, source: Source) -> Asked:
    """Returns the file that is wanted by its id or its key."""
    if one.id is not None:
        key = key_of(one.id, source)
        return Asked(one.id, key, one.version, one.name, is_exact=one.name is not None)
    key = one.key or ""
    name = key.removeprefix(source.prefix) if one.name is None else one.name
    return Asked(key, key, one.version, name, is_exact=one.name is not None)


def below_prefix(one: Wanted, facts: ObjectFacts, source: Source) -> Asked:
    """Returns a file that was listed below a prefix. Without a name, it keeps its key's folders."""
    if one.name is None:
        name = facts.key.removeprefix(source.prefix)
    else:
        prefix = one.prefix or ""
        name = facts.key.removeprefix(prefix[: prefix.rfind("/") + 1])
        name = name if one.name == TOP else f"{one.name.rstrip(_ENDS)}/{name}"
    return Asked(facts.key, facts.key, facts.version, name, facts)


def with_own_names(asked: Sequence[Asked], most: int) -> list[Asked]:
    """Returns the files, each to be called by its own name unless the caller has said one. If more
    than `most` were listed, all that were listed keep the names of their keys."""
    keeps_keys = sum(1 for one in asked if one.listed) > most
    return [
        one if one.is_exact or (keeps_keys and one.listed) else one._replace(is_own=True)
        for one in asked
    ]


def nothing_below(prefix: str) -> Asked:
    """Returns what stands for a prefix in `files` that no key begins with. It is looked up as a
    key, and so is missing."""
    return Asked(prefix, prefix, None, None)
