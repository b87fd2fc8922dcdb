"""A killed worker delays its job by little more than its lease, in any step."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.queue.messages import Step
from tests.wreck import moments, workers
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Jobs
from tests.wreck.moments import Moment
from tests.wreck.report import Record

LONGER_SECONDS = 90
"""The longest allowed delay: the lease of 45 s, and the work that is repeated."""

_ENDED_SECONDS = 240
_AT_ONCE = 12
"""Jobs at the same time. An emulator's queue has five workers, but most jobs wait for a lease."""

Longer = Callable[[Step, int], float]
"""Returns the delay of a job, at most, when a worker of this step is killed for the nth time."""


@pytest.fixture(scope="module")
def longer(rigged: Rigged, jobs: Jobs, request: pytest.FixtureRequest) -> Iterator[Longer]:
    """Kills all workers as early as possible, because the tests mostly wait."""

    def killed(moment: Moment) -> float:
        job = moment.job(jobs)
        with workers.caught(rigged, job, moment) as process:
            workers.kill(process)
        # This includes some work that a job without a kill needs too.
        seconds = job.seconds(_ENDED_SECONDS)
        jobs.check(job, uploads_left=moment.uploads_left)
        return seconds

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun = {
            (step, time): pool.submit(killed, moments.of(step, time))
            for time in range(request.config.getoption("times"))
            for step in moments.STEPS
        }
        yield lambda step, time: begun[step, time].result()
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("step", moments.STEPS)
def test_a_killed_worker_delays_its_job_by_less_than_90_seconds(
    step: Step, time: int, longer: Longer, record: Record
) -> None:
    seconds = longer(step, time)

    record(str(moments.of(step, time)), seconds)
    assert seconds < LONGER_SECONDS
