"""A job, settings and services as tests need them: all but what a test is about."""

from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

from hypothesis import strategies as st

from chalicelib.archive.names import archive_filename
from chalicelib.jobs.model import (
    MISSING_INLINE,
    ArchiveFormat,
    Failure,
    Job,
    PlanRef,
    owner_mark,
)
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.services import Services, made
from chalicelib.settings import JOB_EVENTS, Settings, load
from chalicelib.trace_ids import SpanRef

JOB_ID = "5f0c5d0e-1111-4222-8333-444455556666"
NOW = 1_700_000_000_000  # 2023-11-14T22:13:20Z
DAY = 24 * 3600 * 1000
REQUIRED = {
    "JOBS_TABLE": "jobs",
    "QUEUE_URL": "https://queue",
    "ANNOUNCEMENT_QUEUE_URL": "https://announcements",
    "SOURCE_BUCKET": "sources",
    "ARCHIVE_BUCKET": "archives",
}


def some_settings(**more: str) -> Settings:
    return load({**REQUIRED, **more})


@dataclass
class Events:
    """A log that keeps the events, and the facts of each."""

    kept: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, /, **facts: object) -> None:
        self.kept.append((event, facts))

    warning = error = exception = info

    @property
    def names(self) -> list[str]:
        return [event for event, _ in self.kept]


def some_services(
    settings: Settings | None = None, *, dynamodb: Any = None, **facts: Any
) -> Services:
    """Services that reach nothing, but for these stores, buckets and seams."""
    nowhere = cast("Any", None)
    services = made(
        settings or some_settings(), dynamodb=dynamodb, s3=nowhere, sqs=nowhere, log=Events()
    )
    return replace(services, **facts)


def a_job(**facts: Any) -> Job:
    """A job that was queued just now, but for these facts."""
    job: dict[str, Any] = {
        "job_id": JOB_ID,
        "user_id": "anonymous",
        "status": Status.QUEUED,
        "stage": Stage.QUEUED,
        "request": "0123456789abcdef",
        "filename": "export.zip",
        "total_files": 10,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + 7 * DAY,
    }
    return Job(**{**job, **facts})


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
moments = st.integers(NOW, NOW + 30 * DAY)
plan_refs = st.builds(
    PlanRef,
    digest=st.just("0123456789abcdef"),
    upload=texts,
    segments=st.integers(0, 9_999),
    home=st.none() | st.uuids().map(str),
)
failures = st.builds(Failure, slug=st.just("given-up"), title=texts, detail=texts)
missing_lists = st.lists(st.integers(10_000, 10**8) | texts, max_size=5).map(tuple)


def _digits(count: int) -> st.SearchStrategy[str]:
    """Hexadecimal ones."""
    return st.text("0123456789abcdef", min_size=count, max_size=count)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Any job that the store can hold."""
    status = draw(st.sampled_from([status for status in Status if status is not Status.EXPIRED]))
    planned, replanned = draw(st.booleans()), draw(st.booleans())
    bytes_total = draw(st.integers(1, 2**45)) if planned else 0
    missing: tuple[int | str, ...] = draw(missing_lists) if planned else ()
    listed_elsewhere = bool(missing) and draw(st.booleans())
    created_at, started_at, planned_at, updated_at, expires_at = sorted(
        draw(st.lists(moments, min_size=5, max_size=5))
    )
    packing = draw(st.just(0) | st.integers(1, 2**45))
    bytes_done = draw(st.integers(0, bytes_total if planned else packing))
    form = draw(st.sampled_from(get_args(ArchiveFormat)))
    stage = draw(st.sampled_from(Stage))
    if stage in (Stage.PLANNING, Stage.COMPRESSING):
        stage = Stage.COMPRESSING if packing else Stage.PLANNING
    return a_job(
        user_id=draw(texts),
        status=status,
        stage=stage,
        filename=archive_filename(draw(texts), JOB_ID, f".{form}"),
        format=form,
        archives=draw(st.integers(1, 1_000)) if planned else 1,
        packing=packing,
        total_files=draw(st.integers(0, 10_000)),
        created_at=created_at,
        updated_at=updated_at,
        expires_at=expires_at,
        started_at=None if status is Status.QUEUED else started_at,
        planned_at=planned_at if planned or replanned else None,
        files_done=draw(st.integers(0, 10_000)) if planned or packing else 0,
        bytes_done=bytes_done,
        bytes_copied=draw(st.integers(0, bytes_done)),
        bytes_total=bytes_total,
        plan=draw(plan_refs) if planned else None,
        missing_count=len(missing) if planned else None,
        missing=None if listed_elsewhere else missing,
        failure=draw(failures) if status is Status.FAILED else None,
        wake_at=draw(st.none() | moments),
        sweeps=draw(st.integers(0, 8)),
        attempts=draw(st.integers(0, 100)),
        previous_plan=draw(plan_refs) if replanned and not planned else None,
        was_replanned=replanned,
        reused_from=draw(st.none() | st.uuids().map(str)),
        retry_of=draw(st.none() | st.uuids().map(str)),
        heir=draw(st.none() | st.uuids().map(str)),
        untold=tuple((event, draw(moments)) for event in JOB_EVENTS if draw(st.booleans())),
        has_notices=draw(st.booleans()),
        asked_at=draw(st.none() | moments),
        caller=draw(st.none() | st.builds(SpanRef, _digits(32), _digits(16))),
    )


@st.composite
def tombstones(draw: st.DrawFn) -> Job:
    """What is left of any job that was deleted."""
    job = draw(jobs().filter(lambda job: job.status not in OPEN))
    return replace(
        job,
        user_id="",
        request="",
        filename="",
        missing_count=None,
        missing=(),
        failure=None,
        has_notices=False,
        deleted_at=draw(moments),
        deleted_for=owner_mark(job.job_id, job.user_id),
    )


LARGEST_MISSING = ("x" * (MISSING_INLINE - 4),)  # as JSON with brackets and quotes
