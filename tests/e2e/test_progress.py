"""Watching a job: server-sent events, and a status that waits for a change."""

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import requests

from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.e2e.sources import MIB, Sources, noise
from tests.e2e.watching import Line
from tests.eventsource import EventSource, Message, parsed
from tests.waiting import wait_for

ACCEPTED_SECONDS = 2
"""The longest allowed time from a change of the record to the event."""

HOLD_SECONDS = 2
"""PROGRESS_HOLD_SECONDS of the deployed stage."""

HELD = 8
"""The number of requests that are held at the same time."""


@pytest.fixture
def waiting(backstage: Backstage) -> str:
    """A job that only the test changes."""
    return handmade.waiting(backstage)


def moved_with_each_pause(backstage: Backstage, job_id: str) -> Callable[[float], None]:
    """Returns a pause for an EventSource that does not wait.

    Instead, each pause moves the job on by a tenth, until it completes.
    """
    tenths = count(1)

    def move(_: float) -> None:
        tenth = next(tenths)
        if tenth < 10:
            backstage.move(
                job_id,
                status="processing",
                stage="assembling",
                bytesTotal=1000,
                bytesDone=tenth * 100,
            )
        elif tenth == 10:
            backstage.move(job_id, status="completed", stage="done", bytesDone=1000)

    return move


def jobs_of(messages: list[Message]) -> list[JSON]:
    return [json.loads(message.data) for message in messages]


def progress(api: Api, job_id: str, seen: str | None = None) -> requests.Response:
    headers = {"Last-Event-ID": seen} if seen else {}
    return api.get(f"/v1/export/{job_id}/progress", headers=headers)


def check_watch(messages: list[Message]) -> None:
    """Fails unless the job only moved forward, no state came twice, and the end came once, last."""
    done = [job["progress"]["bytesDone"] for job in jobs_of(messages)]
    ids = [message.last_event_id for message in messages]
    assert done == sorted(done)
    assert len(set(ids)) == len(ids)
    assert [message.type for message in messages].count("completed") == 1
    assert messages[-1].type == "completed"


# -- server-sent events ---------------------------------------------------------------------------


def test_an_export_can_be_watched_from_start_to_end(api: Api, sources: Sources) -> None:
    files = [sources.put(noise(MIB)) for _ in range(12)]
    job_id = api.export(file_ids=[file.file_id for file in files])

    source = EventSource(Line(api, job_id), time.sleep)
    messages = list(source.messages())

    check_watch(messages)
    assert source.is_closed
    assert jobs_of(messages)[-1] == api.job(job_id)


def test_each_state_is_sent_once(api: Api, backstage: Backstage, waiting: str) -> None:
    source = EventSource(Line(api, waiting), moved_with_each_pause(backstage, waiting))

    messages = list(source.messages())

    check_watch(messages)
    percents = [job["progress"]["percent"] for job in jobs_of(messages)]
    assert percents == [0, *range(10, 100, 10), 100]


@pytest.mark.parametrize("cut_after", [0, 10, 60, 300])
def test_broken_connections_lose_only_time(
    api: Api, backstage: Backstage, waiting: str, cut_after: int
) -> None:
    line = Line(api, waiting)
    move = moved_with_each_pause(backstage, waiting)

    def pause(seconds: float) -> None:
        """Moves the job, and cuts every second connection."""
        move(seconds)
        line.cut_after = None if line.cut_after is not None else cut_after

    source = EventSource(line, pause)
    messages = list(source.messages())

    check_watch(messages)
    assert source.is_closed


def test_after_a_lost_network_the_current_state_is_sent(
    api: Api, backstage: Backstage, waiting: str
) -> None:
    line = Line(api, waiting)
    tries = count(1)

    def pause(_: float) -> None:
        """The network fails for three tries. Meanwhile the job completes."""
        line.is_down = next(tries) <= 3
        backstage.move(waiting, status="completed", stage="done")

    messages = list(EventSource(line, pause).messages())

    assert [message.type for message in messages] == ["queued", "completed"]


def test_the_end_of_a_job_is_sent_once(api: Api, sources: Sources) -> None:
    job_id = api.export(file_ids=[sources.put(b"done").file_id, sources.new_id()])
    job = api.completed(job_id)

    first = progress(api, job_id)
    (message,) = parsed(first.content)
    second = progress(api, job_id, message.last_event_id)

    assert first.status_code == 200
    assert first.headers["Content-Type"] == "text/event-stream"
    assert first.headers["Cache-Control"] == "no-store"
    assert (message.type, json.loads(message.data)) == ("completed", job)
    assert (second.status_code, second.content) == (204, b"")
    assert second.headers["Cache-Control"] == "no-store"


def test_the_expiry_of_a_job_is_sent_once(api: Api, backstage: Backstage, waiting: str) -> None:
    past = time.time_ns() // 1_000_000 - 1000
    backstage.move(waiting, status="completed", stage="done", expiresAt=past)

    (message,) = parsed(progress(api, waiting).content)

    assert message.type == "expired"
    assert progress(api, waiting, message.last_event_id).status_code == 204


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_every_end_stops_event_source(
    api: Api, backstage: Backstage, waiting: str, status: str
) -> None:
    backstage.move(waiting, status=status)

    source = EventSource(Line(api, waiting), pause=lambda _: None)
    messages = list(source.messages())

    assert [message.type for message in messages] == [status]
    assert source.is_closed


def test_the_last_event_id_can_be_sent_in_the_query(
    api: Api, backstage: Backstage, waiting: str
) -> None:
    backstage.move(waiting, status="cancelled")
    (message,) = parsed(progress(api, waiting).content)

    answer = api.get(f"/v1/export/{waiting}/progress", query={"lastEventId": message.last_event_id})

    assert answer.status_code == 204


@pytest.mark.parametrize("foreign", ["0", "x" * 4_000, "<script>", "日本語".encode(), "../.."])
def test_an_unknown_event_id_is_ignored(api: Api, waiting: str, foreign: str | bytes) -> None:
    answer = api.get(f"/v1/export/{waiting}/progress", headers={"Last-Event-ID": foreign})

    assert [message.type for message in parsed(answer.content)] == ["queued"]


def test_any_characters_arrive_in_an_event(api: Api, backstage: Backstage, waiting: str) -> None:
    detail = "no file 'Größe/日本語 🎉.pdf'\r\n\u2028 data: forged"
    failure = json.dumps(["source-missing", "A source file is missing", detail])
    backstage.move(waiting, status="failed", failure=failure)

    (message,) = parsed(progress(api, waiting).content)

    assert json.loads(message.data)["error"]["detail"] == detail


def test_an_unknown_job_has_no_stream(api: Api) -> None:
    answer = api.get("/v1/export/none/progress")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_head_returns_the_content_type_of_the_stream(api: Api, waiting: str) -> None:
    answer = api.call("HEAD", f"/v1/export/{waiting}/progress")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "text/event-stream"


def test_a_change_is_seen_within_two_seconds(api: Api, backstage: Backstage, waiting: str) -> None:
    """At the default pace: here, the EventSource really waits."""
    seen: list[JSON] = []

    def watch() -> None:
        for message in EventSource(Line(api, waiting), time.sleep).messages():
            job = json.loads(message.data)
            seen.append(job)

    def change(facts: dict[str, str | int]) -> float:
        """Changes the job. Returns how many seconds it took until the event came."""
        before = len(seen)
        backstage.move(waiting, **facts)
        moved = time.monotonic()
        wait_for(lambda: len(seen) > before, 30, "the change to be seen")
        return time.monotonic() - moved

    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(watch)
        wait_for(lambda: seen, 30, "the first state")
        changes: list[dict[str, str | int]] = [
            {"status": "processing", "bytesTotal": 100},
            {"bytesDone": 10},
            {"bytesDone": 20},
            {"bytesDone": 30},
            {"status": "completed"},
        ]
        took = [change(facts) for facts in changes]
        watching.result(timeout=30)

    # The middle one: the machine that tests may be busy with other things for a moment.
    assert statistics.median(took) < ACCEPTED_SECONDS, took


# -- Prefer: wait ---------------------------------------------------------------------------------


def test_a_status_waits_for_a_change(api: Api, backstage: Backstage, waiting: str) -> None:
    etag = api.get(f"/v1/export/{waiting}").headers["ETag"]

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(waited_status, api, waiting, etag)
        backstage.move(waiting, status="cancelled")
        answer = asked.result(timeout=30)

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


def test_an_unchanged_status_is_held_for_the_longest_allowed_time(api: Api, waiting: str) -> None:
    etag = api.get(f"/v1/export/{waiting}").headers["ETag"]
    asked = time.monotonic()

    answer = waited_status(api, waiting, etag)

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Preference-Applied"] == f"wait={HOLD_SECONDS}"
    assert time.monotonic() - asked >= HOLD_SECONDS


@pytest.mark.slow
def test_held_requests_do_not_delay_others(api: Api, waiting: str) -> None:
    etag = api.get(f"/v1/export/{waiting}").headers["ETag"]

    with ThreadPoolExecutor(HELD + 1) as pool:
        # First, give the emulator time to start enough functions.
        list(pool.map(lambda _: waited_status(api, waiting, etag), range(HELD + 1)))
        held = [pool.submit(waited_status, api, waiting, etag) for _ in range(HELD)]
        asked = time.monotonic()
        other = api.get("/health")
        took = time.monotonic() - asked
        answers = [one.result(timeout=60) for one in held]

    assert other.status_code == 200
    assert took < HOLD_SECONDS
    assert {answer.status_code for answer in answers} == {304}


def waited_status(api: Api, job_id: str, etag: str) -> requests.Response:
    """Requests the status, and lets the stack hold it for as long as it allows."""
    headers = {"Prefer": "wait=60", "If-None-Match": etag}
    return api.get(f"/v1/export/{job_id}", headers=headers)
