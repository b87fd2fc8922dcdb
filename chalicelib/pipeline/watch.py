"""Keeps a step's message and job alive while it works, and the job's progress up to date.

A step's message is hidden for LEASE_SECONDS only, again and again while the step works: when a
worker dies, SQS hands the message to another one as soon as that has passed, and not after the
queue's own visibility timeout of several function timeouts.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from chalicelib.errors import JobEnded, Unavailable
from chalicelib.jobs.states import Stage
from chalicelib.pipeline.collaborators import Collaborators

LEASE_SECONDS: Final = 45
_RENEW_AFTER_MS: Final = 15_000
_REPORT_AFTER_MS: Final = 1_000


@dataclass(slots=True)
class Watch:
    """The progress of one step.

    `bytes_done` and `files_done` are the whole job's, as far as this worker knows: what it found
    done when it began, and what it has done since. `gathered` may be called from any thread; `tick`
    often, on the step's own.
    """

    stack: Collaborators
    job_id: str
    receipt: str | None
    stage: Stage = Stage.PLANNING
    bytes_done: int = 0
    files_done: int = 0
    _lock: Lock = field(default_factory=Lock)
    _renewed: int = 0
    _reported: int = 0

    def gathered(self, size: int, files: int) -> None:
        """So many more bytes and whole files are in the archive."""
        with self._lock:
            self.bytes_done += size
            self.files_done += files

    def settle(self, bytes_done: int, files_done: int) -> None:
        """What was counted by the piece is now known exactly."""
        with self._lock:
            self.bytes_done, self.files_done = bytes_done, files_done

    def tick(self) -> None:
        """Renews the lease and reports progress when it is time to. Raises JobEnded if the job has
        ended meanwhile. A table or queue that does not answer just now is asked again at the next
        tick."""
        now = self.keep()
        with suppress(Unavailable):
            if now - self._reported >= _REPORT_AFTER_MS:
                self.report(now)

    def keep(self) -> int:
        """Renews the lease alone, when it is time to. Gives the time."""
        now = self.stack.now()
        if now - self._renewed >= _RENEW_AFTER_MS:
            self.renew(now)
        return now

    def renew(self, now: int) -> None:
        """Renews the lease, for LEASE_SECONDS from now."""
        with suppress(Unavailable):
            if self.receipt:
                self.stack.queue.hide(self.receipt, LEASE_SECONDS)
            self._renewed = now

    def report(self, now: int) -> None:
        """Writes the progress. Raises JobEnded if the job has ended."""
        with self._lock:
            files_done, bytes_done = self.files_done, self.bytes_done
        if not self.stack.jobs.report(self.job_id, now, self.stage, files_done, bytes_done):
            raise JobEnded
        self._reported = now
