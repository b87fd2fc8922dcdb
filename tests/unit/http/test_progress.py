"""The event stream of a job, and the wait for its next state."""

import json
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import NotFound, Unavailable
from chalicelib.http import answers, progress
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call, Reply
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.states import Stage, Status
from chalicelib.settings import HOLD_MAX
from tests.eventsource import ConnectionLost, EventSource, Message, Response, parsed
from tests.unit.http.story import CONTEXT, Story, story_of
from tests.unit.samples import DAY, JOB_ID, NOW, a_job

BASE = "https://example.com/api"
ENDS = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]


def _building(percent: int, **facts: Any) -> Job:
    return a_job(
        status=Status.PROCESSING,
        stage=Stage.ASSEMBLING,
        bytes_total=1000,
        bytes_done=percent * 10,
        **facts,
    )


def _completed(**facts: Any) -> Job:
    return a_job(
        status=Status.COMPLETED, stage=Stage.DONE, bytes_total=1000, bytes_done=1000, **facts
    )


# -- what is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("job", [a_job(), _building(50), _completed()])
def test_who_has_seen_nothing_is_told_the_present_state_at_once(job: Job) -> None:
    story = story_of(job)

    reply = _stream(story)

    assert (reply.status, reply.content) == (200, None)
    assert reply.headers == {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    assert [message.type for message in _told(reply)] == [job.status]
    assert story.pauses == []


def test_an_event_has_no_list_that_is_too_long_for_the_record() -> None:
    job = _completed(missing_count=1, missing=(10_007,), unreadable_count=500, unreadable=None)

    (message,) = _told(_stream(story_of(job)))

    result = json.loads(message.data)["result"]
    assert (result["missing"], result["skipped"]) == (None, None)


def test_an_event_says_what_the_status_says() -> None:
    job = _completed(missing_count=1, missing=(10_007,))

    (message,) = _told(_stream(story_of(job)))

    assert json.loads(message.data) == answers.job_answer(job, NOW, BASE, (10_007,), ())
    assert "\n" not in message.data


def test_an_event_does_not_hold_a_long_list_of_missing_files() -> None:
    story = story_of(_completed(missing_count=5_000, missing=None))

    (message,) = _told(_stream(story))

    assert json.loads(message.data)["result"]["missing"] is None
    assert story.looks == 1


def test_who_has_seen_this_state_is_told_nothing() -> None:
    job = a_job(updated_at=NOW - DAY)

    reply = _stream(story_of(job), seen=answers.state_id(job, NOW))

    assert (reply.status, _told(reply)) == (200, [])
    assert reply.text.endswith(": nothing new\n")


@pytest.mark.parametrize("status", ENDS)
def test_who_has_seen_the_end_has_seen_all(status: Status) -> None:
    job = a_job(status=status)

    reply = _stream(story_of(job), seen=answers.state_id(job, NOW))

    assert (reply.status, reply.content, reply.text) == (204, None, "")
    assert reply.headers == {"Cache-Control": "no-store"}


def test_who_has_seen_the_archive_come_is_told_once_that_it_has_expired() -> None:
    job = _completed()
    seen = answers.state_id(job, NOW)
    story = story_of(job)
    story.clock.now = job.expires_at

    (message,) = _told(_stream(story, seen=seen))

    assert message.type == "expired"
    assert _stream(story, seen=message.last_event_id).status == 204


@given(st.text() | st.sampled_from(["0" * 16, "completed", "*", '"', "\ud800", "x" * 10_000]))
def test_an_id_that_is_not_the_states_counts_as_none(seen: str) -> None:
    story = story_of(a_job())

    assert len(_told(_stream(story, seen=seen))) == 1
    assert story.pauses == []


def test_the_id_of_another_job_in_the_same_state_counts_as_none() -> None:
    other = a_job(job_id="6f0c5d0e-1111-4222-8333-444455556666")

    reply = _stream(story_of(a_job()), seen=answers.state_id(other, NOW))

    assert len(_told(reply)) == 1


def test_the_query_may_say_what_was_seen() -> None:
    job = _completed()
    call = Call(CONTEXT, {}, {"lastEventId": answers.state_id(job, NOW)}, b"")

    assert progress.stream(call, story_of(job).services(), JOB_ID).status == 204


@pytest.mark.parametrize(("header", "status"), [("new", 204), ("old", 200), ("", 204)])
def test_the_header_is_newer_than_the_query(header: str, status: int) -> None:
    """EventSource repeats the query that it was opened with for ever."""
    job = _completed()
    new = answers.state_id(job, NOW)
    call = Call(
        CONTEXT,
        {"last-event-id": header.replace("new", new)},
        {"lastEventId": new if header == "" else "old"},
        b"",
    )

    assert progress.stream(call, story_of(job).services(), JOB_ID).status == status


@pytest.mark.parametrize("job_id", ["x", JOB_ID.upper(), f"{JOB_ID}/segments", JOB_ID[:-1] + "0"])
def test_a_job_that_is_not_there_has_no_stream(job_id: str) -> None:
    with pytest.raises(NotFound):
        progress.stream(Call(CONTEXT, {}, {}, b""), story_of(a_job()).services(), job_id)


def test_the_job_of_somebody_else_has_no_stream() -> None:
    call = Call(CONTEXT, {}, {}, b"", Caller(way="jwt", user_id="bob"))

    with pytest.raises(NotFound):
        progress.stream(call, story_of(a_job(user_id="alice")).services(), JOB_ID)


@pytest.mark.parametrize("seen", [None, "anything"])
def test_a_job_that_cannot_be_read_just_now_is_no_error_to_event_source(seen: str | None) -> None:
    reply = _stream(story_of((0, Unavailable("could not read the job: Throttled"))), seen=seen)

    assert (reply.status, _told(reply)) == (200, [])
    assert reply.text == "retry: 5000\n: the job cannot be read just now\n"


# -- waiting --------------------------------------------------------------------------------------


def test_a_change_is_told_when_it_comes() -> None:
    before, after = _building(50), _building(60)
    story = story_of(before, (0.2, after))

    (message,) = _told(_stream(story, seen=answers.state_id(before, NOW)))

    assert json.loads(message.data)["progress"]["percent"] == 60
    assert story.seconds == 0.25


@pytest.mark.parametrize("hold", [0, 1, 5, HOLD_MAX])
def test_nobody_is_held_for_longer_than_is_set(hold: int) -> None:
    job = a_job()
    story = story_of(job)

    reply = _stream(story, seen=answers.state_id(job, NOW), PROGRESS_HOLD_SECONDS=str(hold))

    assert (reply.status, _told(reply)) == (200, [])
    assert story.seconds == hold


def test_looks_that_take_long_do_not_make_the_wait_longer() -> None:
    job = a_job()
    story = story_of(job)
    story.read_ms = 700

    _stream(story, seen=answers.state_id(job, NOW), PROGRESS_HOLD_SECONDS="5")

    assert story.seconds <= 5 + 0.7 + progress._LONGEST_PAUSE


def test_a_sign_of_life_alone_is_nothing_to_tell() -> None:
    before = _building(50, started_at=NOW - 10_000)
    story = story_of(before, (1, _building(50, started_at=NOW - 10_000, updated_at=NOW + 1000)))

    assert _told(_stream(story, seen=answers.state_id(before, NOW))) == []


@pytest.mark.parametrize("status", ENDS)
def test_an_end_is_told_when_it_comes_and_only_once(status: Status) -> None:
    before = _building(99)
    failure = Failure("given-up", "Given up", "why") if status is Status.FAILED else None
    story = story_of(before, (1, a_job(status=status, failure=failure)))

    (message,) = _told(_stream(story, seen=answers.state_id(before, NOW)))

    assert message.type == status
    assert _stream(story, seen=message.last_event_id).status == 204


def test_a_job_that_does_not_move_is_not_waited_for() -> None:
    job = a_job(updated_at=NOW - progress.MOVING_MS)
    story = story_of(job)

    _stream(story, seen=answers.state_id(job, NOW))

    assert story.pauses == []


def test_what_was_seen_before_a_look_failed_is_the_answer() -> None:
    job = a_job()
    story = story_of(job, (0.1, Unavailable("could not read the job: Throttled")))

    reply = _stream(story, seen=answers.state_id(job, NOW))

    assert (reply.status, _told(reply)) == (200, [])
    assert story.looks == 2


def test_a_job_whose_record_goes_meanwhile_is_as_it_was() -> None:
    job = a_job()
    story = story_of(job, (0.1, a_job(job_id="another")))

    assert _told(_stream(story, seen=answers.state_id(job, NOW))) == []


@given(st.floats(0, HOLD_MAX))
def test_pauses_make_up_the_wait_and_are_never_long(seconds: float) -> None:
    pauses = list(progress.pauses(seconds))

    assert sum(pauses) == pytest.approx(seconds)
    assert all(0 < pause <= progress._LONGEST_PAUSE for pause in pauses)
    assert len(pauses) <= seconds / progress._LONGEST_PAUSE + 3


# -- a whole watch --------------------------------------------------------------------------------


@given(st.data())
def test_event_source_gets_each_state_once_and_the_end_whatever_is_lost_on_the_way(
    data: st.DataObject,
) -> None:
    jobs = [a_job(), *(_building(percent) for percent in range(0, 100, 9)), _completed()]
    pauses = data.draw(st.lists(st.floats(0, 30), min_size=len(jobs), max_size=len(jobs)))
    times = [sum(pauses[:i]) for i in range(len(jobs))]
    story = Story(
        [(at, _at(job, NOW + round(at * 1000))) for at, job in zip(times, jobs, strict=True)]
    )
    left = 20

    def connect(headers: dict[str, str]) -> Response:
        nonlocal left
        answer = _over_http(_stream(story, seen=headers.get("Last-Event-ID")))
        how = data.draw(st.sampled_from(["whole", "whole", "cut", "lost"])) if left else "whole"
        left -= how != "whole"
        if how == "lost":
            raise ConnectionLost
        size = data.draw(st.integers(0, len(answer.body))) if how == "cut" else len(answer.body)
        # What is cut off before its headers are through is lost; a 204 has nothing else.
        return Response(answer.status, answer.content_type, answer.body[:size])

    source = EventSource(connect, story.pause)
    messages = list(source.messages())

    percents = [json.loads(message.data)["progress"]["percent"] for message in messages]
    assert percents == sorted(percents)
    assert len({message.last_event_id for message in messages}) == len(messages)
    assert [message.type for message in messages].count("completed") == 1
    assert messages[-1].type == "completed"
    assert source.is_closed


@given(st.integers(1, 60_000))
def test_a_change_is_seen_within_two_seconds_at_the_default_pace(after_ms: int) -> None:
    """Of waiting, that is: what the requests themselves take comes on top."""
    before = _building(50, started_at=NOW - 3_600_000)
    story = story_of(before, (after_ms / 1000, _building(51, updated_at=NOW + after_ms)))
    source = EventSource(_connected(story), story.pause)

    first, second = islice(source.messages(), 2)

    assert (json.loads(first.data), json.loads(second.data)) == (
        answers.job_answer(before, NOW, BASE, (), ()),
        answers.job_answer(story.get(JOB_ID) or before, story.clock.now, BASE, (), ()),
    )
    assert story.seconds - after_ms / 1000 <= 1.25


def _at(job: Job, now: int) -> Job:
    return a_job(
        **{
            **{name: getattr(job, name) for name in ("status", "stage", "bytes_total")},
            "bytes_done": job.bytes_done,
            "updated_at": now,
            "expires_at": now + 7 * DAY,
        }
    )


def _connected(story: Story) -> Any:
    return lambda headers: _over_http(_stream(story, seen=headers.get("Last-Event-ID")))


def _over_http(reply: Reply) -> Response:
    return Response(reply.status, reply.headers.get("Content-Type", ""), reply.text.encode())


def _stream(story: Story, seen: str | None = None, **settings: str) -> Reply:
    headers = {} if seen is None else {"last-event-id": seen}
    return progress.stream(Call(CONTEXT, headers, {}, b""), story.services(**settings), JOB_ID)


def _told(reply: Reply) -> list[Message]:
    return parsed(reply.text.encode())
