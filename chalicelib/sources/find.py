"""Finds the source files of a request: their sizes, ETags, CRC-32s and names, and which of them
cannot be read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib.archive import crc, names
from chalicelib.archive.manifest import Skipped
from chalicelib.archive.plan import Entry
from chalicelib.errors import (
    AccessDenied,
    LimitExceeded,
    NothingToExport,
    Reason,
    SourceMissing,
    SourceUnreadable,
    shortened,
)
from chalicelib.jobs.request import ExportRequest, FileId
from chalicelib.named_sources import Source
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services
from chalicelib.sources import asked as asking
from chalicelib.sources.asked import Asked, Which
from chalicelib.sources.known import Known, keep
from chalicelib.sources.listing import list_all
from chalicelib.sources.looking import Looks, Place, Seen, Unreadable, judged, part_crc32s
from chalicelib.sources.own_names import encoded_name, own_name
from chalicelib.sources.telling import told

_SAID_BY_WHY: Final = frozenset({Reason.DENIED, Reason.ENCRYPTED})
"""Reasons whose sentence has the same word, so that a message would say it twice."""

_LEAVE_OUT: Final = " Leave them out, or have what is {} skipped."
"""Advice where a file is left then."""

THOROUGH_MAX: Final = 100_000
"""The most listed files that are looked up one by one, because one of them could not be read, or
for their own names. It takes some two minutes."""

LISTED_MAX: Final = 1_000_000
"""The most files that the prefixes of one request's `files` may have together. A worker has room
for about as many, and a small request may name the same prefix ten thousand times."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `entries` are those of the archive, in order, with the CRC-32s that S3 knows.
    `missing` are the ids and keys that were asked for and do not exist, and the prefixes in `files`
    that nothing is below. `unreadable` are the files that cannot be read, and the versions that do
    not exist."""

    entries: tuple[Entry, ...]
    missing: tuple[FileId, ...]
    unreadable: tuple[Skipped, ...] = ()

    @property
    def left_out(self) -> int:
        return len(self.missing) + len(self.unreadable)


class _File(NamedTuple):
    """A file that goes into the archive, and the name that it should have there. `is_renamed`: the
    name says how the file is encoded, and so is not its own."""

    name: str
    facts: ObjectFacts
    is_renamed: bool = False


def find(
    request: ExportRequest,
    services: Services,
    tick: Callable[[], None],
    *,
    thorough: bool = False,
    suspects: frozenset[str] = frozenset(),
) -> Found:
    """Finds everything that was asked for. Calls `tick` at least once for every `limits.lookups`
    files.

    `thorough`: a step could not read a file, so each file is looked up by itself. `suspects` are
    the marks of such files (`jobs.model.file_mark`).

    Raises SourceMissing if files are missing under `on_missing: fail`, SourceUnreadable if files
    cannot be read under `on_unreadable: fail`, and NothingToExport if no file is left.
    """
    bucket, source = services.source(request.source), services.source_facts(request.source)
    looks = Looks(services, bucket, tick, thorough=thorough, suspects=suspects)
    known = Known(services, bucket, tick, suspects)
    asked = list(_asked(request, known, source))
    if request.names == "own":
        asked = asking.with_own_names(asked, THOROUGH_MAX)
    seen = looks.at(_to_look_at(asked, looks))
    files: list[_File] = []
    missing: dict[Which, None] = {}
    unreadable: dict[Which, Unreadable] = {}
    for one in asked:
        found = _seen_of(one, seen)
        if isinstance(found, Unreadable):
            unreadable[one.which] = found
        elif found is None:
            if one.listed is None:
                missing[one.which] = None
            # Else it was deleted since it was listed: it is not below the prefix any more.
        elif found.size or not found.key.endswith("/"):
            files.append(_file(one, found, services))
        # An object without bytes whose key ends with "/" marks a folder. It is no file.
    if missing and all(one.which in missing for one in asked):
        bucket.check(source.prefix)  # if it is gone, S3 says that each file is missing
    _check(request, len(asked), tuple(missing), unreadable, is_any_left=bool(files))
    if not files:
        raise _nothing(request, tuple(missing), unreadable)
    labels, skipped = _blamed(missing, unreadable)
    del asked, seen  # there may be a million files
    if request.files:  # what was asked for twice under the same name is there once
        # Where there are no versions, S3 takes "null" for the id of the only one.
        once = {(one.facts.key, one.facts.version or "null", one.name): one for one in files}
        files = list(once.values())
    return Found(tuple(_entries(looks, known, files, request.source)), labels, skipped)


def _asked(request: ExportRequest, known: Known, source: Source) -> Iterator[Asked]:
    listings: dict[str, Sequence[ObjectFacts]] = {}
    total = 0
    for one in asking.wanted(request):
        if one.prefix is None:
            yield asking.one_file(one, source)
            continue
        if one.prefix not in listings:
            listed = _listed(known.services, known.bucket, one.prefix, known.tick)
            listings[one.prefix] = known.filled(listed)
        total += len(listings[one.prefix])
        if request.files and total > LISTED_MAX:
            raise LimitExceeded(
                f"the prefixes in files have more than {LISTED_MAX} files; export fewer at a time"
            )
        if request.files and not listings[one.prefix]:
            yield asking.nothing_below(one.prefix)
        for facts in listings[one.prefix]:
            yield asking.below_prefix(one, facts, source)


def _listed(
    services: Services, bucket: Bucket, prefix: str, tick: Callable[[], None]
) -> list[ObjectFacts]:
    """Returns the files below a prefix, in a bucket with versions each with its newest one."""
    if bucket.is_versioned():
        try:
            return list_all(bucket, services.pools, prefix, tick, versions=True)
        except AccessDenied:
            # Whoever owns the bucket lets us list its files, and not its versions.
            services.log.info("versions not listed", bucket=bucket.name)
    return list_all(bucket, services.pools, prefix, tick)


def _to_look_at(asked: Sequence[Asked], looks: Looks) -> Iterator[Place]:
    """Yields the files that are looked up by themselves.

    A listing tells enough of most files. But it does not tell the CRC-32 of a large file, which is
    copied, so that its header is written before its bytes come: if no earlier job knows it, a HEAD
    says whether S3 has the CRC-32s of its parts. (If S3 has the CRC-32 itself, the worker that
    writes the header asks.) Nor does it tell whether an archived file was restored, how a file is
    encoded or encrypted, nor its own name.
    """
    settings, limits = looks.services.settings, looks.services.limits
    listed = sum(1 for one in asked if one.listed)
    is_each = listed <= (THOROUGH_MAX if looks.thorough else settings.look_up_max)
    for one in asked:
        facts = one.listed
        if facts and not facts.size and facts.key.endswith("/"):
            continue
        if (
            facts is None
            or is_each
            or one.is_own
            or facts.is_archived
            or (facts.size >= limits.layout.copy_min and not facts.in_s3 and facts.crc32 is None)
            or looks.is_suspect(one.key)
        ):
            yield one.key, one.version


def _seen_of(one: Asked, seen: Mapping[Place, Seen]) -> Seen:
    place = one.key, one.version
    if one.listed is None or place in seen:
        return seen.get(place)
    return judged(one.listed)


def _file(one: Asked, facts: ObjectFacts, services: Services) -> _File:
    name = one.name or ""
    if one.name is None or one.is_own:
        own = own_name(facts, services.settings.names_from)
        name = name[: name.rfind("/") + 1] + own
    # Few files have an encoding, and there may be a million.
    shown = encoded_name(name, facts.encoding) if facts.encoding and not one.is_exact else name
    return _File(shown, facts, is_renamed=shown != name)


def _blamed(
    missing: Iterable[Which], unreadable: Mapping[Which, Unreadable]
) -> tuple[tuple[FileId, ...], tuple[Skipped, ...]]:
    """Returns the files that do not exist, and those that cannot be read, with the versions that do
    not exist: their files may be there."""
    labels = tuple(label for label, version in missing if version is None)
    return labels, tuple(_skipped(missing, unreadable))


def _skipped(missing: Iterable[Which], unreadable: Mapping[Which, Unreadable]) -> Iterator[Skipped]:
    """Yields what cannot be read, and the versions that do not exist."""
    for label, version in missing:
        if version is not None:
            yield Skipped(label, Reason.MISSING, f"there is no version {version}")
    for (label, version), one in unreadable.items():
        which = f" (version {version})" if version else ""
        yield Skipped(label, one.reason, one.why + which)


def _called(which: Which) -> str:
    label, version = which
    name = shortened(str(label))
    return f"{name} (version {version})" if version else name


def _check(
    request: ExportRequest,
    asked: int,
    missing: Sequence[Which],
    unreadable: Mapping[Which, Unreadable],
    *,
    is_any_left: bool,
) -> None:
    """Raises SourceMissing or SourceUnreadable if the request does not allow what was found. The
    message names what is missing and what cannot be read, so that nobody mends one after the
    other."""
    is_missing = missing and request.on_missing == "fail"
    is_unreadable = unreadable and request.on_unreadable == "fail"
    blamed = _blamed(missing if is_missing else (), unreadable if is_unreadable else {})
    if is_missing:
        more = f" Besides, {_cannot_be_read(unreadable)}." if is_unreadable else ""
        raise SourceMissing(
            f"{len(missing)} of {asked} files do not exist: {told(map(_called, missing))}.{more}"
            f"{_LEAVE_OUT.format('missing') if is_any_left else ''}"
        ).blaming(*blamed)
    if is_unreadable:
        raise SourceUnreadable(
            f"{len(unreadable)} of {asked} files cannot be read: {told(_reasons(unreadable))}."
            f"{_LEAVE_OUT.format('unreadable') if is_any_left else ''}",
            reason=next(iter(unreadable.values())).reason,
        ).blaming(*blamed)


def _cannot_be_read(unreadable: Mapping[Which, Unreadable]) -> str:
    return f"{len(unreadable)} cannot be read: {told(_reasons(unreadable))}"


def _reasons(unreadable: Mapping[Which, Unreadable]) -> Iterator[str]:
    return (f"{_called(which)} ({_reason(one)})" for which, one in unreadable.items())


def _reason(one: Unreadable) -> str:
    """Returns why a file cannot be read. Examples: archived: in GLACIER; S3 denies it."""
    return one.why if one.reason in _SAID_BY_WHY else f"{one.reason}: {one.why}"


def _nothing(
    request: ExportRequest, missing: Sequence[Which], unreadable: Mapping[Which, Unreadable]
) -> NothingToExport:
    """Returns the error for a request that leaves no file."""
    gone = [f"{_called(which)} (missing)" for which in missing]
    named = [*gone, *_reasons(unreadable)]
    if named:
        error = NothingToExport(f"none of the files can be exported: {told(named)}")
        return error.blaming(*_blamed(missing, unreadable))
    prefixes = [one.prefix for one in asking.wanted(request) if one.prefix is not None]
    if prefixes:
        begin = told((repr(shortened(prefix)) for prefix in prefixes), " or ")
        source = f"source {request.source}" if request.source else "source bucket"
        return NothingToExport(f"no file of the {source} begins with {begin}")
    return NothingToExport("all that was asked for are folders without bytes of their own")


def _entries(
    looks: Looks, known: Known, files: Sequence[_File], source: str | None
) -> Iterator[Entry]:
    """Yields the entries, each under a name of its own."""
    renamed = [index for index, one in enumerate(files) if one.is_renamed]
    unique = names.unique_names((one.name for one in files), renamed)
    every = known.filled([one.facts for one in files])
    combined = _combined(looks, every)
    of_parts = ((one, combined.get((one.key, one.version))) for one in every if one.composite)
    rows = [(one.key, one.etag, one.size, crc32) for one, crc32 in of_parts if crc32 is not None]
    keep(looks.services, source, rows, looks.tick)
    for name, facts in zip(unique, every, strict=True):
        yield Entry(
            name=name,
            key=facts.key,
            etag=facts.etag,
            size=facts.size,
            crc32=_crc32(facts, combined),
            modified=facts.modified,
            in_s3=facts.in_s3,
            version=facts.version,
            encoding=facts.encoding,
        )


def _crc32(facts: ObjectFacts, combined: Mapping[Place, int]) -> int | None:
    if not facts.size:
        return 0
    return combined.get((facts.key, facts.version)) if facts.crc32 is None else facts.crc32


def _combined(looks: Looks, facts: Iterable[ObjectFacts]) -> dict[Place, int]:
    """Returns the CRC-32 of each large file, if S3 has those of the file's parts and reports
    them."""
    least = looks.services.limits.layout.stream_part
    composite = (one for one in facts if one.composite and one.size > least)
    return {
        (one.key, one.version): crc.combined(parts)
        for one, parts in part_crc32s(looks, composite)
        if parts
    }
