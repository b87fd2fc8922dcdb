"""No status of a job ever goes back."""

from itertools import product

import pytest

from chalicelib.jobs.states import OPEN, Status, may_become, origins

ALLOWED = {
    (Status.QUEUED, Status.PROCESSING),
    (Status.QUEUED, Status.FAILED),
    (Status.QUEUED, Status.CANCELLED),
    (Status.PROCESSING, Status.COMPLETED),
    (Status.PROCESSING, Status.FAILED),
    (Status.PROCESSING, Status.CANCELLED),
    (Status.COMPLETED, Status.EXPIRED),
}
EVERY_PAIR = list(product(Status, repeat=2))


@pytest.mark.parametrize(("current", "target"), EVERY_PAIR)
def test_a_job_takes_the_documented_ways_and_no_other(current: Status, target: Status) -> None:
    assert may_become(current, target) is ((current, target) in ALLOWED)


@pytest.mark.parametrize("target", Status)
def test_the_origins_of_a_status_are_those_that_may_become_it(target: Status) -> None:
    assert origins(target) == {current for current in Status if may_become(current, target)}


@pytest.mark.parametrize("start", Status)
def test_no_status_is_ever_reached_again(start: Status) -> None:
    assert start not in _reachable(start)


@pytest.mark.parametrize("ended", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_there_is_no_way_out_of_an_end(ended: Status) -> None:
    assert _reachable(ended) == set()


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_job_can_always_be_ended(status: Status) -> None:
    assert {Status.FAILED, Status.CANCELLED} <= _reachable(status)


@pytest.mark.parametrize("status", sorted(set(Status) - OPEN))
def test_what_is_not_open_never_becomes_open(status: Status) -> None:
    assert not _reachable(status) & OPEN


def _reachable(start: Status) -> set[Status]:
    reached: set[Status] = set()
    border = {start}
    while border:
        border = {target for one in border for target in Status if may_become(one, target)}
        border -= reached
        reached |= border
    return reached
