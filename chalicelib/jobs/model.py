"""A job: one export request and its record. Pure.

Times are Unix time in milliseconds, sizes count bytes.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib import trace_ids
from chalicelib.archive.manifest import Skipped
from chalicelib.jobs import places
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.settings import JobEvent
from chalicelib.trace_ids import SpanRef

OnMissing = Literal["fail", "skip"]

ArchiveFormat = Literal["zip", "tar", "tar.gz"]

PACKED_PERCENT: Final = 90
"""How much of the work is done, in percent, when all files are packed and their archive has only to
be put together."""

MISSING_INLINE: Final = 400
"""The most bytes, as JSON, of a list of missing files that the record itself holds. The record must
stay below 2 KB."""

UNREADABLE_INLINE: Final = 200
"""The same of a list of files that cannot be read."""

SUSPECTS_MAX: Final = 20
"""The most marks of source files that the record keeps."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, in the terms of RFC 9457."""

    slug: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class PlanRef:
    """Where a plan is stored, and the upload that its archive is built in.

    `segments` counts the segments that a step `assemble` builds: all but the final one. `home` is
    the id of the job that made the plan and opened the upload; None: this job itself.
    """

    digest: str
    upload: str
    segments: int
    home: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the archive is there: whole files, bytes, and how many of these bytes S3 has
    copied. All others went through a worker."""

    files: int = 0
    bytes: int = 0
    copied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The record of a job. `request` is the digest of the request. `short_request` is the request
    itself (ExportRequest.to_text); None: it is longer, and is stored in S3.

    `total_files` counts the files that were asked for, each once. For a prefix it is 0 until the
    job is planned. `missing_count` is None until then. `missing` is None if the list is too long
    for the record and is stored beside it; so it is with `unreadable_count` and `unreadable`. A job
    that has failed without a plan has in them the files that are to blame.
    `changes` counts how often the job was planned again because a source file had changed or could
    not be read. `suspects` has the marks of these files. `wake_at` is when the sweeper looks at the
    job if it has not moved before. `sweeps` counts how often that was in vain. `attempts` counts
    how often a step of the job came again. `previous_plan` is set while a job is planned again,
    `was_replanned` from then on. `steps_sent`: a message was sent for each segment of the plan.
    `reused_from` is the job whose finished archive completed this one. `retry_of` is the job that
    this one retries. `heir` is the job that takes over what a failed job has uploaded
    (pipeline/reuse.py). `deleted_at` is set in a tombstone: what is left of the record of a deleted
    job. It has no `user_id`, `filename` and `request` (they are empty), and no `short_request`.
    `deleted_for` is then the `owner_mark` of the job's user. `untold` are the events that are still
    to be announced, in their order, each with its time. `has_notices`: somebody asked to be told of
    the job's end (notices.py). `asked_at` is when the request for the job came in. `caller` is the
    span that it came from, if the caller has named one. `archives` counts the archives that the
    files go to.

    `packing` counts the bytes of the files that must be packed before the archive can be planned,
    because nobody knows how long they are when they are compressed; 0: none must. Until there is a
    plan, `bytes_done` and `files_done` count what was packed.
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
    planned_at: int | None = None
    files_done: int = 0
    bytes_done: int = 0
    bytes_copied: int = 0
    bytes_total: int = 0
    plan: PlanRef | None = None
    missing_count: int | None = None
    missing: tuple[int | str, ...] | None = ()
    unreadable_count: int = 0
    unreadable: tuple[Skipped, ...] | None = ()
    changes: int = 0
    suspects: tuple[str, ...] = ()
    failure: Failure | None = None
    wake_at: int | None = None
    sweeps: int = 0
    attempts: int = 0
    previous_plan: PlanRef | None = None
    was_replanned: bool = False
    steps_sent: bool = False
    reused_from: str | None = None
    retry_of: str | None = None
    heir: str | None = None
    deleted_at: int | None = None
    deleted_for: str | None = None
    untold: tuple[tuple[JobEvent, int], ...] = ()
    has_notices: bool = False
    asked_at: int | None = None
    caller: SpanRef | None = None
    format: ArchiveFormat = "zip"
    archives: int = 1
    packing: int = 0
    short_request: str | None = None

    @property
    def begun_at(self) -> int:
        """When the job's trace begins: when it was asked for. Older records do not say it."""
        return self.created_at if self.asked_at is None else min(self.asked_at, self.created_at)

    @property
    def root_span(self) -> SpanRef:
        """The root of the job's trace."""
        return trace_ids.root_of(self.job_id, self.caller)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def home(self) -> str:
        """The id of the job that the plan and all that is built by it are stored under: this job,
        or the one whose plan it has taken over."""
        return (self.plan and self.plan.home) or self.job_id

    @property
    def archive_key(self) -> str:
        return places.archive(self.home, self.format)

    @property
    def request_key(self) -> str:
        return places.request(self.job_id, self.request)

    @property
    def skipped_count(self) -> int:
        """How many files that were asked for the archive leaves out."""
        return 0 if self.has_blamed else (self.missing_count or 0) + self.unreadable_count

    @property
    def has_blamed(self) -> bool:
        """Whether the record has the files that are to blame for the failure, where it has those
        that the archive leaves out else."""
        return bool(self.failure) and self.plan is None and self.missing_count is not None

    @property
    def progress(self) -> Progress:
        return Progress(self.files_done, self.bytes_done, self.bytes_copied)

    def status_at(self, now: int) -> Status:
        """Returns the status as a caller sees it: a completed job expires by itself."""
        if self.status is Status.COMPLETED and now >= self.expires_at:
            return Status.EXPIRED
        return self.status

    @property
    def percent(self) -> int:
        """How much of the archive is there. It is 100 only if the job has completed."""
        if self.status is Status.COMPLETED:
            return 100
        done, total = self._work
        return min(99, done * 100 // total) if total else 0

    @property
    def _work(self) -> tuple[int, int]:
        """Returns how much of the work is done, and how much there is, in the same unit."""
        if not self.packing:
            return self.bytes_done, self.bytes_total
        if not self.bytes_total or self.plan is None:
            return self.bytes_done * PACKED_PERCENT, self.packing * 100
        assembled = self.bytes_done * (100 - PACKED_PERCENT)
        return self.bytes_total * PACKED_PERCENT + assembled, self.bytes_total * 100

    @property
    def shown(self) -> tuple[int, int, int]:
        """Returns (files done, bytes done, bytes of all), as people see them. Until a job completes
        whose files are packed, the bytes are those of the files, and not of the archive."""
        if not self.packing or self.status is Status.COMPLETED:
            return self.files_done, self.bytes_done, self.bytes_total
        if self.plan is None:
            return self.files_done, self.bytes_done, self.packing
        return max(self.total_files - self.skipped_count, 0), self.packing, self.packing

    @property
    def eta_seconds(self) -> int | None:
        """Seconds left, if the job keeps the pace that it has had since it was planned. None while
        there is no pace yet."""
        begun = self.started_at if self.packing else self.planned_at or self.started_at
        done, total = self._work
        if self.status is not Status.PROCESSING or begun is None or not done:
            return None
        elapsed = self.updated_at - begun
        # Workers' clocks may differ.
        return max(math.ceil(elapsed * (total - done) / done / 1000), 0)

    @property
    def check_after(self) -> int | None:
        """Seconds until the status is worth another look. None if it will not change by itself."""
        if self.status not in OPEN:
            return None
        return min(max((self.eta_seconds or 0) // 10, 1), 10)


def file_mark(key: str) -> str:
    """Returns 16 characters by which a job's record knows a source file."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]


def user_mark(user_id: str) -> str:
    """Returns 32 characters, always the same for the same user: SQS and an index know the user by
    them."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:32]


def owner_mark(job_id: str, user_id: str) -> str:
    """Returns 32 characters by which the user of a deleted job is known. Each job has others, so
    they do not show which jobs were the same user's."""
    return user_mark(f"{job_id} {user_id}")
