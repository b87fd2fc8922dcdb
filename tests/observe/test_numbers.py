"""The metrics say what has happened, number for number: what a client has sent, and what the table
has of the jobs."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from tests.observe.day import Day
from tests.observe.expected import OUTCOMES, buckets, seconds
from tests.observe.metrics import Samples
from tests.observe.stage import SETTLED_SECONDS, Stage
from tests.waiting import wait_for

COUNTED = (
    "http_requests_total",
    "http_request_duration_seconds_count",
    "http_request_duration_seconds_bucket",
    "export_jobs_total",
    "export_jobs_active",
    "export_jobs_accepted_total",
    "export_jobs_failed_total",
    "export_job_duration_seconds_count",
    "export_job_duration_seconds_sum",
    "export_job_duration_seconds_bucket",
    "export_bytes_total",
    "export_files_total",
    "export_steps_total",
    "export_throttles_total",
)
"""The metrics that do not change once all jobs have ended."""


@pytest.fixture(scope="module")
def metrics(stage: Stage, day: Day) -> Samples:
    return stage.observe.metrics()


@pytest.fixture(scope="module")
def jobs(stage: Stage, day: Day) -> Sequence[Job]:
    """The records of all jobs."""
    return stage.table.jobs()


def test_each_request_is_counted_by_method_route_and_status(stage: Stage, metrics: Samples) -> None:
    counted = metrics.by("http_requests_total", "method", "path", "status")

    assert counted == stage.client.sent
    assert counted["POST", "/v1/export", "429"] == 1
    assert counted["PUT", "/health", "405"] == 1
    assert counted["GET", "unknown", "404"] == 1


def test_each_request_has_a_duration_that_is_not_longer_than_the_client_waited(
    stage: Stage, metrics: Samples
) -> None:
    name = "http_request_duration_seconds"

    assert metrics.by(f"{name}_count", "method", "path", "status") == stage.client.sent
    for kind, waited in stage.client.seconds.items():
        method, path, status = kind
        told = metrics.value(f"{name}_sum", method=method, path=path, status=status)
        assert 0 < told <= waited, kind


def test_each_end_is_counted_once(stage: Stage, day: Day, metrics: Samples) -> None:
    ended = {status: metrics.value("export_jobs_total", status=status) for status in stage.ended()}

    assert ended == stage.table.ended()
    assert ended == {"completed": 6, "failed": 1, "cancelled": 1}
    assert metrics.value("export_jobs_accepted_total") == len(day.jobs)
    assert metrics.by("export_jobs_failed_total", "reason") == {("nothing-to-export",): 1}
    assert metrics.value("export_jobs_given_up_total") == 0


def test_no_job_is_active_once_all_have_ended(metrics: Samples) -> None:
    assert metrics.value("export_jobs_active") == 0
    assert metrics.value("export_oldest_queued_job_seconds") == 0


def test_durations_are_those_of_the_records(jobs: Sequence[Job], metrics: Samples) -> None:
    name = "export_job_duration_seconds"
    by_status = defaultdict[str, list[float]](list)
    for job in jobs:
        by_status[str(job.status)].append(seconds(job))

    for status, durations in by_status.items():
        assert metrics.value(f"{name}_count", status=status) == len(durations)
        assert metrics.value(f"{name}_sum", status=status) == pytest.approx(sum(durations))
    told = metrics.by(f"{name}_bucket", "status", "le")
    assert {(status, float(le)): number for (status, le), number in told.items()} == {
        (status, bound): number
        for status, durations in by_status.items()
        for bound, number in buckets(durations, name).items()
        if number
    }


def test_the_time_in_the_queue_is_that_of_the_records(
    jobs: Sequence[Job], metrics: Samples
) -> None:
    started = [job.started_at - job.created_at for job in jobs if job.started_at is not None]

    # One that was cancelled or failed before it started has waited all its time.
    others = [job.updated_at - job.created_at for job in jobs if job.started_at is None]
    assert metrics.value("export_job_queued_seconds_count") == len(jobs)
    told = metrics.value("export_job_queued_seconds_sum")
    assert told == pytest.approx(sum([*started, *others]) / 1000)


def test_bytes_and_files_are_those_of_the_archives(
    stage: Stage, day: Day, jobs: Sequence[Job], metrics: Samples
) -> None:
    built = [job for job in jobs if job.status is Status.COMPLETED and not job.reused_from]
    sizes = [
        stage.backstage.s3.head_object(Bucket=stage.outputs.archive_bucket, Key=job.archive_key)[
            "ContentLength"
        ]
        for job in built
    ]
    given_away = sum(job.bytes_done for job in jobs if job.status is not Status.COMPLETED)

    assert metrics.total("export_bytes_total") == sum(sizes) + given_away
    copied = metrics.value("export_bytes_total", way="copied")
    assert copied == sum(job.bytes_copied for job in jobs if not job.reused_from)
    assert metrics.value("export_files_total") == sum(job.files_done for job in jobs)


def test_each_attempt_of_a_step_is_counted(stage: Stage, metrics: Samples) -> None:
    lines = [line for line in stage.logs.lines() if line.event in OUTCOMES]
    written = Counter((str(line.facts["step"]), OUTCOMES[line.event]) for line in lines)

    assert metrics.by("export_steps_total", "step", "outcome") == written
    assert written["plan", "done"] >= 6
    assert written["assemble", "done"] >= 5
    # The worker of the last segment finalizes. The net of the segments finds nothing to do.
    assert sum(number for (step, _), number in written.items() if step == "watch") >= 1
    cpu = math.fsum(line.facts["cpuMs"] for line in lines) / 1000
    assert metrics.total("export_step_cpu_seconds_total") == pytest.approx(cpu)


def test_a_refusal_is_a_throttle(metrics: Samples) -> None:
    assert metrics.value("export_throttles_total", what="rate_limit") == 1


def test_each_process_has_one_cold_start(stage: Stage, metrics: Samples) -> None:
    cold = Counter((line.function,) for line in stage.logs.lines() if line.facts.get("cold"))

    told = metrics.by("export_cold_starts_total", "function")
    assert told[("APIHandler",)] == cold[("APIHandler",)] > 0
    assert told[("Worker",)] == cold[("Worker",)] > 0


def test_prometheus_has_the_same_numbers(stage: Stage, metrics: Samples) -> None:
    def same() -> bool:
        found = stage.observe.prometheus.all()
        return all(_of(found, name) == _of(metrics, name) for name in COUNTED)

    wait_for(same, SETTLED_SECONDS, "a scrape of the last numbers", pause=0.5)


def _of(samples: Samples, name: str) -> dict[frozenset[tuple[str, str]], float]:
    return {frozenset(one.labels.items()): one.value for one in samples.samples if one.name == name}


def test_the_metrics_show_exports_and_requests_after_one_export(stage: Stage, day: Day) -> None:
    shown = [line for line in stage.observe.text().splitlines() if not line.startswith("#")]

    names = {line.partition("{")[0].partition(" ")[0] for line in shown}
    assert {"http_requests_total", "export_jobs_total", "export_jobs_active"} <= names
    assert "export_job_duration_seconds_bucket" in names


def test_no_metric_has_the_id_of_a_job(stage: Stage, day: Day) -> None:
    exposed = stage.observe.text()
    scraped = str(stage.observe.prometheus.ask("series", **{"match[]": '{__name__=~".+"}'}))

    known = {job.job_id for job in stage.table.jobs()} | stage.client.job_ids
    assert len(known) >= len(day.jobs)
    assert not [job_id for job_id in known if job_id in exposed or job_id in scraped]
