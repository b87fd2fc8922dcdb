"""Segments go to workers directly: the archive is whole whatever Lambda loses, and whoever dies."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib import aws
from chalicelib.pipeline import sending
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, Step, from_body
from tests.archives import check_archive, noise
from tests.integration.effects import (
    PART_UPLOADED,
    PLAN_TAKEN_AWAY,
    SEGMENT_COUNTED,
    UPLOAD_COMPLETED,
    Effect,
    crashing,
)
from tests.integration.gateway import export
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests, Wired, listening, s3_error

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abc"} | {"e": noise(5, 1_000)}


class Exceptions:
    ClientError = ClientError


@dataclass
class Functions:
    """Stands for Lambda's client. It keeps the events, which a test then has done."""

    exceptions: Any = Exceptions
    events: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    takes: int = 1000
    asked: int = 0

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked += 1
        payload = asked.pop("Payload")
        assert asked == {"FunctionName": "the-worker", "InvocationType": "Event"}
        if self.error and len(self.events) >= self.takes:
            raise self.error
        self.events.append(json.loads(payload))
        return {"StatusCode": 202}

    @property
    def messages(self) -> list[Message]:
        bodies = (event["Records"][0]["body"] for event in self.events)
        return sorted((from_body(body) for body in bodies), key=lambda one: one.which)

    def run(self, stack: Stack, events: Sequence[dict[str, Any]] | None = None) -> list[bool]:
        """Does the steps of these events, or of all. Returns which succeeded."""
        todo = self.events if events is None else events
        return [not handle(event["Records"], stack.services)["batchItemFailures"] for event in todo]


@pytest.fixture
def functions(stack: Stack, small_segments: None, monkeypatch: pytest.MonkeyPatch) -> Functions:
    made = Functions()
    # One after another: so a test can say which of the events is refused.
    monkeypatch.setattr("chalicelib.queue.direct.INVOKED_AT_ONCE", 1)
    direct = replace(stack.services.direct, client=lambda: made, function="the-worker")
    stack.services = replace(stack.services, direct=direct)
    stack.configure(direct_segments=100)
    return made


@pytest.fixture
def job_id(stack: Stack, functions: Functions) -> str:
    """A job of several segments, with its step `plan` in the queue."""
    stack.put_files(FILES, unknown="b")
    return export(prefix="in/")


def _plan(stack: Stack) -> None:
    (plan,) = stack.take_messages()
    stack.do(plan)


def _waiting(stack: Stack) -> list[Message]:
    """Takes all messages off the queue, also those that are held back."""
    stack.wake()
    return stack.take_messages()


def _after_silence(stack: Stack) -> None:
    stack.clock.advance(seconds=LEASE_SECONDS + 1)
    stack.wake()


def test_each_segment_goes_directly_and_the_net_is_held_back(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)

    plan = stack.plan(job_id)
    assert plan.segments >= 3
    assert [one.number for one in functions.messages] == list(range(plan.segments))
    assert all(one.step is Step.ASSEMBLE and one.is_new for one in functions.messages)
    assert stack.take_messages() == []
    assert _waiting(stack) == [Message(Step.WATCH, job_id, plan.segments, plan=plan.digest)]


def test_the_workers_finish_alone_and_list_no_parts(
    stack: Stack, job_id: str, functions: Functions, requests: Requests
) -> None:
    _plan(stack)
    requests.clear()

    assert all(functions.run(stack))

    assert requests.count()["ListParts"] == 0
    check_archive(stack.archive(job_id), FILES)
    stack.wake()
    assert stack.run_queue() == []  # the net comes to nothing
    assert _waiting(stack) == []


def test_segments_beyond_the_bound_go_through_the_queue(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    stack.configure(direct_segments=2)
    _plan(stack)
    plan = stack.plan(job_id)

    queued = stack.take_messages()

    assert [one.number for one in functions.messages] == [0, 1]
    assert [one.number for one in queued] == list(range(2, plan.segments))
    assert _waiting(stack) == [Message(Step.WATCH, job_id, 2, plan=plan.digest)]


def _refusal(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Invoke")


@pytest.mark.parametrize(
    "error",
    [
        _refusal("TooManyRequestsException", 429),
        _refusal("AccessDeniedException", 403),
        _refusal("ResourceNotFoundException", 404),
        EndpointConnectionError(endpoint_url="https://lambda.test"),
    ],
    ids=str,
)
def test_what_lambda_does_not_take_goes_through_the_queue(
    stack: Stack, job_id: str, functions: Functions, error: Exception
) -> None:
    functions.error, functions.takes = error, 1
    _plan(stack)
    plan = stack.plan(job_id)

    queued = stack.take_messages()

    assert functions.asked == 2  # after a refusal no others are tried
    assert [one.number for one in queued] == list(range(1, plan.segments))
    stack.send(queued)
    assert all(functions.run(stack))
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_nothing_goes_past_a_queue_in_which_others_wait(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    (plan,) = stack.take_messages()
    stack.send([Message(Step.DISCARD, job_id)] * (sending.CALM + 1))
    stack.do(plan)

    assert functions.events == []
    assert Step.WATCH not in {one.step for one in _waiting(stack)}


@pytest.mark.parametrize("off", [{"direct_segments": 0}, {}], ids=["no segments", "no function"])
def test_it_can_be_turned_off(
    stack: Stack, job_id: str, functions: Functions, off: dict[str, int]
) -> None:
    stack.configure(**off)
    if not off:
        stack.services = replace(stack.services, direct=replace(stack.services.direct, function=""))
    _plan(stack)

    assert functions.events == []
    assert len(_waiting(stack)) == stack.plan(job_id).segments


def test_a_step_that_fails_is_put_into_the_queue_and_is_not_new(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)
    refusals = [s3_error(403, "AccessDenied")]

    def slow(operation: str, _: dict[str, object]) -> Wired | None:
        is_ours = operation == "PutObject" and refusals
        return s3_error(503, "SlowDown") if is_ours else None

    with listening(slow):
        assert functions.run(stack, functions.events[:1]) == [False]
    refusals.clear()
    assert stack.take_messages() == []  # it comes after a pause

    stack.wake()
    again = [one for one in stack.take_messages() if one.step is Step.ASSEMBLE]

    assert again == functions.messages[:1]
    assert not again[0].is_new
    functions.run(stack, functions.events[1:])
    assert stack.run(again[0])
    check_archive(stack.archive(job_id), FILES)


def test_the_net_waits_while_somebody_is_at_work(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)
    functions.run(stack, functions.events[:1])
    stack.wake()

    assert stack.run_queue() == []

    plan = stack.plan(job_id)
    assert _waiting(stack) == [Message(Step.WATCH, job_id, plan.segments, plan=plan.digest)]


def test_the_net_sends_what_lambda_has_lost(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)
    functions.run(stack, functions.events[1:])
    _after_silence(stack)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), FILES)
    assert _waiting(stack) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("effect", [PART_UPLOADED, SEGMENT_COUNTED], ids=str)
def test_the_net_sends_what_a_dead_worker_has_left(
    stack: Stack,
    job_id: str,
    functions: Functions,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _plan(stack)
    with crashing(effect, after=after):
        functions.run(stack)
    _after_silence(stack)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), FILES)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_net_finalizes_if_the_last_worker_has_died(
    stack: Stack,
    job_id: str,
    functions: Functions,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _plan(stack)
    with crashing(UPLOAD_COMPLETED, after=after):
        functions.run(stack)
    _after_silence(stack)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), FILES)


def test_the_net_sends_plan_if_the_worker_died_that_took_the_plan_away(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)
    key = f"jobs/{job_id}/{stack.plan(job_id).digest}/index"
    stack.services.archive.delete(key)
    with crashing(PLAN_TAKEN_AWAY, after=True):
        functions.run(stack)
    functions.events.clear()
    _after_silence(stack)

    assert stack.run_queue() == []
    assert all(functions.run(stack))

    check_archive(stack.archive(job_id), FILES)


def test_the_net_of_an_older_plan_comes_to_nothing(
    stack: Stack, job_id: str, functions: Functions
) -> None:
    _plan(stack)
    _waiting(stack)
    old = Message(Step.WATCH, job_id, 3, plan="0123456789abcdef")

    _after_silence(stack)
    assert stack.run(old)

    assert _waiting(stack) == []


def test_lambda_may_deliver_an_event_twice(stack: Stack, job_id: str, functions: Functions) -> None:
    _plan(stack)

    assert all(functions.run(stack, functions.events * 2))

    check_archive(stack.archive(job_id), FILES)


def test_no_client_of_lambda_is_made_for_a_job_of_one_segment(
    stack: Stack, functions: Functions
) -> None:
    def made() -> aws.FunctionsClient:
        raise AssertionError("nobody needs it")

    stack.put_file("in/a", b"small")
    job_id = export(prefix="in/")
    stack.services = replace(stack.services, direct=replace(stack.services.direct, client=made))

    assert stack.run_queue() == []

    assert stack.job(job_id).status == "completed"
