"""What a job's record says of its progress, its objects and its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.jobs import places
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import OPEN, Status
from tests.unit.samples import JOB_ID, NOW, a_job, jobs


def test_the_objects_of_a_job_lie_under_its_id() -> None:
    job = a_job(request="abc")

    assert job.archive_key == f"archives/{JOB_ID}.zip"
    assert places.folder(job.home) == f"jobs/{JOB_ID}/"
    assert job.request_key == f"jobs/{JOB_ID}/request-abc.json"


def test_those_of_a_job_that_has_taken_over_another_ones_plan_lie_under_that_ones() -> None:
    job = a_job(request="abc", plan=PlanRef("0123", "upload", 1, home="other"))

    assert job.archive_key == "archives/other.zip"
    assert places.folder(job.home) == "jobs/other/"
    assert job.request_key == f"jobs/{JOB_ID}/request-abc.json"


@pytest.mark.parametrize(
    ("now", "seen"),
    [(NOW - 1, Status.COMPLETED), (NOW, Status.EXPIRED), (NOW + 1, Status.EXPIRED)],
)
def test_a_completed_job_expires_by_itself(now: int, seen: Status) -> None:
    assert a_job(status=Status.COMPLETED, expires_at=NOW).status_at(now) is seen


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.COMPLETED}))
def test_no_other_job_expires(status: Status) -> None:
    assert a_job(status=status, expires_at=NOW).status_at(NOW + 1) is status


@given(jobs())
def test_percent_is_whole_only_when_the_job_has_completed(job: Job) -> None:
    assert 0 <= job.percent <= 100
    assert (job.percent == 100) is (job.status is Status.COMPLETED)


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_percent_never_falls_while_bytes_come(one: int, other: int) -> None:
    before, after = (
        a_job(status=Status.PROCESSING, bytes_total=2**45, bytes_done=done)
        for done in sorted((one, other))
    )

    assert before.percent <= after.percent


@pytest.mark.parametrize(("done", "percent"), [(0, 0), (1, 0), (10, 1), (999, 99), (1_000, 99)])
def test_percent_counts_whole_ones(done: int, percent: int) -> None:
    job = a_job(status=Status.PROCESSING, bytes_total=1_000, bytes_done=done)

    assert job.percent == percent


@pytest.mark.parametrize(
    ("elapsed", "done", "seconds"), [(10_000, 500, 10), (10_000, 1_000, 0), (1, 999, 1), (0, 1, 0)]
)
def test_the_time_left_follows_the_pace_so_far(elapsed: int, done: int, seconds: int) -> None:
    job = a_job(
        status=Status.PROCESSING,
        started_at=NOW,
        updated_at=NOW + elapsed,
        bytes_total=1_000,
        bytes_done=done,
    )

    assert job.eta_seconds == seconds


@given(jobs())
def test_a_job_that_does_not_move_has_no_time_left_to_tell(job: Job) -> None:
    is_packed = job.packing > 0 and job.plan is not None
    moves = job.status is Status.PROCESSING and (job.bytes_done > 0 or is_packed)

    assert (job.eta_seconds is None) is not moves


@given(jobs())
def test_the_time_left_is_never_negative(job: Job) -> None:
    assert (job.eta_seconds or 0) >= 0


@pytest.mark.parametrize(
    ("elapsed", "done"),
    [
        pytest.param(10_000, 1_500, id="bytes that were counted twice"),
        pytest.param(-5_000, 500, id="a worker whose clock is behind"),
    ],
)
def test_the_time_left_is_never_negative_whatever_workers_report(elapsed: int, done: int) -> None:
    job = a_job(
        status=Status.PROCESSING,
        started_at=NOW,
        updated_at=NOW + elapsed,
        bytes_total=1_000,
        bytes_done=done,
    )

    assert (job.eta_seconds or 0) >= 0


@given(jobs())
def test_an_open_job_is_worth_another_look_soon_and_no_other_is(job: Job) -> None:
    after = job.check_after

    assert (after is not None) is (job.status in OPEN)
    assert after is None or 1 <= after <= 10


@pytest.mark.parametrize(("seconds_left", "after"), [(5, 1), (50, 5), (1_000, 10)])
def test_the_longer_a_job_takes_the_later_is_another_look_worth_it(
    seconds_left: int, after: int
) -> None:
    job = a_job(
        status=Status.PROCESSING,
        started_at=NOW,
        updated_at=NOW + seconds_left * 1000,
        bytes_total=2,
        bytes_done=1,
    )

    assert job.check_after == after
