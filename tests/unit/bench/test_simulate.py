"""The model of AWS keeps to its own constants when it plays plans."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.simulate import __main__ as command
from bench.simulate import crowd
from bench.simulate.demand import Demand, demands
from bench.simulate.play import Job, play
from bench.simulate.records import Record, entries
from bench.simulate.variants import planned
from bench.simulate.world import World
from chalicelib.archive import costs, layout
from tests.unit.archive.archives import HEAD, entries_of

MIB = 1024**2
WORLD = World()
QUEUED = replace(WORLD, direct_segments=0)
INSTANT = replace(QUEUED, environment_seconds=0, start_cpu=0, segment_seconds=0, delivery_seconds=0)
RECORD = Record(
    name="small",
    title="400 files, 4 GB",
    source="a test",
    files=400,
    bytes=4e9,
    seconds=1,
    dollars=1.0,
    lambda_dollars=False,
    target_seconds=1,
)


def test_a_plan_streams_or_copies_each_byte_once() -> None:
    plan = layout.lay_out(entries_of([100 * MIB, 3 * MIB, 7 * MIB, 0] * 50), HEAD)

    found = demands(plan)

    copied = sum(sum(one.copies) for one in found)
    assert copied + sum(one.streamed for one in found) == plan.size
    assert len(found) == len(plan.segments)


def test_a_plan_of_small_files_reads_each_file_once() -> None:
    found = demands(layout.lay_out(entries_of([1_000] * 20_000), HEAD))

    assert sum(sum(one.reads.values()) for one in found) == 20_000


def test_a_crowd_takes_as_long_as_the_model_of_the_layout_says() -> None:
    work = 200.0
    segments = [Demand(streamed=int(costs.STREAM_RATE / 10))] * int(work * 10)

    ended = crowd.run(segments, INSTANT, 0.0)[-1].ended

    assert ended == pytest.approx(costs.ramp(work), rel=0.1)


def test_a_prefix_gets_no_more_reads_than_s3_answers() -> None:
    segments = [Demand(streamed=1, reads={"a": 1_000}) for _ in range(200)]
    wide = replace(INSTANT, workers_at_first=500)

    one = crowd.run(segments, wide, 0.0)[-1].ended
    segments = [Demand(streamed=1, reads={"ab"[n % 2]: 1_000}) for n in range(200)]
    two = crowd.run(segments, wide, 0.0)[-1].ended

    assert one == pytest.approx(200_000 / WORLD.reads_per_second, rel=0.05)
    assert two == pytest.approx(one / 2, rel=0.05)


def test_a_worker_that_has_built_a_segment_takes_the_next_one() -> None:
    segments = [Demand(streamed=int(costs.STREAM_RATE))] * 6
    few = replace(QUEUED, workers_at_first=2, workers_per_second=1e-6)

    shifts = crowd.run(segments, few, 10.0)

    assert sorted(shift.worker for shift in shifts) == [0, 0, 0, 1, 1, 1]
    assert all(shift.began < shift.ready < shift.ended for shift in shifts)
    assert min(shift.began for shift in shifts) == 10.0


def test_segments_that_go_directly_begin_at_once_and_the_others_as_workers_come() -> None:
    segments = [Demand(streamed=int(costs.STREAM_RATE))] * 60

    shifts = crowd.run(segments, replace(WORLD, direct_segments=40), 10.0)

    direct = [shift for shift in shifts if shift.worker < 0]
    assert len({shift.worker for shift in direct}) == 40
    assert {shift.began for shift in direct} == {10.0 + WORLD.direct_seconds}
    assert len(shifts) == 60
    assert max(shift.began for shift in shifts) > 11.0


def test_lambda_adds_a_thousand_workers_in_ten_seconds() -> None:
    slow = replace(WORLD, direct_segments=40, workers_in_ten_seconds=10)

    shifts = crowd.run([Demand(streamed=1)] * 30, slow, 0.0)

    assert max(shift.began for shift in shifts) == pytest.approx(19 + WORLD.direct_seconds)


def test_a_job_that_one_worker_can_do_has_no_crowd() -> None:
    plan = layout.lay_out(entries_of([MIB] * 20), HEAD)

    played = play(Job(20, 1, demands(plan), len(plan.parts)), WORLD)

    assert played.shifts == []
    assert played.seconds > WORLD.cold_start


def test_a_job_costs_more_or_takes_longer_if_aws_does() -> None:
    job = planned(RECORD)
    now = play(job, WORLD)

    assert play(job, replace(WORLD, s3_write=1.0)).dollars > now.dollars
    assert play(job, replace(WORLD, bandwidth=WORLD.bandwidth / 4)).seconds > now.seconds
    assert play(job, replace(WORLD, copy_rate=WORLD.copy_rate / 100)).seconds > now.seconds


def test_a_record_has_the_published_number_of_files_and_bytes() -> None:
    files = entries(RECORD)

    assert len(files) == RECORD.files
    assert sum(file.size for file in files) == pytest.approx(RECORD.bytes, rel=1e-6)
    assert files == entries(RECORD)


def test_the_report_has_all_records_and_says_that_it_is_modelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(RECORD, name="other", title="300 files, 9 GB", files=300, bytes=9e9)
    monkeypatch.setattr(command, "RECORDS", (RECORD, other))

    command.main(tmp_path)

    page = (tmp_path / "simulate.md").read_text()
    assert "Nothing here was measured on AWS" in page
    assert all(page.count(f"| {record.title} |") >= 2 for record in (RECORD, other))
    assert {file.name for file in tmp_path.iterdir()} == {
        "simulate.md",
        "simulate-sensitivity.png",
        "simulate-workers.png",
    }
