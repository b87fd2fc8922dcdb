"""Looks files up: what S3 says of each, or why it cannot be read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from chalicelib.archive.scale import MAX_ARCHIVE
from chalicelib.batches import batched
from chalicelib.errors import Reason, SourceChanged, SourceUnreadable
from chalicelib.jobs.model import file_mark
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services

LOOKUPS_AT_ONCE: Final = 32
"""The most HEAD requests under way at the same time."""

Place = tuple[str, str | None]
"""A key, and a version id; None: the newest version."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file cannot be read. `why` says it without the file's name. `facts` are what S3 says of
    it all the same, if it does."""

    reason: Reason
    why: str
    facts: ObjectFacts | None = field(default=None, repr=False, compare=False)


Seen = ObjectFacts | Unreadable | None
"""What is known of a file; None: it does not exist."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks up files of one bucket. `thorough`: a HEAD does not tell of every file whether it can
    be read, so the first byte of these files is read too. `suspects` are the marks of files that a
    step could not read (`jobs.model.file_mark`)."""

    services: Services
    bucket: Bucket
    tick: Callable[[], None]
    thorough: bool = False
    suspects: frozenset[str] = frozenset()

    def at(self, places: Iterable[Place]) -> dict[Place, Seen]:
        """Returns what is known of each file. Raises Unavailable, and AccessDenied if the bucket
        itself cannot be asked."""
        seen: dict[Place, Seen] = {}
        with self.services.pools(LOOKUPS_AT_ONCE) as pool:
            for batch in batched(dict.fromkeys(places), self.services.limits.lookups):
                seen.update(zip(batch, pool.map(self._one, batch), strict=True))
                self.tick()
        return seen

    def is_suspect(self, key: str) -> bool:
        return bool(self.suspects) and file_mark(key) in self.suspects

    def _one(self, place: Place) -> Seen:
        key, version = place
        try:
            facts = self.bucket.head(key, version=version)
            if facts and facts.size and self._may_mislead(facts):
                fault = self.bucket.why(key, version)
                if isinstance(fault, SourceChanged):
                    return None  # it was deleted since
                if fault:
                    raise fault
        except SourceUnreadable as error:
            return Unreadable(error.reason, error.why)
        return judged(facts) if facts else None

    def _may_mislead(self, facts: ObjectFacts) -> bool:
        if facts.is_archived or not self.thorough:
            return False
        return facts.kms or self.is_suspect(facts.key)


def judged(facts: ObjectFacts) -> ObjectFacts | Unreadable:
    """Returns the facts; or why a file with these facts cannot be in an archive."""
    if facts.is_archived and facts.size:  # nothing of an empty file is read
        return Unreadable(Reason.ARCHIVED, archived(facts.storage_class), facts)
    if facts.size > MAX_ARCHIVE:
        why = f"it has {facts.size} bytes, and S3 takes archives of {MAX_ARCHIVE}"
        return Unreadable(Reason.TOO_LARGE, why, facts)
    return facts


def archived(storage_class: str) -> str:
    """Returns what is wrong with a file in this storage class."""
    return f"in {storage_class or 'cold storage'}; restore it first"


def part_crc32s(
    looks: Looks, facts: Iterable[ObjectFacts]
) -> Iterator[tuple[ObjectFacts, list[tuple[int, int]] | None]]:
    """Yields each file with (CRC-32, length in bytes) of its parts; None if S3 does not report
    them."""
    bucket = looks.bucket
    with looks.services.pools(LOOKUPS_AT_ONCE) as pool:
        for batch in batched(facts, looks.services.limits.lookups):
            every = pool.map(lambda f: bucket.part_crc32s(f.key, f.etag, f.version), batch)
            yield from zip(batch, every, strict=True)
            looks.tick()
