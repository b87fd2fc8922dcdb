"""What the log says of jobs and their steps: each end at least once, and spans of one trace."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.jobs.wake import ANNOUNCE_AFTER_MS
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from chalicelib.trace_ids import SpanRef, root_of
from tests.integration.effects import (
    ALL_TOLD,
    ANNOUNCE_SENT,
    JOB_COMPLETED,
    JOB_READ,
    UPLOAD_COMPLETED,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import call, cancel, export, post_retry
from tests.integration.stack import Stack, record_of
from tests.integration.wire import SLOW_DOWN, TABLE_IS_DOWN, Requests, Wired, listening
from tests.unit import emf_schema
from tests.unit.samples import Events

OF_THE_END = ("status", "endedAt", "trace", "span", "parent", "at", "ms", "link")
OF_BOTH = (*OF_THE_END, "reason", "files", "bytesCopied", "bytesStreamed", "secondsTotal")


class Lines(Events):
    """The lines of the log."""

    def of(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.kept if name == event]

    def one(self, event: str) -> dict[str, Any]:
        (facts,) = self.of(event)
        return facts

    @property
    def ends(self) -> list[dict[str, Any]]:
        """The lines that say that a job has ended."""
        announced = [line for line in self.of("job announced") if "ended" in line["events"]]
        return [*self.of("job ended"), *announced]


@pytest.fixture
def lines(stack: Stack) -> Lines:
    lines = Lines()
    stack.services = replace(stack.services, log=lines)
    stack.put_file("downloads/10001", b"one")
    return lines


def _root(line: dict[str, Any]) -> SpanRef:
    return SpanRef(line["trace"], line["span"])


def test_a_job_is_one_trace_whose_root_both_lines_of_its_end_have(
    stack: Stack, lines: Lines
) -> None:
    job_id = export(file_ids=[10001])
    stack.clock.advance(seconds=2)

    stack.run_queue()

    root = root_of(job_id)
    ended, announced, done = (lines.one(n) for n in ("job ended", "job announced", "step done"))
    assert {name: ended.get(name) for name in OF_BOTH} == {
        name: announced.get(name) for name in OF_BOTH
    }
    assert _root(ended) == root
    assert (ended["at"], ended["ms"]) == (stack.job(job_id).begun_at, 2000)
    assert (done["trace"], done["parent"]) == (root.trace, root.span)
    assert done["cold"] is True
    assert done["cpuMs"] >= 0
    assert lines.one("job started")["at"] == stack.clock()
    assert announced["secondsQueued"] == 2.0
    assert "_aws" not in ended


@pytest.mark.parametrize("effect", [JOB_COMPLETED, ANNOUNCE_SENT, ALL_TOLD], ids=str)
@before_and_after
def test_each_end_is_logged_at_least_once_whoever_dies(
    stack: Stack, lines: Lines, effect: Effect, *, after: bool
) -> None:
    job_id = export(file_ids=[10001])
    with crashing(effect, after=after):
        stack.run_queue()
    for _ in range(2):
        stack.wake()
        stack.clock.advance(seconds=ANNOUNCE_AFTER_MS / 1000 + LEASE_SECONDS)
        sweep(stack.services)
        stack.run_queue()

    assert stack.job(job_id).status == "completed"
    assert stack.job(job_id).untold == ()
    assert lines.ends
    assert len({tuple(line.get(name) for name in OF_BOTH) for line in lines.ends}) == 1
    assert lines.ends[0]["endedAt"] == stack.job(job_id).updated_at


def test_the_line_comes_before_the_record_says_that_all_is_told(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])
    stack.run_steps()
    with crashing(ALL_TOLD):
        stack.announce()

    assert lines.one("job announced")["status"] == "completed"
    assert stack.job(job_id).untold


def test_a_job_that_is_deleted_before_it_is_announced_ended_when_it_did(
    stack: Stack, lines: Lines
) -> None:
    job_id = export(file_ids=[10001])
    stack.run_steps()
    ended_at = stack.clock()
    stack.clock.advance(seconds=60)
    call("DELETE", f"/v1/export/{job_id}")

    stack.announce()

    announced = lines.one("job announced")
    assert stack.job(job_id).is_deleted
    assert announced["endedAt"] == ended_at
    assert {name: announced.get(name) for name in OF_BOTH} == {
        name: lines.one("job ended").get(name) for name in OF_BOTH
    }


def test_a_failed_job_that_is_deleted_does_not_say_why_any_more(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10404], on_missing="fail")
    stack.run_steps()
    call("DELETE", f"/v1/export/{job_id}")
    stack.announce()

    assert lines.one("job ended")["reason"] == "source-missing"
    assert lines.one("job announced")["reason"] is None
    assert lines.one("job announced")["status"] == "failed"


def test_an_end_that_the_bus_is_not_told_of_is_logged_all_the_same(
    stack: Stack, lines: Lines
) -> None:
    stack.configure(events=("accepted",))
    export(file_ids=[10001])

    stack.run_queue()

    assert [line["status"] for line in lines.ends] == ["completed", "completed"]


def _cancelled(_: Stack) -> str:
    job_id = export(file_ids=[10001])
    cancel(job_id)
    return job_id


def _failed(_: Stack) -> str:
    return export(file_ids=[10404], on_missing="fail")


def _reused(stack: Stack) -> str:
    stack.completed(file_ids=[10001])
    return export(file_ids=[10001])


@pytest.mark.parametrize(
    ("made", "status"),
    [(_cancelled, "cancelled"), (_failed, "failed"), (_reused, "completed")],
)
def test_however_a_job_ends_both_lines_say_so(
    stack: Stack, lines: Lines, made: Callable[[Stack], str], status: str
) -> None:
    job_id = made(stack)
    stack.run_queue()

    ends = [line for line in lines.ends if line["jobId"] == job_id]
    assert [line["status"] for line in ends] == [status, status]
    assert {_root(line) for line in ends} == {root_of(job_id)}


def test_a_retry_is_linked_to_the_job_that_it_retries(stack: Stack, lines: Lines) -> None:
    first = export(file_ids=[10404], on_missing="fail")
    stack.run_queue()
    second = post_retry(first).body["jobId"]
    stack.run_queue()

    links = [line["link"] for line in lines.ends if line["jobId"] == second]
    assert links == [str(root_of(first))] * 2


def test_a_job_of_a_caller_with_a_trace_is_in_that_trace(stack: Stack, lines: Lines) -> None:
    caller = SpanRef("a" * 32, "b" * 16)
    job_id = export(file_ids=[10001])
    stack.services.jobs.table.update(
        job_id, "x", "SET caller = :caller", {"caller": {"S": str(caller)}}
    )

    stack.run_queue()

    root = root_of(job_id, caller)
    done = lines.one("step done")
    assert {(_root(line), line["parent"]) for line in lines.ends} == {(root, caller.span)}
    assert (done["trace"], done["parent"]) == (caller.trace, root.span)


# -- steps ----------------------------------------------------------------------------------------


def test_what_a_worker_does_after_the_end_is_not_within_the_root(
    stack: Stack, lines: Lines
) -> None:
    export(file_ids=[10001])
    with before(ANNOUNCE_SENT, lambda: stack.clock.advance(seconds=3)):
        stack.run_steps()

    assert lines.one("job ended")["ms"] == 0
    done = lines.one("step done")
    assert (done["ms"], done["overranMs"]) == (0, 3000)


def test_a_worker_whose_job_was_cancelled_meanwhile_is_cut_at_the_end(
    stack: Stack, lines: Lines
) -> None:
    job_id = export(file_ids=[10001])
    stack.take_announcements()
    (plan,) = stack.take_messages()

    def cancelled() -> None:
        stack.clock.advance(seconds=5)
        cancel(job_id)
        stack.clock.advance(seconds=7)

    with before(UPLOAD_COMPLETED, cancelled):
        stack.run_one(plan)

    skipped = lines.one("step skipped")
    assert skipped["parent"] == root_of(job_id).span
    assert (skipped["ms"], skipped["overranMs"]) == (5000, 7000)


def test_a_twin_of_the_worker_that_ends_the_job_is_cut_too(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])
    (plan,) = stack.take_messages()

    def twin() -> None:
        stack.clock.advance(seconds=1)
        stack.run_one(plan)
        stack.clock.advance(seconds=1)

    with before(UPLOAD_COMPLETED, twin):
        stack.run_one(plan)

    ended_at = lines.one("job ended")["endedAt"]
    steps = [*lines.of("step done"), *lines.of("step skipped")]
    assert len(steps) == 2
    assert all(step["parent"] == root_of(job_id).span for step in steps)
    assert all(step["at"] + step["ms"] <= ended_at for step in steps)
    assert len({step["span"] for step in steps}) == 2


def test_a_step_that_begins_after_the_end_is_linked_to_it(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])
    cancel(job_id)
    stack.clock.advance(seconds=1)

    stack.run_queue()

    late = lines.one("step skipped")
    assert late["link"] == str(root_of(job_id))
    assert "parent" not in late
    assert late["trace"] != root_of(job_id).trace


@pytest.mark.usefixtures("no_backoff")
def test_a_step_that_is_put_off_says_what_the_service_called_it(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])

    def busy(_: str, parameters: dict[str, Any]) -> Wired | None:
        return SLOW_DOWN if "archives/" in parameters.get("Key", "") else None

    with listening(busy):
        stack.run_steps()

    retried = lines.one("step retried")
    assert (retried["why"], retried["code"]) == ("unavailable", "SlowDown")
    assert retried["parent"] == root_of(job_id).span


@pytest.mark.usefixtures("no_backoff")
def test_a_step_that_cannot_read_its_job_claims_no_trace(stack: Stack, lines: Lines) -> None:
    export(file_ids=[10001])

    def down(operation: str, _: dict[str, Any]) -> Wired | None:
        return TABLE_IS_DOWN if operation in ("GetItem", "UpdateItem") else None

    with listening(down):
        stack.run_steps()

    retried = lines.one("step retried")
    assert (retried["why"], retried["code"]) == ("unavailable", "InternalServerError")
    assert not {"parent", "link"} & retried.keys()


def test_a_put_off_step_whose_job_has_ended_meanwhile_is_cut(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])

    def ended() -> None:
        stack.clock.advance(seconds=2)
        cancel(job_id)
        stack.clock.advance(seconds=2)
        raise Unavailable("it is slow")

    (plan,) = stack.take_messages()
    with before(UPLOAD_COMPLETED, ended):
        stack.send([plan])
        stack.run_steps()

    (retried,) = lines.of("step retried")
    assert (retried["ms"], retried["overranMs"]) == (2000, 2000)


def test_a_bug_is_an_internal_error(
    stack: Stack, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(file_ids=[10001])

    def broken(*_: object, **__: object) -> None:
        raise KeyError

    monkeypatch.setattr("chalicelib.pipeline.steps.plan", broken)
    stack.run_steps()

    assert lines.one("step retried")["why"] == "internal-error"
    assert "code" not in lines.one("step retried")


def test_a_step_that_fails_its_job_says_why(stack: Stack, lines: Lines) -> None:
    export(file_ids=[10404], on_missing="fail")
    stack.run_steps()

    failed = lines.one("step failed")
    assert failed["why"] == lines.one("job ended")["reason"] == "source-missing"
    assert failed["parent"] == lines.one("job ended")["span"]


def test_a_step_says_how_long_its_message_has_waited(stack: Stack, lines: Lines) -> None:
    job_id = export(file_ids=[10001])
    record = record_of(Message(Step.PLAN, job_id).to_body())
    record["attributes"]["SentTimestamp"] = str(stack.clock() - 1500)
    _handled(stack, record)
    record["attributes"]["SentTimestamp"] = str(stack.clock() + 9)
    _handled(stack, record)
    record["attributes"]["SentTimestamp"] = "soon"
    _handled(stack, record)

    waited = [line.get("waitedMs") for line in (*lines.of("step done"), *lines.of("step skipped"))]
    assert waited == [1500, 0, None]


def _handled(stack: Stack, record: dict[str, Any]) -> None:
    from chalicelib.pipeline.worker import handle

    assert handle([record], stack.services) == {"batchItemFailures": []}


def test_only_the_first_step_of_a_process_is_cold(stack: Stack, lines: Lines) -> None:
    stack.completed(file_ids=[10001])
    stack.completed(file_ids=[10001], fresh=True)

    assert ["cold" in line for line in lines.of("step done")] == [True, False]


def test_the_record_of_a_job_is_not_read_for_its_first_step(
    stack: Stack, lines: Lines, requests: Requests
) -> None:
    export(file_ids=[10001])
    del requests.made[:]
    stack.run_steps()

    assert lines.one("step done")
    reads = [one for one in requests.made if JOB_READ.is_of(*one)]
    # The write that starts a job answers with its record.
    assert len(reads) == 0


# -- metrics --------------------------------------------------------------------------------------


@pytest.mark.parametrize("given_up", [False, True])
def test_the_line_of_an_end_makes_metrics_where_a_namespace_is_set(
    stack: Stack, lines: Lines, *, given_up: bool
) -> None:
    stack.configure(metric_namespace="Longhaul/stack")
    job_id = export(file_ids=[10001])
    if given_up:
        from chalicelib.pipeline import endings

        endings.give_up(stack.services, job_id, "in vain")
    stack.clock.advance(seconds=2)
    stack.run_queue()

    line = lines.one("job ended")
    assert emf_schema.check(line) == {
        "ended": 1,
        "secondsTotal": 0.0 if given_up else 2.0,
        "bytesCopied": 0,
        "bytesStreamed": line["bytesStreamed"],
        "givenUp": int(given_up),
    }
    assert line["_aws"]["Timestamp"] == line["endedAt"]
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["status"], []]
    assert "_aws" not in lines.one("job announced")
