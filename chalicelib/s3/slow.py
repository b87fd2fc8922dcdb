"""A storage that is slow to read, for the local stage: what a download of many files suffers from.

S3 itself answers as many reads at a time as one likes. What stands behind an older download server
(a tape library, a file server, a single connection to either) often answers one after another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from chalicelib.s3.bucket import Bucket


@dataclass(frozen=True, kw_only=True)
class SlowBucket(Bucket):
    """A bucket of which each read waits for its turn, and then `delay_seconds` longer.

    One turn a process, so each worker has a slow storage of its own. What S3 copies by itself is
    not read, and as fast as ever.
    """

    delay_seconds: float
    sleep: Callable[[float], None]
    _turn: Lock = field(default_factory=Lock)

    def read_into(
        self, buffer: memoryview, key: str, start: int = 0, etag: str | None = None
    ) -> None:
        with self._turn:
            self.sleep(self.delay_seconds)
        super().read_into(buffer, key, start, etag)
