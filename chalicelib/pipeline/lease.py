"""Keeps a step's message from other workers while this one is at work, and reports its progress.

A message is hidden for LEASE_SECONDS only, again and again while the step works. When a worker
dies, SQS hands the message to another one as soon as that time has passed. The queue's own
visibility timeout is several function timeouts, which would be too long to wait.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from chalicelib.errors import NothingToDo, PlanReplaced, Unavailable
from chalicelib.jobs.model import Job, Progress
from chalicelib.jobs.states import OPEN, Stage
from chalicelib.pipeline.plans import Index
from chalicelib.services import Services

LEASE_SECONDS: Final = 45
_RENEW_AFTER_MS: Final = 15_000
_REPORT_AFTER_MS: Final = 1_000


@dataclass(slots=True)
class Lease:
    """The lease and the progress of one step.

    `receipt` is SQS's receipt handle; None: there is no message to hide. `plan` is the digest of
    the plan that the step works by, once it has one. `made` is the plan that this step has stored
    itself, if any. `done` is the progress of the whole job as far
    as this worker knows it: what it found done, and what it has done since. `job` is the record as
    the step has seen it at last; None: it has not. Any thread may call `gathered`. Call `tick`
    often, on the step's own thread.
    """

    services: Services
    job_id: str
    receipt: str | None
    stage: Stage = Stage.PLANNING
    plan: str | None = None
    made: Index | None = None
    done: Progress = field(default_factory=Progress)
    job: Job | None = None
    _lock: Lock = field(default_factory=Lock)
    _renewed: int = 0
    _reported: int = 0

    def gathered(self, *, streamed: int = 0, copied: int = 0, files: int = 0) -> None:
        """Adds bytes that a worker has streamed, bytes that S3 has copied, and whole files."""
        with self._lock:
            done = self.done
            self.done = Progress(
                done.files + files, done.bytes + streamed + copied, done.copied + copied
            )

    def settle(self, done: Progress) -> None:
        """Replaces what was counted piece by piece with what is now known exactly."""
        with self._lock:
            self.done = done

    def begin(self) -> None:
        """Takes the lease. There is nothing to report yet: the first report comes with a tick after
        a second. Most small exports have ended by then."""
        now = self.services.now()
        self._reported = now
        self.renew(now)

    def tick(self) -> None:
        """Renews the lease and reports progress, if it is time to. If the table or the queue does
        not answer, the next tick asks again. Raises NothingToDo if the job has ended, PlanReplaced
        if it was planned again."""
        now = self.keep()
        with suppress(Unavailable):
            if now - self._reported >= _REPORT_AFTER_MS:
                self.report(now)

    def keep(self) -> int:
        """Renews the lease only, if it is time to. Returns the Unix time in ms."""
        now = self.services.now()
        if now - self._renewed >= _RENEW_AFTER_MS:
            self.renew(now)
        return now

    def renew(self, now: int) -> None:
        """Renews the lease, for LEASE_SECONDS from now."""
        with suppress(Unavailable):
            if self.receipt:
                self.services.queue.hide(self.receipt, LEASE_SECONDS)
            self._renewed = now

    def report(self, now: int) -> None:
        """Writes the progress. Raises NothingToDo if the job has ended, PlanReplaced if it was
        planned again, Unavailable if the table does not answer."""
        with self._lock:
            done = self.done
        if not self.services.jobs.report(self.job_id, now, self.stage, done, self.plan):
            raise self.refused()
        self._reported = now

    def look(self) -> Job | None:
        """Returns the job as it is now; None if there is none. Raises what the table does."""
        self.job = self.services.jobs.get(self.job_id)
        return self.job

    def refused(self) -> Exception:
        """Returns the error for a step whose write the job's record did not take: NothingToDo if
        the job has ended, else PlanReplaced.

        After PlanReplaced the message comes again. It must: a worker may have taken the old plan
        away while it worked on this message, and died before it sent `plan`. Then the next try
        sends it.
        """
        job = self.look()
        if job is None or job.status not in OPEN:
            return NothingToDo()
        return PlanReplaced(f"the job {self.job_id} was planned again")
