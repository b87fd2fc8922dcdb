"""Following a job: by events, by polling, and over failures."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from longhaul import Client, Job, errors
from tests.unit.longhaul.stub import (
    CUT,
    JOB,
    JOB_ID,
    Reply,
    Stub,
    completed,
    job,
    notification,
    problem,
)

EVENTS = f"GET {JOB}/progress"
STATUS = f"GET {JOB}"
NO_EVENTS = problem(404, "not-found", "there is no such route")


def event(number: int, content: dict[str, Any]) -> bytes:
    data = json.dumps(content)
    return f"id: {number}\nevent: {content['status']}\ndata: {data}\n\n".encode()


def stream(*events: bytes, retry: int = 1000, cut: int | None = None) -> Reply:
    """The answer of one connection to the events."""
    body = f"retry: {retry}\n: hello\n\n".encode() + b"".join(events)
    return Reply(200, body, {"Content-Type": "text/event-stream; charset=utf-8"}, cut=cut)


def seen(jobs: Sequence[Job]) -> list[tuple[str, int]]:
    return [(found.status, found.progress.percent) for found in jobs]


# -- events ----------------------------------------------------------------------------------------


def test_events_are_followed_to_the_end_without_any_poll(stub: Stub, client: Client) -> None:
    stub.on(
        EVENTS,
        stream(event(1, job("queued")), event(2, job(percent=40))),
        stream(),
        stream(event(3, completed())),
    )

    found = list(client.watch(JOB_ID))

    assert seen(found) == [("queued", 0), ("processing", 40), ("completed", 100)]
    assert stub.of(STATUS) == []


def test_each_connection_sends_the_last_event_id(stub: Stub, client: Client) -> None:
    stub.on(EVENTS, stream(event(1, job())), stream(), stream(event(2, completed())))

    list(client.watch(JOB_ID))

    ids = [asked.headers.get("last-event-id") for asked in stub.of(EVENTS)]
    assert ids == [None, "1", "1"]
    assert {asked.headers["accept"] for asked in stub.asked} == {"text/event-stream"}


def test_the_stream_sets_the_pace(stub: Stub, client: Client, pauses: list[float]) -> None:
    stub.on(
        EVENTS,
        stream(event(1, job()), retry=500),
        stream(retry=5000),
        stream(retry=0),
        stream(retry=3_600_000),
        stream(event(2, completed())),
    )

    list(client.watch(JOB_ID))

    assert pauses == [0.5, 5.0, 0.2, 30.0]


def test_a_broken_stream_is_opened_again_and_repeats_no_state(stub: Stub, client: Client) -> None:
    first = event(1, job(percent=10))
    stub.on(
        EVENTS,
        stream(first, event(2, job(percent=20)), cut=len(first) + 60),
        CUT,
        stream(event(1, job()), cut=10),
        stream(event(2, job(percent=20)), event(3, completed())),
    )

    found = list(client.watch(JOB_ID))

    assert seen(found) == [("processing", 10), ("processing", 20), ("completed", 100)]
    assert [asked.headers.get("last-event-id") for asked in stub.of(EVENTS)] == [None, *"111"]


def test_a_network_that_does_not_come_back_is_an_error(stub: Stub) -> None:
    stub.on(EVENTS, stream(event(1, job())), CUT)

    with Client(stub.url, patience=0.05) as client, pytest.raises(errors.Unreachable):
        list(client.watch(JOB_ID))


def test_a_list_that_is_too_long_for_an_event_is_fetched(stub: Stub, client: Client) -> None:
    short = completed()
    short["result"]["missing"] = None
    stub.on(EVENTS, stream(event(1, job()), event(2, short)))
    stub.on(STATUS, Reply(200, completed(missing=[10001, 10002])))

    found = list(client.watch(JOB_ID))

    assert seen(found) == [("processing", 0), ("completed", 100)]
    assert found[-1].result
    assert found[-1].result.missing == (10001, 10002)


def test_a_stream_without_events_is_followed_by_a_poll(stub: Stub, client: Client) -> None:
    stub.on(EVENTS, Reply(204))
    stub.on(STATUS, Reply(200, job("failed")))

    assert seen(list(client.watch(JOB_ID))) == [("failed", 0)]


def test_events_carry_the_token(stub: Stub) -> None:
    stub.on(EVENTS, stream(event(1, completed())))

    with Client(stub.url, token="secret") as client:
        list(client.watch(JOB_ID))

    assert stub.asked[0].headers["authorization"] == "Bearer secret"


# -- polling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        NO_EVENTS,
        Reply(501),
        problem(403, "forbidden", "no"),
        Reply(502, b"<h1>Bad Gateway</h1>"),
        Reply(200, b"<h1>Log in</h1>", {"Content-Type": "text/html"}),
        Reply(200, job(), {"Content-Type": "application/json"}),
        stream(b"data: {}\n\n"),
        stream(b"data: not JSON\n\n"),
    ],
)
def test_without_events_the_status_is_polled(stub: Stub, client: Client, reply: Reply) -> None:
    stub.on(EVENTS, reply)
    stub.on(STATUS, Reply(200, job(percent=50)), Reply(200, completed()))

    found = list(client.watch(JOB_ID))

    assert seen(found) == [("processing", 50), ("completed", 100)]
    assert len(stub.of(EVENTS)) == 1


def test_a_poll_repeats_no_event_though_it_says_who_is_told(stub: Stub, client: Client) -> None:
    known = job(percent=20) | {"notifications": [notification(status="pending")]}
    stub.on(EVENTS, stream(event(1, job(percent=20))), NO_EVENTS)
    stub.on(STATUS, Reply(200, known), Reply(200, completed()))

    assert seen(list(client.watch(JOB_ID))) == [("processing", 20), ("completed", 100)]


def test_polling_takes_over_if_events_stop_working(stub: Stub, client: Client) -> None:
    stub.on(EVENTS, stream(event(1, job(percent=10))), Reply(503))
    stub.on(STATUS, Reply(200, job(percent=10)), Reply(200, completed()))

    assert seen(list(client.watch(JOB_ID))) == [("processing", 10), ("completed", 100)]


def test_a_poll_lets_the_api_wait_for_a_change(
    stub: Stub, client: Client, pauses: list[float]
) -> None:
    held = {"Preference-Applied": "wait=20", "Retry-After": "9"}
    stub.on(EVENTS, NO_EVENTS)
    stub.on(
        STATUS,
        Reply(200, job(), {"ETag": '"1"', "Retry-After": "3"}),
        Reply(304, b"", {"Retry-After": "7"}),
        Reply(304, b"", held),
        Reply(200, completed(), {"ETag": '"2"'}),
    )

    found = list(client.watch(JOB_ID))

    first, *others = stub.of(STATUS)
    assert seen(found) == [("processing", 0), ("completed", 100)]
    assert "prefer" not in first.headers
    assert {asked.headers["if-none-match"] for asked in others} == {'"1"'}
    assert {asked.headers["prefer"] for asked in others} == {"wait=20"}
    assert pauses == [3.0, 7.0, 0.2]


def test_a_poll_survives_a_lost_network(stub: Stub, client: Client) -> None:
    stub.on(EVENTS, NO_EVENTS)
    stub.on(STATUS, CUT, Reply(200, job()), CUT, Reply(503), Reply(200, completed()))

    assert seen(list(client.watch(JOB_ID))) == [("processing", 0), ("completed", 100)]


def test_a_job_that_does_not_exist_is_an_error(stub: Stub, client: Client) -> None:
    with pytest.raises(errors.NotFound):
        list(client.watch(JOB_ID))


def test_a_caller_can_stop_watching_at_any_time(stub: Stub, client: Client) -> None:
    stub.on(EVENTS, stream(event(1, job()), event(2, job(percent=50))))

    jobs = client.watch(JOB_ID)
    first = next(jobs)
    del jobs

    assert first.progress.percent == 0
