"""What a line adds to the metrics. Pure.

Most of it follows from the line alone (`changes`). A job's end is said by two lines, `job ended`
and `job announced`, so that it is known even if a function dies between its write and its line.
Whoever counts lets only the first of them count (`end`, `changes_of_end`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from chalicelib.errors import GivenUp, LonghaulError
from chalicelib.http import operations, tracing
from chalicelib.jobs.notices import Kind as NoticeKind
from chalicelib.jobs.notices import State as NoticeState
from chalicelib.telemetry.lines import Event, Kind
from infra.observe.labels import FUNCTIONS, OTHER, OUTCOMES, RATE_LIMIT, STATUSES, STEPS, slugs
from infra.observe.starts import THROTTLES

UNDOCUMENTED_PATHS: Final = frozenset(
    {
        "/",
        "/assets/{version}/{name}",
        "/longhaul-export.js",
        "/docs",
        "/docs/{version}/{name}",
        "/unsubscribe/{token}",
        tracing.UNKNOWN,
    }
)
"""The paths of requests that are not in the OpenAPI document."""

_THROTTLES: Final = frozenset(THROTTLES)


@dataclass(frozen=True, slots=True)
class Add:
    """A counter goes up by `amount`."""

    metric: str
    labels: tuple[str, ...]
    amount: float = 1


@dataclass(frozen=True, slots=True)
class Observe:
    """A histogram gets one more value. `trace` is its exemplar if there is one; `at` is Unix ms."""

    metric: str
    labels: tuple[str, ...]
    value: float
    trace: str | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Set:
    """A gauge has this value at that time (Unix ms). A later one replaces it."""

    metric: str
    labels: tuple[str, ...]
    value: float
    at: int


Change = Add | Observe | Set


@dataclass(frozen=True, slots=True)
class End:
    """What a line says of a job's end. Times are Unix ms. `began_at`, `ended_at` and `span` are
    those of the root span; None if the line has none. A number that is not known is None too."""

    job: str
    status: str
    reason: str | None
    trace: str | None
    span: str | None
    began_at: int | None
    ended_at: int | None
    queued_seconds: float | None
    total_seconds: float | None
    bytes_copied: float
    bytes_streamed: float
    files: float


def changes(event: Event) -> Iterator[Change]:
    """Yields what the line adds, but for a job's end."""
    function = _known(event.function, _FUNCTIONS)
    yield Add("telemetry_lines_total", (function,))
    yield Add("export_log_lines_total", (function, event.level.value))
    if event.kind is not Kind.EVENT:
        return
    if event.is_cold:
        yield Add("export_cold_starts_total", (function,))
    if of_name := _BY_NAME.get(event.name):
        yield from of_name(event)


def is_end(event: Event) -> bool:
    """Returns whether the line is one of the two that say that a job has ended."""
    if event.name == "job announced":
        told = event.facts.get("events")
        return isinstance(told, list) and "ended" in told
    return event.name == "job ended"


def end(event: Event) -> End | None:
    """Returns what the line says of a job's end; None if it says nothing of any."""
    status = event.text("status")
    if not is_end(event) or event.job is None or status not in STATUSES:
        return None
    timing = event.timing
    reason = event.text("reason")
    return End(
        job=event.job,
        status=status,
        reason=_known(reason, _SLUGS) if reason else None,
        trace=timing.trace if timing else None,
        span=timing.span if timing else None,
        began_at=timing.at if timing else None,
        ended_at=timing.at + int(timing.ms) if timing else None,
        queued_seconds=_amount(event, "secondsQueued"),
        total_seconds=_amount(event, "secondsTotal"),
        bytes_copied=_amount(event, "bytesCopied") or 0,
        bytes_streamed=_amount(event, "bytesStreamed") or 0,
        files=_amount(event, "files") or 0,
    )


def changes_of_end(ended: End) -> Iterator[Change]:
    """Yields what a job's end adds."""
    yield Add("export_jobs_total", (ended.status,))
    if ended.status == "failed":
        yield Add("export_jobs_failed_total", (ended.reason or OTHER,))
        if ended.reason == GivenUp.slug:
            yield Add("export_jobs_given_up_total", ())
    if ended.total_seconds is not None:
        labels = (ended.status,)
        at = ended.ended_at or 0
        yield Observe("export_job_duration_seconds", labels, ended.total_seconds, ended.trace, at)
    if ended.queued_seconds is not None:
        yield Observe("export_job_queued_seconds", (), ended.queued_seconds)
    yield Add("export_files_total", (), ended.files)
    yield Add("export_bytes_total", ("copied",), ended.bytes_copied)
    yield Add("export_bytes_total", ("streamed",), ended.bytes_streamed)


def _request(event: Event) -> Iterator[Change]:
    method = _known(event.text("method") or "", tracing.METHODS, tracing.OTHER)
    status = event.whole("status") or 0
    told = str(status) if status in _STATUSES else OTHER
    labels = (method, _known(event.text("path") or tracing.UNKNOWN, _PATHS), told)
    yield Add("http_requests_total", labels)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        yield Add("export_throttles_total", (RATE_LIMIT,))
    took = _amount(event, "ms")
    if took is not None:
        trace = event.timing.trace if event.timing else None
        at = event.logged_at
        yield Observe("http_request_duration_seconds", labels, took / 1000, trace, at)
        yield _worked(event, took)


def _accepted(_: Event) -> Iterator[Change]:
    yield Add("export_jobs_accepted_total", ())


def _step(event: Event) -> Iterator[Change]:
    step = _known(event.text("step") or "", _STEPS)
    outcome = event.name.removeprefix("step ")
    yield Add("export_steps_total", (step, outcome))
    took = _amount(event, "ms")
    if took is not None:
        # A step that outlives its job has a span that is cut at the job's end.
        took += _amount(event, "overranMs") or 0
        yield Observe("export_step_duration_seconds", (step,), took / 1000)
        yield _worked(event, took)
    if cpu := _amount(event, "cpuMs"):
        yield Add("export_step_cpu_seconds_total", (step,), cpu / 1000)
    waited = _amount(event, "waitedMs")
    if waited is not None:
        yield Observe("export_queue_wait_seconds", (step,), waited / 1000)
    if outcome == "retried":
        why = _known(event.text("why") or "", _SLUGS)
        yield Add("export_step_retries_total", (step, why))
        code = event.text("code")
        if code in _THROTTLES:
            yield Add("export_throttles_total", (code,))


def _swept(event: Event) -> Iterator[Change]:
    at = event.logged_at
    yield Add("export_sweeper_runs_total", ())
    yield Set("export_sweeper_last_run_timestamp_seconds", (), at / 1000, at)
    for fact, kind in _FINDINGS.items():
        if found := _amount(event, fact):
            yield Add("export_sweeper_findings_total", (kind,), found)
    for fact, queue in _QUEUES.items():
        waiting = _amount(event, fact)
        if waiting is not None:
            yield Set("export_queue_messages", (queue,), waiting, at)
    still_open = _amount(event, "openJobs")
    if still_open is not None:
        yield Set("export_open_jobs_in_table", (), still_open, at)
    took = _amount(event, "ms")
    if took is not None:
        yield _worked(event, took)


def _notice(event: Event) -> Iterator[Change]:
    kind = _known(event.text("kind") or "", _NOTICES)
    yield Add("export_notices_total", (kind, _known(event.text("state") or "", _NOTICE_STATES)))


def _dead_letter(event: Event) -> Iterator[Change]:
    yield Add("export_dead_letters_total", (_LETTERS[event.name],))


def _worked(event: Event, ms: float) -> Add:
    function = _known(event.function, _FUNCTIONS)
    return Add("export_function_seconds_total", (function,), ms / 1000)


def _amount(event: Event, fact: str) -> float | None:
    """Returns the fact if it is a number that a counter can go up by."""
    value = event.number(fact)
    return value if value is not None and value >= 0 else None


def _known(value: str, known: frozenset[str], other: str = OTHER) -> str:
    return value if value in known else other


_FUNCTIONS: Final = frozenset(FUNCTIONS)
_STEPS: Final = frozenset(STEPS)
_STATUSES: Final = frozenset(int(status) for status in HTTPStatus)
_SLUGS: Final = frozenset(slugs(LonghaulError))
_NOTICES: Final = frozenset(kind.value for kind in NoticeKind)
_NOTICE_STATES: Final = frozenset(state.value for state in NoticeState)
_PATHS: Final = frozenset(operations.paths(())) | UNDOCUMENTED_PATHS

_FINDINGS: Final = {
    "woken": "woken",
    "givenUp": "given_up",
    "discarded": "discarded",
    "announcedAgain": "announced_again",
}
_QUEUES: Final = {
    "waiting": "exports",
    "announcementsWaiting": "announcements",
    "deadLetters": "dead_letters",
}
_LETTERS: Final = {
    "dead letter buried": "buried",
    "dead letter dropped": "dropped",
    "dead letter retried": "retried",
    # A bug keeps it in the queue: it comes again too.
    "dead letter not handled": "retried",
}
_BY_NAME: Final[dict[str, Callable[[Event], Iterator[Change]]]] = {
    "request": _request,
    "job accepted": _accepted,
    "swept": _swept,
    "notice sent": _notice,
    "notice not sent": _notice,
    **{f"step {outcome}": _step for outcome in OUTCOMES},
    **dict.fromkeys(_LETTERS, _dead_letter),
}
