"""A worker that is killed costs its job little more than its lease, in whatever step it was."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.pipeline.messages import Step
from tests.wreck import moments, workers
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Jobs
from tests.wreck.moments import Moment
from tests.wreck.report import Tell

LONGER_SECONDS = 90
"""What a killed worker may cost: its lease of 45 s, and the work that is done again."""

_ENDED_SECONDS = 240
_AT_ONCE = 12
"""Jobs at a time. An emulator's queue has five workers, and most of these wait for a lease."""

Longer = Callable[[Step, int], float]
"""How much longer a job takes, at most, when the worker of that step is killed for the nth time."""


@pytest.fixture(scope="module")
def longer(rigged: Rigged, jobs: Jobs, request: pytest.FixtureRequest) -> Iterator[Longer]:
    """All workers are killed that are to be, as soon as can be: most of the time is waiting."""

    def killed(moment: Moment) -> float:
        job = moment.job(jobs)
        with workers.caught(rigged, job, moment) as process:
            workers.kill(process)
        # Some of it is work that there would have been anyway.
        seconds = job.seconds(_ENDED_SECONDS)
        jobs.check(job, uploads_left=moment.uploads_left)
        return seconds

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun = {
            (step, time): pool.submit(killed, moments.of(step, time))
            for time in range(request.config.getoption("times"))
            for step in Step
        }
        yield lambda step, time: begun[step, time].result()
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("step", Step)
def test_a_killed_worker_delays_its_job_by_less_than_90_seconds(
    step: Step, time: int, longer: Longer, tell: Tell
) -> None:
    seconds = longer(step, time)

    tell(str(moments.of(step, time)), seconds)
    assert seconds < LONGER_SECONDS
