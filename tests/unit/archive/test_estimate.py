"""About how long an export takes, before anybody has looked at its files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.simulate.play import play
from bench.simulate.records import GB, Record
from bench.simulate.variants import planned
from bench.simulate.world import World
from chalicelib.archive import estimate

MOST = 2**53 - 1


@pytest.mark.parametrize(
    ("files", "size"),
    [
        (1, 1e6),
        (1, 1 * GB),
        (1, 100 * GB),
        (20, 1 * GB),
        (1_000, 0.2 * GB),
        (1_000, 10 * GB),
        (1_000, 100 * GB),
        (3_000, 15 * GB),
        (5_000, 1 * GB),
        (20_000, 200 * GB),
    ],
)
def test_an_estimate_is_near_what_the_model_of_aws_plays(files: int, size: float) -> None:
    record = Record("some", "", "", files, size, 0, None, lambda_dollars=False, target_seconds=0)
    modelled = play(planned(record), World()).seconds

    assert modelled / 1.5 - 1 < estimate.seconds(files, int(size)) < modelled * 1.5 + 1


@pytest.mark.parametrize(
    ("files", "size", "modelled"), [(69_121, 3_750 * GB, 57.1), (1_000_000, 100 * GB, 80.2)]
)
def test_it_is_near_the_largest_records_too(files: int, size: float, modelled: float) -> None:
    """As bench/results/simulate.md has them. To plan them takes too long for a test."""
    assert modelled / 1.5 < estimate.seconds(files, int(size)) < modelled * 1.5


def test_nothing_takes_no_time() -> None:
    assert estimate.seconds(0, 0) == 0


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_any_numbers_have_an_estimate(files: int, size: int) -> None:
    assert (estimate.seconds(files, size) > 0) == (files > 0)


@pytest.mark.parametrize(
    ("files", "size", "least", "most"),
    [(1, 17e6, 4, 6), (1_000, 1 * GB, 8, 20), (3_000, 15 * GB, 20, 60)],
)
def test_compressed_files_take_the_time_that_workers_pack_them_in(
    files: int, size: float, least: int, most: int
) -> None:
    """What one worker packs in a second is costs.PACK_RATE; many share the work."""
    assert least <= estimate.seconds(files, int(size), compressed=True) <= most


@given(st.integers(0, 10**14))
def test_compressed_files_take_longer_than_those_that_s3_copies(size: int) -> None:
    files = size // (64 * 1024**2) + 1

    packed = estimate.seconds(files, size, compressed=True)

    assert packed >= estimate.seconds(files, size)


@given(st.integers(1, 10**6), st.integers(0, 10**14), st.integers(0, 10**14))
def test_more_bytes_to_compress_never_take_much_less_time(files: int, size: int, more: int) -> None:
    before = estimate.seconds(files, size, compressed=True)

    assert estimate.seconds(files, size + more, compressed=True) > before * 0.4


@given(st.integers(1, 10**6), st.integers(0, 10**14), st.integers(0, 10**14))
def test_more_bytes_never_take_much_less_time(files: int, size: int, more: int) -> None:
    """Files that are just large enough to be copied are quicker than those just below."""
    assert estimate.seconds(files, size + more) > estimate.seconds(files, size) * 0.4
