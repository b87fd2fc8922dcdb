"""Finds the source files of a request: their sizes, ETags, CRC-32s and names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.archive import crc, names
from chalicelib.archive.manifest import Skipped
from chalicelib.archive.plan import Entry
from chalicelib.batches import batched
from chalicelib.errors import NothingToExport, SourceMissing
from chalicelib.jobs.request import ExportRequest
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts, decoded_metadata
from chalicelib.services import Services
from chalicelib.sources.ids import key_of
from chalicelib.sources.known import Known, keep
from chalicelib.sources.listing import list_all

LOOKUPS_AT_ONCE: Final = 32
"""The most HEAD requests under way at the same time."""

_NAMED: Final = 10  # missing files that an error message names


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `entries` are those of the archive, in order, with the CRC-32s that S3 knows.
    `missing` are the ids or keys that were asked for and do not exist, `unreadable` those that
    cannot be read."""

    entries: tuple[Entry, ...]
    missing: tuple[int | str, ...]
    unreadable: tuple[Skipped, ...] = ()

    @property
    def left_out(self) -> int:
        return len(self.missing) + len(self.unreadable)


def find(request: ExportRequest, services: Services, tick: Callable[[], None]) -> Found:
    """Finds everything that was asked for. Calls `tick` at least once for every `limits.lookups`
    files.

    Raises SourceMissing if files are missing under `on_missing: fail`, and NothingToExport for a
    prefix without files.
    """
    bucket, source = services.source(request.source), services.settings.source(request.source)
    known = Known(services, bucket, tick)
    if request.prefix is not None:
        files = _under_prefix(services, known, request.prefix, tick)
        if not files:
            raise NothingToExport(f"no file of the source bucket begins with {request.prefix!r}")
        return _found(request.source, known, files, ())
    asked: dict[str, int | str] = {
        key_of(file_id, source): file_id for file_id in request.file_ids or ()
    } or {key: key for key in request.keys or ()}
    facts = _look_up(services, bucket, asked, tick)
    missing = tuple(asked[key] for key in asked if facts[key] is None)
    if len(missing) == len(asked):
        bucket.check()  # if the bucket is gone, S3 says that each file is missing
    if missing and request.on_missing == "fail":
        named = ", ".join(map(str, missing[:_NAMED]))
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise SourceMissing(
            f"{len(missing)} of {len(asked)} files do not exist: {named}{more}. "
            "Leave them out, or have what is missing skipped."
        )
    files = [
        (
            _own_name(fact) if request.file_ids else fact.key.removeprefix(source.prefix),
            fact,
        )
        for fact in facts.values()
        if fact
    ]
    return _found(request.source, known, files, missing)


def _under_prefix(
    services: Services, known: Known, prefix: str, tick: Callable[[], None]
) -> list[tuple[str, ObjectFacts]]:
    folder = prefix[: prefix.rfind("/") + 1]
    files = [
        (fact.key.removeprefix(folder), fact)
        for fact in known.filled(list_all(known.bucket, services.pools, prefix, tick))
        # An object without bytes whose key ends with "/" marks a folder. It is no file.
        if fact.size or not fact.key.endswith("/")
    ]
    large = {
        fact.key: index
        for index, (_, fact) in enumerate(files)
        if fact.size >= services.limits.layout.copy_min and not fact.in_s3 and fact.crc32 is None
    }
    # A file that is copied needs its CRC-32 first. If the listing says that S3 has it, the worker
    # that writes the header asks for it. For other files that no earlier job knows, a HEAD says
    # whether S3 has the CRC-32s of the parts.
    for key, fact in _look_up(services, known.bucket, large, tick).items():
        name, listed = files[large[key]]
        if fact and fact.etag == listed.etag:
            files[large[key]] = (name, fact)
    return files


def _look_up(
    services: Services, bucket: Bucket, keys: Iterable[str], tick: Callable[[], None]
) -> dict[str, ObjectFacts | None]:
    facts: dict[str, ObjectFacts | None] = {}
    with services.pools(LOOKUPS_AT_ONCE) as pool:
        for batch in batched(keys, services.limits.lookups):
            facts.update(zip(batch, pool.map(bucket.head, batch), strict=True))
            tick()
    return facts


def _own_name(fact: ObjectFacts) -> str:
    given = fact.metadata.get("filename", "").strip()
    return decoded_metadata(given) if given else fact.key.rsplit("/", 1)[-1]


def _found(
    source: str | None,
    known: Known,
    files: Sequence[tuple[str, ObjectFacts]],
    missing: tuple[int | str, ...],
) -> Found:
    unique = names.unique_names(raw for raw, _ in files)
    facts = known.filled([fact for _, fact in files])
    combined = _combined(known.services, known.bucket, facts, known.tick)
    rows = [(f.key, f.etag, f.size, combined[f.key]) for f in facts if f.key in combined]
    keep(known.services, source, rows, known.tick)
    entries = (
        Entry(
            name, fact.key, fact.etag, fact.size, _crc32(fact, combined), fact.modified, fact.in_s3
        )
        for name, fact in zip(unique, facts, strict=True)
    )
    return Found(tuple(entries), missing)


def _crc32(fact: ObjectFacts, combined: Mapping[str, int]) -> int | None:
    if not fact.size:
        return 0
    return combined.get(fact.key) if fact.crc32 is None else fact.crc32


def _combined(
    services: Services, bucket: Bucket, facts: Iterable[ObjectFacts], tick: Callable[[], None]
) -> dict[str, int]:
    """Returns the CRC-32 of each large file, by key, if S3 has those of the file's parts and
    reports them."""
    least = services.limits.layout.stream_part
    composite = (fact for fact in facts if fact.composite and fact.size > least)
    found: dict[str, int] = {}
    with services.pools(LOOKUPS_AT_ONCE) as pool:
        for batch in batched(composite, services.limits.lookups):
            every = pool.map(lambda fact: bucket.part_crc32s(fact.key, fact.etag), batch)
            for fact, parts in zip(batch, every, strict=True):
                if parts:
                    found[fact.key] = crc.combined(parts)
            tick()
    return found
