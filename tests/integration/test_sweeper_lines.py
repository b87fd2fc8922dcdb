"""What the sweeper's line says of each run."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.errors import Unavailable
from chalicelib.jobs.due import DueJobs
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline import swept
from chalicelib.pipeline.sweeper import SWEEPS_MAX, sweep
from chalicelib.queue.queue import Queue
from tests.integration.gateway import cancel, export
from tests.integration.stack import Stack
from tests.unit import emf_schema
from tests.unit.samples import Events

COUNTS = ("openJobs", "waiting", "announcementsWaiting", "deadLetters")


@pytest.fixture
def lines(stack: Stack) -> Events:
    lines = Events()
    stack.services = replace(stack.services, log=lines)
    stack.put_file("downloads/10001", b"one")
    return lines


def _swept(stack: Stack, lines: Events) -> dict[str, Any]:
    lines.kept.clear()
    sweep(stack.services)
    (facts,) = [facts for event, facts in lines.kept if event == "swept"]
    return facts


def _dead_letters(stack: Stack, letters: int) -> None:
    for number in range(letters):
        url = stack.services.settings.dead_letter_queue_url
        aws.sqs().send_message(QueueUrl=url, MessageBody=str(number))


def test_a_run_that_finds_nothing_says_so(stack: Stack, lines: Events) -> None:
    assert _swept(stack, lines) == {
        **dict.fromkeys(COUNTS, 0),
        "woken": 0,
        "givenUp": 0,
        "discarded": 0,
        "announcedAgain": 0,
        "ms": 0,
    }


def test_it_counts_open_jobs_and_what_waits(stack: Stack, lines: Events) -> None:
    for _ in range(3):
        export(file_ids=[10001], fresh=True)
    cancel(export(file_ids=[10001]))
    _dead_letters(stack, 2)

    line = _swept(stack, lines)

    # The cancelled job's step is still in the queue, and its end is to be announced.
    assert [line[name] for name in COUNTS] == [3, 4, 1, 2]


def test_a_dead_letter_that_is_tried_again_later_counts(stack: Stack, lines: Events) -> None:
    _dead_letters(stack, 1)
    url = stack.services.settings.dead_letter_queue_url
    aws.sqs().receive_message(QueueUrl=url, VisibilityTimeout=360)

    assert _swept(stack, lines)["deadLetters"] == 1


def test_it_says_what_it_has_done(stack: Stack, lines: Events) -> None:
    woken, hopeless, ended = (export(file_ids=[10001], fresh=True) for _ in range(3))
    cancel(ended)
    stack.take_messages()
    stack.take_announcements()
    stack.services.jobs.table.update(
        hopeless, "x", "SET sweeps = :most", {"most": {"N": str(SWEEPS_MAX)}}
    )
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    line = _swept(stack, lines)

    assert (line["woken"], line["givenUp"], line["discarded"]) == (1, 1, 1)
    assert line["announcedAgain"] == 1
    assert line["openJobs"] == 1
    assert stack.job(woken).status == "queued"


@pytest.mark.parametrize("error", [Unavailable("no answer"), KeyError("a bug")], ids=repr)
def test_a_count_that_fails_is_null_and_fails_nothing(
    stack: Stack, lines: Events, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(DueJobs, "count", failing)
    monkeypatch.setattr(Queue, "held", failing)
    stack.configure(metric_namespace="a")
    export(file_ids=[10001])
    stack.take_messages()
    stack.clock.advance(seconds=91)

    line = _swept(stack, lines)

    assert [line[name] for name in COUNTS] == [None, 0, 0, None]
    assert line["woken"] == 1
    assert lines.names.count("not counted") == 2
    assert emf_schema.check(line) == {"waiting": 0, "woken": 1}


def test_a_queue_of_announcements_that_does_not_answer_is_null(
    stack: Stack, lines: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Queue.waiting

    def failing(self: Queue) -> int:
        if "Announcement" in self.url:
            raise Unavailable("no answer")
        return waiting(self)

    monkeypatch.setattr(Queue, "waiting", failing)

    assert [_swept(stack, lines)[name] for name in COUNTS] == [0, 0, None, 0]


def test_a_run_that_has_taken_long_counts_nothing_more(
    stack: Stack, lines: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(file_ids=[10001])
    monkeypatch.setattr(
        "chalicelib.pipeline.sweeper._sweep_jobs",
        lambda *_: stack.clock.advance(seconds=swept.COUNT_WITHIN_MS / 1000 + 1),
    )

    line = _swept(stack, lines)

    assert (line["openJobs"], line["deadLetters"]) == (None, None)
    assert line["ms"] > swept.COUNT_WITHIN_MS


def test_only_the_beginning_of_a_long_shard_is_counted(stack: Stack) -> None:
    asked: list[dict[str, Any]] = []

    class Endless:
        def query(self, **more: Any) -> dict[str, Any]:
            asked.append(more)
            return {"Count": 1000, "LastEvaluatedKey": {"jobId": {"S": "x"}}}

    table = replace(stack.services.due_jobs.table, client=Endless())  # type: ignore[arg-type]  # a stand-in
    assert DueJobs(table).count(range(4), 5) == 20_000
    assert len(asked) == 20
    assert {one["Select"] for one in asked} == {"COUNT"}


def test_without_a_queue_of_dead_letters_they_are_not_counted(stack: Stack, lines: Events) -> None:
    stack.services = replace(stack.services, dead_letters=None)

    assert _swept(stack, lines)["deadLetters"] is None


def test_the_line_makes_metrics_where_a_namespace_is_set(stack: Stack, lines: Events) -> None:
    stack.configure(metric_namespace="Longhaul/stack")
    export(file_ids=[10001])

    line = _swept(stack, lines)

    assert emf_schema.check(line) == {"openJobs": 1, "waiting": 1, "deadLetters": 0, "woken": 0}
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
