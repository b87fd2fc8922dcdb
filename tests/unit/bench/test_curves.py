"""Exponents of growth, and the choice of a memory setting, from many measurements."""

import pytest

from bench.growth import exponent
from bench.measure import Usage
from bench.points import Point, Tuning
from bench.power import chosen, on_aws
from chalicelib.archive import costs


def _points(*seconds: float) -> list[Point]:
    return [Point("files", 10**i, Usage(seconds=one)) for i, one in enumerate(seconds)]


def _seconds(usage: Usage) -> float:
    return usage.seconds


@pytest.mark.parametrize(
    ("seconds", "power"),
    [((1, 10, 100), 1.0), ((1, 100, 10_000), 2.0), ((5, 5, 5), 0.0), ((3, 30), 1.0)],
)
def test_the_exponent_is_the_slope_between_logarithms(
    seconds: tuple[float, ...], power: float
) -> None:
    assert exponent(_points(*seconds), _seconds) == pytest.approx(power)


def test_cpu_time_takes_longer_with_less_of_a_cpu() -> None:
    usage = Usage(cpu=2.0)

    assert on_aws(Tuning("a", 1769, usage)).seconds == pytest.approx(2.0)
    assert on_aws(Tuning("a", 512, usage)).seconds == pytest.approx(2.0 * 1769 / 512)


def test_bytes_are_not_faster_than_the_network_of_the_function() -> None:
    usage = Usage(bytes_in=int(costs.STREAM_RATE) * 100, bytes_out=1)

    assert on_aws(Tuning("a", 100_000, usage)).seconds == pytest.approx(100, rel=0.01)


def test_the_least_memory_that_slows_no_case_down_is_chosen() -> None:
    waits = {"s3:UploadPartCopy": 16_000}
    tunings = [Tuning("waits", mb, Usage(cpu=0.1, requests=waits)) for mb in (256, 512, 1024)]
    works = [Tuning("works", mb, Usage(cpu=cpu)) for mb, cpu in ((256, 3), (512, 3), (1024, 5.9))]

    assert chosen(tunings) == 256
    assert chosen([*tunings, *works]) == 512
