"""What the layout decides by: that it follows from the model, and the model from our own code."""

import json
from pathlib import Path

import pytest

from chalicelib.archive import costs, scale
from chalicelib.archive.scale import GIB, MIB, MIN_PART

WORKS = [5.0, 30.0, 200.0, 1_000.0, 10_000.0]


def test_the_model_knows_the_workers_memory() -> None:
    config = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text())

    assert config["lambda_functions"]["worker"]["lambda_memory_size"] == costs.MEMORY_MB


def test_a_file_is_copied_from_where_that_is_cheaper() -> None:
    between_small_files = costs.copy_break_even(MIN_PART, mortared=True)
    alone = costs.copy_break_even(MIN_PART, mortared=False)

    assert max(MIN_PART, int(between_small_files)) == scale.COPY_MIN
    assert between_small_files < alone < 2 * MIN_PART  # from which the layout does so


def test_were_nobody_waiting_larger_files_would_be_streamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "SECOND", 0.0)

    assert 12 * MIB < costs.copy_break_even(MIN_PART, mortared=True) < 16 * MIB
    assert 16 * MIB < costs.copy_break_even(MIN_PART, mortared=False) < 20 * MIB


def test_a_streamed_part_is_about_as_large_as_is_best_and_fits_into_memory() -> None:
    assert 0.3 < costs.stream_part() / costs.STREAM_PART < 1.4
    assert costs.STREAM_PART + MIN_PART >= 2 * (2 * MIN_PART)
    assert costs.BUFFERS * (costs.STREAM_PART + MIN_PART) < 100 * MIB


def test_a_small_copied_part_takes_about_as_long_to_copy_as_to_begin() -> None:
    assert 1 <= costs.COPY_PART / costs.COPY_RATE / costs.COPY_SECONDS <= 2
    assert costs.COPY_PART >= 2 * MIN_PART


@pytest.mark.parametrize(
    ("copied", "least", "most"),
    [(100 * MIB, 28 * MIB, 28 * MIB), (GIB, 30 * MIB, 70 * MIB), (1024 * GIB, 256 * MIB, GIB)],
)
def test_the_more_is_copied_the_larger_is_a_part(copied: int, least: int, most: int) -> None:
    assert least <= costs.copy_part(copied, costs.COPY_PART) <= most


@pytest.mark.parametrize("work", WORKS)
def test_the_crowd_has_done_the_work_when_the_ramp_is_over(work: float) -> None:
    pieces = 10_000
    length = costs.ramp(work) / pieces

    done = sum(
        (costs.WORKERS_AT_FIRST + costs.WORKERS_PER_SECOND * length * (piece + 0.5)) * length
        for piece in range(pieces)
    )

    assert done == pytest.approx(work, rel=1e-6)


@pytest.mark.parametrize("work", [120.0, 200.0, 600.0])
@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_segments_of_any_other_size_would_cost_more(work: float, factor: float) -> None:
    best = costs.segment_seconds(work)

    assert _cost(work, best * factor) > _cost(work, best)


@pytest.mark.parametrize("work", WORKS)
def test_a_segment_has_no_less_work_than_its_worker_takes_to_start(work: float) -> None:
    assert costs.segment_seconds(work) >= costs.START_SECONDS


@pytest.mark.parametrize(
    ("files", "prefixes", "most"), [(1_000_000, 4, 63), (1_000_000, 1, 16), (3_000, 1, 5_238)]
)
def test_there_are_no_more_workers_than_s3_keeps_busy(files: int, prefixes: int, most: int) -> None:
    assert round(costs.most_workers(1428.57, files, prefixes)) == most


@pytest.mark.parametrize("work", [0.0, 0.5, 2.0])
def test_a_job_that_one_worker_ends_sooner_is_not_divided(work: float) -> None:
    assert costs.segment_seconds(work) == work


def test_no_segment_begins_later_than_the_others() -> None:
    assert 1e6 / costs.segment_seconds(1e6) == pytest.approx(costs.DIRECT_SEGMENTS)


def test_requests_bound_the_reading_of_small_files_and_the_network_that_of_large() -> None:
    assert costs.streaming(1_000, 1_000 * 100) > 1.2 * costs.streaming(0, 1_000 * 100)
    assert costs.streaming(2, 20 * MIB) == 20 * MIB / costs.STREAM_RATE


def _cost(work: float, segment: float) -> float:
    """Dollars, the waiting included, of a job that is divided into segments of so many seconds."""
    count = work / segment
    paid = costs.START_SECONDS + costs.SEGMENT_SECONDS
    dollars = count * costs.SEGMENT_DOLLARS
    dollars += count * paid * costs.MEMORY_MB / 1024 * costs.LAMBDA_GB_SECOND
    waiting = segment + count * (costs.SEGMENT_SERIAL_SECONDS + costs.INVOKE_SECONDS)
    return dollars + costs.SECOND * waiting
