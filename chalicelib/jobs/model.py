"""A job: one export request and its record. Pure.

Times are Unix time in milliseconds, sizes count bytes.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.jobs.states import Stage, Status

OnMissing = Literal["fail", "skip"]

MISSING_INLINE: Final = 400
"""Bytes of the list of missing files, as JSON, that the record itself may hold: it stays below 2
KB."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, as RFC 9457 says it."""

    slug: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class PlanRef:
    """Where the plan lies, and the upload that it is carried out in.

    `steps` counts the segments but the final one, each of which is a step `assemble`. `home` is the
    id of the job that made the plan and opened the upload; None: the job's own.
    """

    digest: str
    upload: str
    steps: int
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The record. `request` is the digest of what was asked, under which that lies beside the
    record.

    `total_files` counts what was asked for, once each; for a prefix it is 0 until the job is
    planned. `missing_count` is None until then. `missing` is None where the list is too long for
    the record and lies beside it. `wake_at` is when the sweeper looks at the job if nothing has
    moved it before. `reused_from` is the job whose finished archive this one was completed with,
    `retry_of` the job in whose place this one was asked for; `heir` is who takes over what a failed
    job has uploaded (jobs/takeover.py).
    """

    job_id: str
    user_id: str
    status: Status
    stage: Stage
    request: str
    filename: str
    total_files: int
    created_at: int
    updated_at: int
    expires_at: int
    started_at: int | None = None
    files_done: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    plan: PlanRef | None = None
    missing_count: int | None = None
    missing: tuple[int | str, ...] | None = ()
    failure: Failure | None = None
    wake_at: int | None = None
    sweeps: int = 0
    reused_from: str | None = None
    retry_of: str | None = None
    heir: str | None = None

    @property
    def home(self) -> str:
        """The id under which the plan and all that is built by it lie: the job's own, unless it
        has taken over another one's."""
        return (self.plan and self.plan.home) or self.job_id

    @property
    def archive_key(self) -> str:
        return f"archives/{self.home}.zip"

    @property
    def prefix(self) -> str:
        """Where the plan lies, and what leads to the archive."""
        return f"jobs/{self.home}/"

    @property
    def request_key(self) -> str:
        return f"jobs/{self.job_id}/request-{self.request}.json"

    def status_at(self, now: int) -> Status:
        """The status as a caller sees it: a completed job expires by itself."""
        if self.status is Status.COMPLETED and now >= self.expires_at:
            return Status.EXPIRED
        return self.status

    @property
    def percent(self) -> int:
        """How much of the archive is there; 100 only when the job has completed."""
        if self.status is Status.COMPLETED:
            return 100
        if not self.bytes_total:
            return 0
        return min(99, self.bytes_done * 100 // self.bytes_total)

    @property
    def eta_seconds(self) -> int | None:
        """Seconds left, from the pace so far; None while there is no pace to tell it from."""
        if self.status is not Status.PROCESSING or self.started_at is None or not self.bytes_done:
            return None
        elapsed = self.updated_at - self.started_at
        left = self.bytes_total - self.bytes_done
        # Workers' clocks may differ.
        return max(math.ceil(elapsed * left / self.bytes_done / 1000), 0)


def user_mark(user_id: str) -> str:
    """The same 32 characters for the same user: what SQS and an index know a user by."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:32]
