"""A bucket that is slow to read, for the local stage: it shows why downloads of many files are
slow.

S3 itself answers any number of reads at the same time. The storage behind an older download server
(a tape library, a file server, a single connection to either) often answers one read after another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from chalicelib.s3.bucket import Bucket


@dataclass(frozen=True, kw_only=True)
class SlowBucket(Bucket):
    """A bucket where each read waits for its turn, and then `delay_seconds` longer.

    Each process has turns of its own, so each worker has a slow storage of its own. S3 copies
    without a read, so copies are as fast as ever.
    """

    delay_seconds: float
    sleep: Callable[[float], None]
    _turn: Lock = field(default_factory=Lock)

    def read_into(
        self,
        buffer: memoryview,
        key: str,
        start: int = 0,
        etag: str | None = None,
        version: str | None = None,
    ) -> None:
        with self._turn:
            self.sleep(self.delay_seconds)
        super().read_into(buffer, key, start, etag, version)
