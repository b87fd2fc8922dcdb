"""GET /v1/export/{jobId}/progress: the events of a job."""

import json
from dataclasses import replace

import pytest

from chalicelib import aws
from chalicelib.queue.messages import Message as Step
from tests.eventsource import ConnectionLost, EventSource, Message, Response, parsed
from tests.integration.cloud import TABLE
from tests.integration.gateway import Answer, call, cancel, connect, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests, Wired, answering

THROTTLED: Wired = (
    400,
    {"Content-Type": "application/x-amz-json-1.0"},
    '{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}',
)


@pytest.fixture
def job_id(stack: Stack, small_segments: None) -> str:
    """A job whose archive takes several steps."""
    stack.put_files({name: name.encode() * 9 * UNIT for name in "abcdef"})
    return export(prefix="in/")


def test_a_stream_begins_with_the_present_state_of_the_job(stack: Stack, job_id: str) -> None:
    answer = _progress(job_id)

    (message,) = _messages(answer)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert message.type == "queued"
    assert json.loads(message.data) == status(job_id)


def test_the_end_of_a_job_is_sent_once(stack: Stack, job_id: str) -> None:
    stack.run_queue()

    (message,) = _messages(_progress(job_id))
    after = _progress(job_id, {"Last-Event-ID": message.last_event_id})

    assert message.type == "completed"
    assert json.loads(message.data) == status(job_id)
    assert (after.status, after.body) == (204, None)


def test_the_expiry_of_a_job_is_sent_once(stack: Stack, job_id: str) -> None:
    stack.run_queue()
    stack.clock.advance(days=8)

    (message,) = _messages(_progress(job_id))
    after = _progress(job_id, {"Last-Event-ID": message.last_event_id})

    assert message.type == "expired"
    assert after.status == 204


def test_a_failed_job_says_why(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")
    stack.run_queue()

    (message,) = _messages(_progress(job_id))

    assert message.type == "failed"
    assert json.loads(message.data)["error"]["type"].endswith(":source-missing")


def test_a_client_that_waits_gets_the_cancellation(stack: Stack, job_id: str) -> None:
    (queued,) = _messages(_progress(job_id))
    stack.clock.meanwhile = [lambda: cancel(job_id)]

    (message,) = _messages(_progress(job_id, {"Last-Event-ID": queued.last_event_id}))

    assert message.type == "cancelled"


def test_event_source_sees_a_job_move_and_end(stack: Stack, job_id: str) -> None:
    _work_with_each_pause(stack)
    source = EventSource(connect(job_id), stack.clock.pause)

    messages = list(source.messages())

    _check_watch(messages, job_id)
    assert source.is_closed
    assert len(messages) >= 5


def test_event_source_survives_a_bad_network(stack: Stack, job_id: str) -> None:
    """Of every three connections, the first is cut in the middle and the second is lost."""
    _work_with_each_pause(stack)
    through = connect(job_id)

    def over_a_bad_network(headers: dict[str, str]) -> Response:
        response = through(headers)
        if source.connections % 3 == 2:
            raise ConnectionLost
        cut = len(response.body) // 2 if source.connections % 3 == 1 else None
        return replace(response, body=response.body[:cut])

    source = EventSource(over_a_bad_network, stack.clock.pause)
    messages = list(source.messages())

    _check_watch(messages, job_id)
    assert source.is_closed


def test_after_three_days_of_sleep_event_source_gets_the_present_state(
    stack: Stack, job_id: str
) -> None:
    source = EventSource(connect(job_id), stack.clock.pause)
    messages = source.messages()
    first = next(messages)
    stack.run_queue()
    stack.clock.advance(days=3)

    rest = list(messages)

    assert (first.type, [message.type for message in rest]) == ("queued", ["completed"])


def test_a_table_that_throttles_does_not_stop_event_source(
    stack: Stack, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    (seen,) = _messages(_progress(job_id))

    with answering(THROTTLED, "GetItem"):
        answer = _progress(job_id, {"Last-Event-ID": seen.last_event_id})
    after = _progress(job_id)

    assert (answer.status, _messages(answer)) == (200, [])
    assert answer.body.startswith("retry: 5000\n")
    assert _messages(after) == [seen]


def test_an_internal_error_stops_event_source_with_a_problem_document(
    stack: Stack, job_id: str
) -> None:
    aws.dynamodb().delete_table(TableName=TABLE)

    answer = _progress(job_id)

    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_long_list_of_missing_files_is_not_sent_with_an_event(
    stack: Stack, requests: Requests
) -> None:
    stack.put_file("downloads/10000", b"there")
    job_id = export(file_ids=list(range(10_000, 10_500)))
    stack.run_queue()
    requests.clear()

    (message,) = _messages(_progress(job_id))

    assert json.loads(message.data)["result"]["missing"] is None
    assert len(message.data) < 2048
    assert dict(requests.count()) == {"GetItem": 1}


def test_an_answer_about_a_job_that_has_moved_reads_one_item(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    requests.clear()

    _progress(job_id, {"Last-Event-ID": "0" * 16})

    assert dict(requests.count()) == {"GetItem": 1}


def test_no_client_is_held_for_a_job_that_has_not_moved_for_long(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    (seen,) = _messages(_progress(job_id))
    stack.clock.advance(seconds=60)
    before = stack.clock.now
    requests.clear()

    answer = _progress(job_id, {"Last-Event-ID": seen.last_event_id})

    assert answer.body == "retry: 1000\n: nothing new\n"
    assert stack.clock.now == before
    assert dict(requests.count()) == {"GetItem": 1}


def test_the_last_event_id_may_be_in_the_query(stack: Stack, job_id: str) -> None:
    stack.run_queue()
    (seen,) = _messages(_progress(job_id))

    answer = _progress(job_id, query={"lastEventId": seen.last_event_id})

    assert answer.status == 204


@pytest.mark.parametrize("foreign", ["0", "x" * 100_000, "<script>", "日本語", "\x00", "\n\nid: 1"])
def test_an_unknown_last_event_id_is_ignored(stack: Stack, job_id: str, foreign: str) -> None:
    answer = _progress(job_id, {"Last-Event-ID": foreign}, {"lastEventId": foreign})

    assert [message.type for message in _messages(answer)] == ["queued"]


def _work_with_each_pause(stack: Stack) -> None:
    """During each pause, one step of the job is done."""
    waiting: list[Step] = []

    def work() -> None:
        waiting.extend(stack.take_messages())
        if waiting:
            stack.do(waiting.pop(0))
        stack.clock.meanwhile.append(work)

    stack.clock.meanwhile.append(work)


def _check_watch(messages: list[Message], job_id: str) -> None:
    """The job only moved forward. No message came twice. The end came once, as the last one."""
    jobs = [json.loads(message.data) for message in messages]
    done = [job["progress"]["bytesDone"] for job in jobs]
    ids = [message.last_event_id for message in messages]
    assert done == sorted(done)
    assert len(set(ids)) == len(ids)
    assert [message.type for message in messages].count("completed") == 1
    assert jobs[-1] == status(job_id)


def _progress(
    job_id: str, headers: dict[str, str] | None = None, query: dict[str, str] | None = None
) -> Answer:
    return call("GET", f"/v1/export/{job_id}/progress", headers=headers, query=query)


def _messages(answer: Answer) -> list[Message]:
    return parsed(answer.body.encode())
