"""What becomes of the spans of a job: one root, and children that lie within it."""

import json
from typing import Any

from chalicelib.telemetry.lines import Event, Line, read
from chalicelib.telemetry.spans import Span
from infra.observe.counting import Counted, Ended, Wanted, counted
from infra.observe.tally import Part, Series

JOB, ROOT, TRACE = "ab" * 16, "12" * 8, "cd" * 16
BEGAN, ENDED = 1_000_000, 1_060_000
NS = 10**6


def event(message: str, **facts: Any) -> Event:
    return read(Line("1", ENDED, "Worker", json.dumps({"message": message, "job": JOB, **facts})))


def ended(message: str = "job ended", **facts: Any) -> Event:
    span = {"trace": TRACE, "span": ROOT, "at": BEGAN, "ms": ENDED - BEGAN}
    said = {"status": "completed", "secondsTotal": 60, "events": ["ended"]}
    return event(message, **{**said, **span, **facts})


def step(at: int, ms: int, parent: str | None = ROOT, **facts: Any) -> Event:
    span = {"trace": TRACE, "span": "34" * 8, "parent": parent, "at": at, "ms": ms}
    return event("step done", step="assemble", **span, **facts)


def count(*events: Event, known: dict[str, Ended] | None = None) -> Counted:
    return counted(events, known or {}, Wanted())


def times(spans: list[Span]) -> list[tuple[int, int]]:
    return [(span.start // NS, span.end // NS) for span in spans]


def ends(found: Counted) -> float:
    return found.tally.amounts.get(Part(Series("export_jobs_total", ("completed",)), ""), 0)


def test_an_end_that_two_lines_say_is_one_end_and_one_root() -> None:
    found = count(ended(), ended("job announced"))

    assert ends(found) == 1
    assert [span.name for span in found.spans] == ["export"]
    assert len(found.records) == 2


def test_an_end_that_is_known_gives_no_second_root() -> None:
    found = count(ended("job announced"), known={JOB: Ended(ROOT, BEGAN, ENDED)})

    assert ends(found) == 0
    assert found.spans == []
    assert found.ended == {}


def test_a_root_whose_times_were_not_known_comes_later_and_counts_nothing() -> None:
    first = count(ended("job announced", at=None, ms=None))
    second = count(ended(), known=first.ended)

    assert (ends(first), len(first.spans)) == (1, 0)
    assert (ends(second), len(second.spans)) == (0, 1)
    assert second.ended == {JOB: Ended(ROOT, BEGAN, ENDED)}


def test_a_child_is_cut_to_the_time_of_its_job_in_any_order() -> None:
    late, early = step(ENDED - 5_000, 9_000), step(BEGAN - 2_000, 3_000)

    for found in (
        count(late, early, ended()),
        count(late, early, known={JOB: Ended(ROOT, BEGAN, ENDED)}),
    ):
        assert times([span for span in found.spans if span.span != ROOT]) == [
            (ENDED - 5_000, ENDED),
            (BEGAN, BEGAN + 1_000),
        ]


def test_the_calls_of_a_step_are_cut_with_it() -> None:
    calls = [["S3.UploadPartCopy", 4_000, 4_500], ["S3.PutObject", 7_000, 1_000]]
    found = count(step(ENDED - 5_000, 9_000, calls=calls), ended())

    assert times(found.spans[:3]) == [
        (ENDED - 5_000, ENDED),
        (ENDED - 1_000, ENDED),
        (ENDED, ENDED),
    ]


def test_a_span_that_is_no_child_of_the_job_stays_as_it_is() -> None:
    found = count(step(ENDED + 5_000, 9_000, parent=None), ended())

    assert times(found.spans[:1]) == [(ENDED + 5_000, ENDED + 14_000)]


def test_what_comes_late_of_a_job_opens_it_no_more() -> None:
    late = [event("job accepted", at=BEGAN), event("job started", at=BEGAN, secondsQueued=1)]

    for found in (count(*late, ended()), count(*late, known={JOB: Ended()})):
        assert (found.accepted, found.started) == ({}, {})


def test_a_job_whose_first_line_is_lost_is_open_when_it_starts() -> None:
    found = count(event("job started", at=BEGAN + 2_500, secondsQueued=2.5))

    assert found.started == {JOB: BEGAN}
