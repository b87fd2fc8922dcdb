"""The spans of a job form a tree, and its log lines belong to it, whatever happened to the job."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest
import requests

from chalicelib import trace_ids
from chalicelib.pipeline.accepting import named_id
from chalicelib.trace_ids import SpanRef
from tests.observe.stage import SETTLED_SECONDS, Stage
from tests.observe.tap import Record, Span
from tests.observe.trees import Tree, tree
from tests.observe.truth import Line
from tests.waiting import wait_for
from tests.wreck import failures, moments, workers
from tests.wreck.jobs import Job as Wreck
from tests.wreck.jobs import Jobs

CALLER = SpanRef("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
"""The example of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers"""

KILLED_SECONDS = 120
"""A killed worker delays its job by its lease of 45 s."""

STEPS = ("step done", "step skipped", "step retried", "step failed")


@dataclass(frozen=True)
class Posted:
    """A job, and the answer to the request that has made it."""

    job_id: str
    answer: requests.Response

    @property
    def request(self) -> SpanRef:
        """The span of the request, as the answer says it."""
        found = trace_ids.of_traceparent(self.answer.headers["traceparent"])
        assert found is not None
        return found


@dataclass(frozen=True)
class Traced:
    """Jobs of each fate."""

    plain: Posted
    called: Posted
    failed: Posted
    retry: Posted
    cancelled: Posted
    twin: Posted
    killed: Posted
    killed_in_a_segment: str
    """It was written into the table by hand, so no request has made it."""

    @property
    def posted(self) -> dict[str, Posted]:
        found = vars(self).items()
        return {name: posted for name, posted in found if isinstance(posted, Posted)}


POSTED = ("plain", "called", "failed", "retry", "cancelled", "twin", "killed")


@pytest.fixture(scope="module")
def traced(stage: Stage) -> Traced:
    # These take the longest, so they begin first.
    killed, killed_job = _killed(stage)
    cut = Jobs(stage.client, stage.backstage, stage.sources).assembled()
    moment = moments.named("assemble, before UploadPartCopy")
    with workers.caught(stage.rigged, cut, moment) as process:
        workers.kill(process)
    plain = _posted(stage, file_ids=[stage.sources.put(b"plain").file_id])
    headers = {"traceparent": CALLER.traceparent}
    called = _posted(stage, headers, file_ids=[stage.sources.put(b"called").file_id])
    nowhere = stage.sources.new_prefix()
    failed = _posted(stage, prefix=nowhere)
    cancelled = _cancelled(stage)
    with stage.rigged.proxies["sqs"].failing(failures.repeated):
        twin = _posted(stage, file_ids=[stage.sources.put(b"twin").file_id])
        stage.client.completed(twin.job_id)
    stage.client.ended(failed.job_id)
    stage.sources.put_at(nowhere, "now", b"it is there")
    answer = stage.client.post(f"/v1/export/{failed.job_id}/retry")
    retry = Posted(str(answer.json()["jobId"]), answer)
    killed_job.seconds(KILLED_SECONDS)
    cut.seconds(KILLED_SECONDS)
    stage.settle()
    return Traced(plain, called, failed, retry, cancelled, twin, killed, cut.job_id)


def _posted(stage: Stage, headers: dict[str, str] | None = None, **asked: object) -> Posted:
    answer = stage.client.post("/v1/export", asked, headers=headers)
    assert answer.status_code == 202, answer.text
    return Posted(str(answer.json()["jobId"]), answer)


def _killed(stage: Stage) -> tuple[Posted, Wreck]:
    """Kills the worker that plans a job. Returns what was posted, and how to wait for the end."""
    user, key = f"user-{uuid4()}", str(uuid4())
    job_id = named_id([user], key)
    file = stage.sources.put(b"killed")
    posted: list[Posted] = []

    def begin() -> None:
        asked = {"file_ids": [file.file_id], "user_id": user}
        posted.append(_posted(stage, {"Idempotency-Key": key}, **asked))

    def ended() -> bool:
        return stage.table.job(job_id).status not in ("queued", "processing")

    job = Wreck(job_id, [file], begin, ended)
    with workers.caught(stage.rigged, job, moments.named("plan, before HeadObject")) as process:
        workers.kill(process)
    assert posted[0].job_id == job_id
    return posted[0], job


def _cancelled(stage: Stage) -> Posted:
    """Cancels a job while a worker reads its files."""
    prefix = stage.sources.new_prefix()
    stage.sources.put_many(prefix, ((str(number), b"slow") for number in range(20)))
    posted = _posted(stage, prefix=prefix)
    wait_for(
        lambda: stage.client.job(posted.job_id)["status"] == "processing", 30, "a job that works"
    )
    assert stage.client.cancel(posted.job_id).ok
    return posted


@pytest.fixture(scope="module")
def lines(stage: Stage, traced: Traced) -> Sequence[Line]:
    """The lines of all functions."""
    return stage.logs.lines()


@pytest.fixture(scope="module")
def spans(stage: Stage, traced: Traced, lines: Sequence[Line]) -> Sequence[Span]:
    """All spans, once those of the lines are there."""
    wanted = {(line.facts["trace"], line.facts["span"]) for line in lines if "span" in line.facts}
    assert wanted

    def missing() -> set[tuple[object, object]]:
        return wanted - {(span.trace, span.span) for span in stage.tap.spans()}

    wait_for(lambda: not missing(), SETTLED_SECONDS, "each line's span", pause=0.5)
    return stage.tap.spans()


@pytest.fixture(scope="module")
def records(stage: Stage, spans: Sequence[Span]) -> Sequence[Record]:
    return stage.tap.records()


def _tree(stage: Stage, job_id: str, spans: Sequence[Span]) -> Tree:
    job = stage.table.job(job_id)
    return tree(spans, job.root_span, job.caller)


def _steps(lines: Sequence[Line], job_id: str) -> list[Line]:
    digest = trace_ids.job_digest(job_id)
    return [it for it in lines if it.event in STEPS and it.facts.get("job") == digest]


@pytest.mark.parametrize("name", POSTED)
def test_the_spans_of_a_job_form_a_tree_with_its_request(
    name: str, stage: Stage, traced: Traced, spans: Sequence[Span]
) -> None:
    posted = traced.posted[name]

    found = _tree(stage, posted.job_id, spans)

    asked = f"/v1/export/{traced.failed.job_id}/retry" if name == "retry" else "/v1/export"
    assert found.root.name == "export"
    assert [(it.trace, it.span) for it in found.children(f"POST {stage.client.route(asked)}")] == [
        (posted.request.trace, posted.request.span)
    ]
    assert posted.answer.json()["traceId"] == found.root.trace


@pytest.mark.parametrize("name", POSTED)
def test_each_attempt_of_a_step_is_in_the_tree_or_linked_to_it(
    name: str, stage: Stage, traced: Traced, lines: Sequence[Line], spans: Sequence[Span]
) -> None:
    job_id = traced.posted[name].job_id
    root = stage.table.job(job_id).root_span

    attempts = _steps(lines, job_id)

    assert attempts
    known = {(span.trace, span.span): span for span in spans}
    for line in attempts:
        span = known[line.facts["trace"], line.facts["span"]]
        assert span.name == line.facts["step"]
        if span.trace == root.trace:
            assert span.parent == root.span
        else:
            assert (span.parent, span.links) == ("", [(root.trace, root.span)])


@pytest.mark.parametrize("name", POSTED)
def test_the_root_lasts_from_the_request_to_the_end(
    name: str, stage: Stage, traced: Traced, spans: Sequence[Span]
) -> None:
    job = stage.table.job(traced.posted[name].job_id)

    root = _tree(stage, job.job_id, spans).root

    assert job.asked_at is not None
    assert (root.begin // 10**6, root.end // 10**6) == (job.asked_at, job.updated_at)
    assert root.is_error == (job.status == "failed")
    assert root["longhaul.job"] == trace_ids.job_digest(job.job_id)


def test_a_caller_finds_the_job_in_its_own_trace(
    stage: Stage, traced: Traced, spans: Sequence[Span]
) -> None:
    root = _tree(stage, traced.called.job_id, spans).root

    assert (root.trace, root.parent) == (CALLER.trace, CALLER.span)


def test_a_retry_is_linked_to_the_job_that_it_retries(
    stage: Stage, traced: Traced, spans: Sequence[Span]
) -> None:
    root = _tree(stage, traced.retry.job_id, spans).root

    first = stage.table.job(traced.failed.job_id).root_span
    assert root.links == [(first.trace, first.span)]


def test_after_a_kill_the_next_attempt_is_in_the_tree(
    stage: Stage, traced: Traced, spans: Sequence[Span]
) -> None:
    plans = _tree(stage, traced.killed.job_id, spans).children("plan")

    assert [span["longhaul.attempt"] for span in plans] == [2]


def test_a_job_of_segments_is_a_tree_after_a_kill(
    stage: Stage, traced: Traced, lines: Sequence[Line], spans: Sequence[Span]
) -> None:
    found = _tree(stage, traced.killed_in_a_segment, spans)

    done = Counter(
        str(line.facts["step"])
        for line in _steps(lines, traced.killed_in_a_segment)
        if line.facts["trace"] == found.root.trace
    )
    assert Counter(it.name for it in found.spans if it.parent == found.root.span) == done
    assert done["assemble"] >= 2
    # The net has sent the dead worker's segment again.
    assert done["watch"] >= 1


def test_all_attempts_of_twins_are_told(
    stage: Stage, traced: Traced, lines: Sequence[Line], spans: Sequence[Span]
) -> None:
    attempts = _steps(lines, traced.twin.job_id)

    assert len(attempts) >= 3
    assert len({(line.facts["trace"], line.facts["span"]) for line in attempts}) == len(attempts)


# Other tests may have killed the shipper. What it had posted and could not write down comes twice.


def test_no_span_comes_twice_while_the_shipper_lives(stage: Stage, spans: Sequence[Span]) -> None:
    since = int(stage.observe.started_at * 10**9)
    counted = Counter((span.trace, span.span) for span in spans if span.end >= since)

    assert counted
    assert [span for span, times in counted.items() if times > 1] == [], stage.observe.said()


def test_a_span_that_comes_twice_says_the_same_both_times(spans: Sequence[Span]) -> None:
    first: dict[tuple[str, str], Span] = {}

    assert [it for it in spans if it != first.setdefault((it.trace, it.span), it)] == []


def test_each_line_comes_once_as_a_record_of_its_trace(stage: Stage, traced: Traced) -> None:
    since = int(stage.observe.started_at * 1000)

    def same() -> bool:
        lines = [line for line in stage.logs.lines() if line.logged_at >= since]
        came = Counter(_known_record(it) for it in stage.tap.records() if it.logged_at >= since)
        written = Counter(map(_known_line, lines))
        return bool(lines) and all(came[key] == times for key, times in written.items())

    wait_for(same, SETTLED_SECONDS, "a record for each line", pause=0.5)


def _known_line(line: Line) -> tuple[str, str, str]:
    """Returns by what a line can be told from others: event, trace, span."""
    trace = line.facts.get("trace") or line.facts.get("job") or ""
    return line.event, str(trace), str(line.facts.get("span") or "")


def _known_record(record: Record) -> tuple[str, str, str]:
    return record.body, record.trace, record.span


def test_the_records_of_a_job_have_its_trace(
    stage: Stage, traced: Traced, records: Sequence[Record]
) -> None:
    digest = trace_ids.job_digest(traced.plain.job_id)

    own = [record.body for record in records if record.trace == digest]
    assert {"request", "job accepted", "job started", "step done", "job ended"} <= set(own)


def test_no_backend_is_told_the_id_of_a_job(stage: Stage, records: Sequence[Record]) -> None:
    text = stage.tap.text()

    known = {job.job_id for job in stage.table.jobs()} | stage.client.job_ids
    assert len(known) > len(POSTED)
    assert not [job_id for job_id in known if job_id in text]
    ended = [job.job_id for job in stage.table.jobs()]
    assert all(trace_ids.job_digest(job_id) in text for job_id in ended)
