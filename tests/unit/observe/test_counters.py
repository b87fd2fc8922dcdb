"""What each line adds, and that no line can make a label of its own."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import app
from chalicelib.http import tracing
from chalicelib.telemetry.lines import Event, Line, read
from infra import config
from infra.observe import counters
from infra.observe.catalog import CATALOG, METRICS, Kind
from infra.observe.counters import Add, Change, Observe, Set
from infra.observe.labels import FUNCTIONS, OTHER

JOB = "ab" * 16
SPAN = {"trace": "c" * 32, "span": "d" * 16, "at": 1_790_000_000_000}


def event(message: str, function: str = "Worker", /, **facts: Any) -> Event:
    text = json.dumps({"level": "INFO", "message": message, **facts})
    return read(Line("1", 1_790_000_000_500, function, text))


def added(one: Event) -> dict[tuple[str, tuple[str, ...]], float]:
    """Returns what the line adds, without what every line adds."""
    return {
        (change.metric, change.labels): change.amount if isinstance(change, Add) else change.value
        for change in counters.changes(one)
        if change.metric not in {"telemetry_lines_total", "export_log_lines_total"}
    }


def began(one: Event, *metrics: str) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the series of these metrics that begin with this line. Prometheus sees no difference
    of those."""
    return [
        (metric, labels)
        for metric, labels in added(one)
        if metric in metrics and labels not in METRICS[metric].starts
    ]


def test_no_two_metrics_have_the_same_name() -> None:
    assert len(METRICS) == len(CATALOG)


@pytest.mark.parametrize("metric", CATALOG, ids=lambda metric: metric.name)
def test_a_metric_is_named_and_described_as_prometheus_wants(metric: Any) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.help.endswith(".")
    assert all(len(values) == len(metric.labels) for values in metric.starts)


def test_a_request_is_counted_with_its_route_and_its_time() -> None:
    one = event(
        "request",
        "APIHandler",
        method="GET",
        path="/v1/export/{job_id}",
        status=200,
        **SPAN,
        ms=40,
        cold=True,
    )

    labels = ("GET", "/v1/export/{job_id}", "200")
    assert added(one) == {
        ("http_requests_total", labels): 1,
        ("http_request_duration_seconds", labels): 0.04,
        ("export_function_seconds_total", ("APIHandler",)): 0.04,
        ("export_cold_starts_total", ("APIHandler",)): 1,
    }


def test_a_request_that_was_over_the_rate_is_a_throttle() -> None:
    one = event("request", method="POST", path="/v1/export", status=429)

    assert added(one)["export_throttles_total", ("rate_limit",)] == 1


def test_every_function_of_the_stack_is_a_label() -> None:
    assert set(FUNCTIONS) == config.memory().keys()


@pytest.mark.parametrize("method", sorted(tracing.METHODS | {tracing.OTHER}))
def test_every_method_that_a_line_names_is_a_label(method: str) -> None:
    one = event("request", method=method, path="/v1/export", status=405)

    assert ("http_requests_total", (method, "/v1/export", "405")) in added(one)


@pytest.mark.parametrize("why", ["unavailable", "planned-again", "internal-error"])
def test_a_step_that_is_put_off_adds_to_counters_that_were_there_before(why: str) -> None:
    one = event("step retried", step="assemble", why=why, code="SlowDown")

    assert began(one, "export_step_retries_total", "export_throttles_total") == []


@pytest.mark.parametrize("status", [202, 400, 413, 429, 500, 503])
def test_a_first_answer_adds_to_a_counter_that_was_there_before(status: int) -> None:
    one = event("request", method="POST", path="/v1/export", status=status)

    assert began(one, "http_requests_total", "export_throttles_total") == []


def test_what_is_there_before_the_first_request_are_answers_that_the_app_may_give() -> None:
    starts = METRICS["http_requests_total"].starts

    assert len(starts) == len(set(starts)) < 200
    for _, path, status in starts:
        assert path in app.routes
        assert status.isdecimal()


@pytest.mark.parametrize("route", sorted(app.routes))
def test_every_route_of_the_app_is_a_label(route: str) -> None:
    one = event("request", method="GET", path=route, status=200)

    assert ("http_requests_total", ("GET", route, "200")) in added(one)


def test_a_path_with_an_id_is_no_label() -> None:
    one = event("request", method="GET", path=f"/v1/export/{JOB}", status=999)

    assert ("http_requests_total", ("GET", OTHER, OTHER)) in added(one)


def test_a_step_that_was_put_off_is_counted_with_the_reason() -> None:
    facts = {"step": "assemble", "why": "unavailable", "code": "SlowDown"}
    one = event("step retried", **facts, ms=1500, overranMs=500, cpuMs=250, waitedMs=100)

    assert added(one) == {
        ("export_steps_total", ("assemble", "retried")): 1,
        ("export_step_duration_seconds", ("assemble",)): 2,
        ("export_function_seconds_total", ("Worker",)): 2,
        ("export_step_cpu_seconds_total", ("assemble",)): 0.25,
        ("export_queue_wait_seconds", ("assemble",)): 0.1,
        ("export_step_retries_total", ("assemble", "unavailable")): 1,
        ("export_throttles_total", ("SlowDown",)): 1,
    }


def test_what_the_sweeper_could_not_read_is_no_value() -> None:
    facts = {"openJobs": 3, "waiting": None, "announcementsWaiting": 0, "deadLetters": 2}
    found = {"woken": 1, "givenUp": 0, "discarded": 4, "announcedAgain": 0}
    one = event("swept", "Sweeper", **facts, **found, ms=200)

    assert added(one) == {
        ("export_sweeper_runs_total", ()): 1,
        ("export_sweeper_last_run_timestamp_seconds", ()): 1_790_000_000.5,
        ("export_sweeper_findings_total", ("woken",)): 1,
        ("export_sweeper_findings_total", ("discarded",)): 4,
        ("export_queue_messages", ("announcements",)): 0,
        ("export_queue_messages", ("dead_letters",)): 2,
        ("export_open_jobs_in_table", ()): 3,
        ("export_function_seconds_total", ("Sweeper",)): 0.2,
    }


@pytest.mark.parametrize(
    ("message", "facts", "counted"),
    [
        ("job accepted", {}, ("export_jobs_accepted_total", ())),
        ("dead letter buried", {}, ("export_dead_letters_total", ("buried",))),
        ("dead letter dropped", {}, ("export_dead_letters_total", ("dropped",))),
        ("dead letter retried", {}, ("export_dead_letters_total", ("retried",))),
        ("dead letter not handled", {}, ("export_dead_letters_total", ("retried",))),
        (
            "notice sent",
            {"kind": "mail", "state": "sent"},
            ("export_notices_total", ("mail", "sent")),
        ),
        (
            "notice not sent",
            {"kind": "webhook", "state": "given-up"},
            ("export_notices_total", ("webhook", "given-up")),
        ),
    ],
)
def test_a_line_adds_one(
    message: str, facts: dict[str, str], counted: tuple[str, tuple[str, ...]]
) -> None:
    assert added(event(message, **facts)) == {counted: 1}


def test_a_plain_text_is_a_line_and_nothing_else() -> None:
    one = read(Line("1", 0, "Worker", "Traceback (most recent call last): oh"))

    assert list(counters.changes(one)) == [
        Add("telemetry_lines_total", ("Worker",)),
        Add("export_log_lines_total", ("Worker", "ERROR")),
    ]


def test_an_end_has_all_that_is_counted_of_a_job() -> None:
    facts = {"job": JOB, "status": "failed", "reason": "given-up", "files": 0, "bytesCopied": 7}
    one = event("job ended", **facts, secondsQueued=2.5, secondsTotal=61.5, **SPAN, ms=61_500)

    end = counters.end(one)

    assert end is not None
    assert list(counters.changes_of_end(end)) == [
        Add("export_jobs_total", ("failed",)),
        Add("export_jobs_failed_total", ("given-up",)),
        Add("export_jobs_given_up_total", ()),
        Observe("export_job_duration_seconds", ("failed",), 61.5, "c" * 32, 1_790_000_061_500),
        Observe("export_job_queued_seconds", (), 2.5),
        Add("export_files_total", (), 0),
        Add("export_bytes_total", ("copied",), 7),
        Add("export_bytes_total", ("streamed",), 0),
    ]


def test_an_announcement_says_an_end_if_it_is_about_one() -> None:
    facts = {"job": JOB, "status": "completed"}

    assert counters.end(event("job announced", events=["ended"], **facts)) is not None
    assert counters.end(event("job announced", events=["accepted"], **facts)) is None
    assert counters.end(event("job announced", events="ended", **facts)) is None


def test_a_tombstone_that_lacks_the_times_is_an_end_all_the_same() -> None:
    nothing = dict.fromkeys(["secondsTotal", "secondsQueued", "bytesCopied", "files", "at", "ms"])
    end = counters.end(
        event("job announced", events=["ended"], job=JOB, status="cancelled", **nothing)
    )

    assert end is not None
    assert (end.span, end.began_at, end.total_seconds) == (None, None, None)
    assert {change.metric for change in counters.changes_of_end(end)} == {
        "export_jobs_total",
        "export_files_total",
        "export_bytes_total",
    }


NAMES = [
    "request",
    "job accepted",
    "job started",
    "job ended",
    "job announced",
    "step done",
    "step skipped",
    "step retried",
    "step failed",
    "swept",
    "notice sent",
    "dead letter dropped",
    "something else",
]
FACTS = [
    *("method", "path", "status", "ms", "step", "why", "code", "kind", "state", "reason", "cold"),
    *("cpuMs", "waitedMs", "overranMs", "openJobs", "waiting", "woken", "givenUp", "secondsTotal"),
    *("secondsQueued", "bytesCopied", "bytesStreamed", "files", "events", "job", "at", "span"),
]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["completed", "failed", "plan", "unavailable", JOB, "SlowDown", "GET"]),
    st.lists(st.sampled_from(["ended", "accepted"]), max_size=2),
)


@given(
    st.sampled_from(NAMES),
    st.text(max_size=8) | st.sampled_from(["Worker", "APIHandler"]),
    st.dictionaries(st.sampled_from(FACTS), anything),
)
def test_whatever_a_line_says_labels_are_known_and_counters_go_up(
    message: str, function: str, facts: dict[str, Any]
) -> None:
    one = event(message, function, **facts)
    end = counters.end(one)
    found: list[Change] = list(counters.changes(one))
    found += counters.changes_of_end(end) if end else []

    known = known_values()
    for change in found:
        assert len(change.labels) == len(METRICS[change.metric].labels)
        assert set(change.labels) <= known
        if isinstance(change, Add):
            assert change.amount >= 0
        if isinstance(change, Observe | Set):
            assert change.value >= 0


def known_values() -> set[str]:
    """Returns all values that a label may have."""
    return {
        *(value for metric in CATALOG for values in metric.starts for value in values),
        *(tracing.METHODS | {tracing.OTHER}),
        *map(str, range(100, 600)),
        *app.routes,
        *("unknown", OTHER, "unavailable", "SlowDown", "exports", "announcements"),
    }
