"""Many jobs at once: a job that waits long is not given up, few messages are sent twice, and a
small export does not wait for a large one."""

from dataclasses import replace

import pytest

from chalicelib.jobs.states import Status
from chalicelib.pipeline.sweeper import BACKLOG
from tests.faults.crowd import LARGE, SIZE, SMALLS, Post, many, run
from tests.faults.deployed import Size
from tests.faults.shrink import Small

pytestmark = pytest.mark.faults

SLOW = Size(latency=400, workers=1, lag=5_000, small=Small(8.0, 10_000, 1000))
"""One worker, which takes half a minute for a job."""

HOUR = 3_600_000


@pytest.fixture(scope="module")
def alone() -> int:
    """The ms that the small export takes if there are no other jobs."""
    return max(run(SMALLS).took["small"])


def test_a_job_that_waits_for_hours_is_not_given_up_and_seldom_sent_again() -> None:
    ended = run(many(420), SLOW)

    assert {job.status for job in ended.jobs} == {Status.COMPLETED}
    assert max(ended.took["many"]) > 2 * HOUR
    assert ended.doubled <= 1.5 * len(ended.jobs)
    assert not ended.violations


def test_in_a_queue_of_half_an_hour_only_the_last_messages_are_sent_twice() -> None:
    ended = run(many(70), SLOW)

    assert {job.status for job in ended.jobs} == {Status.COMPLETED}
    assert max(ended.took["many"]) > 0.3 * HOUR
    assert ended.doubled <= BACKLOG


@pytest.mark.parametrize("seed", [0, 1, 3])
@pytest.mark.parametrize("others", [many(200), LARGE], ids=["many jobs", "a large job"])
def test_in_a_fair_queue_a_user_does_not_wait_for_another_users_jobs(
    others: list[Post], seed: int, alone: int
) -> None:
    ended = run([*others, *SMALLS], replace(SIZE, is_fair=True), seed)

    assert max(ended.took["small"]) < 2 * alone
    assert max(max(took) for took in ended.took.values()) > 12 * alone


@pytest.mark.parametrize("seed", range(4))
def test_no_step_of_a_large_job_is_sent_for_nothing(seed: int) -> None:
    """Several workers may read the last files at the same time, and each then sends `plan`."""
    assert run(LARGE, replace(SIZE, is_fair=True), seed).doubled <= BACKLOG


def test_in_a_plain_queue_a_user_waits_for_another_users_jobs(alone: int) -> None:
    """A small job is done with a few requests, so it takes many of them. It was up to 8 times while
    there were 200, and each of the jobs read the file again for its CRC-32, which is kept now."""
    ended = run([*many(400), *SMALLS])

    assert max(ended.took["small"]) > 5 * alone
