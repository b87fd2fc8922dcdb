"""The CRC-32s of large files that S3 does not know, and an earlier job does (jobs/checksums.py)."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.batches import batched
from chalicelib.jobs.model import file_mark
from chalicelib.jobs.table import GETS_MOST
from chalicelib.pools import wait_for
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services

_AT_ONCE: Final = 8
"""The most requests to DynamoDB under way at the same time."""


@dataclass(slots=True)
class Known:
    """What is kept of the files of one bucket, as one job asks for it: once for each file. Calls
    `tick` at least once a second.

    `suspects` are the marks of files that a step could not read as planned. Of these nothing is
    taken: what is kept may be what is wrong.
    """

    services: Services
    bucket: Bucket
    tick: Callable[[], None]
    suspects: frozenset[str] = frozenset()
    _crc32s: dict[tuple[str, str], int | None] = field(default_factory=dict)

    def filled(self, facts: Sequence[ObjectFacts]) -> Sequence[ObjectFacts]:
        """Returns the same facts, with the CRC-32 of each large file that S3 has none of, if it is
        kept."""
        wanted = [one for one in facts if self._is_wanted(one)]
        if not wanted:
            return facts
        self._look_up(wanted)
        return [
            replace(one, crc32=crc32, composite=False)
            if self._is_wanted(one) and (crc32 := self._crc32s[one.key, one.etag]) is not None
            else one
            for one in facts
        ]

    def _is_wanted(self, one: ObjectFacts) -> bool:
        return (
            one.size >= self.services.limits.layout.copy_min
            and one.crc32 is None
            and not one.in_s3
            and not (self.suspects and file_mark(one.key) in self.suspects)
        )

    def _look_up(self, wanted: Iterable[ObjectFacts]) -> None:
        files = {(one.key, one.etag): one.size for one in wanted}
        new = [(*file, size) for file, size in files.items() if file not in self._crc32s]
        self._crc32s |= dict.fromkeys((key, etag) for key, etag, _ in new)
        # Each task stops at the first request that fails: nothing is tried in vain for long.
        requests = -(-len(new) // GETS_MOST)
        each = max(1, -(-requests // _AT_ONCE)) * GETS_MOST
        find, name = self.services.checksums.find, self.bucket.name
        with self.services.pools(_AT_ONCE) as pool:
            tasks = [pool.submit(find, name, batch) for batch in batched(new, each)]
            wait_for(self.services.pools, tasks, self.tick)
        for task in tasks:
            self._crc32s |= task.result()


def keep(
    services: Services,
    source: str | None,
    files: Sequence[tuple[str, str, int, int]],
    tick: Callable[[], None],
) -> None:
    """Keeps the CRC-32s of these files of a source for other jobs: those of large files. A file is
    (key, ETag, size in bytes, CRC-32). Never fails. Calls `tick` at least once a second."""
    least = services.limits.layout.copy_min
    large = [file for file in files if file[2] >= least]
    if not large:
        return
    bucket, now = services.source(source).name, services.now()
    with services.pools(1) as pool:
        kept: Future[None] = pool.submit(services.checksums.keep, bucket, large, now)
        wait_for(services.pools, [kept], tick)
