"""The function dies while somebody is added to those who are told, or others write at that moment:
all are told, once."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.errors import NotFound, Unavailable
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import Notify
from chalicelib.pipeline import deleting, notifying
from chalicelib.pipeline.sweeper import sweep
from tests.integration.effects import Crash
from tests.integration.gateway import BASE, cancel, export
from tests.integration.receiving import URL, Receiver, announce, notify, shown, told
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, answering, listening


def _crashing(number: int) -> Callable[[str, dict[str, Any]], None]:
    left = number

    def hook(operation: str, _: dict[str, Any]) -> None:
        nonlocal left
        if operation in ("PutItem", "UpdateItem", "SendMessageBatch"):
            if left == 0:
                raise Crash(operation)
            left -= 1

    return hook


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_crash_between_any_two_writes_is_mended_by_the_same_request(
    stack: Stack, receiver: Receiver, number: int, *, after: bool, is_open: bool
) -> None:
    job_id = export(file_ids=[10001])
    if not is_open:
        cancel(job_id)
        announce(stack)
    job = stack.job(job_id)
    asked = Notify(url=URL)

    crashed = False
    with listening(_crashing(number), after=after):
        try:
            notifying.notify(stack.services, job, asked, BASE)
        except Crash:
            crashed = True
    if is_open:
        cancel(job_id)
    announce(stack)
    early = len(receiver.posts)
    if crashed:
        notifying.notify(stack.services, stack.job(job_id), asked, BASE)
    announce(stack)

    assert early <= 1
    assert 1 <= len(receiver.posts) <= early + 1
    assert len({notice_id for _, notice_id, _ in receiver.posts}) == 1
    assert [one["status"] for one in told(job_id)] == ["sent"]


def test_an_announcement_that_is_lost_is_sent_by_the_sweeper(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    with answering(TABLE_IS_DOWN, "SendMessageBatch", "SendMessage"):
        assert notify(ended, {"url": URL}).status == 202
    stack.clock.advance(seconds=120)

    sweep(stack.services)
    announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("after", [False, True])
def test_a_job_that_ends_at_this_moment_is_told(
    stack: Stack, receiver: Receiver, number: int, *, after: bool
) -> None:
    job_id = export(file_ids=[10001])
    job = stack.job(job_id)
    left = [number]

    def ends(operation: str, _: dict[str, Any]) -> None:
        if operation in ("PutItem", "UpdateItem"):
            left[0] -= 1
            if left[0] == -1:
                cancel(job_id)
                announce(stack)

    with listening(ends, after=after):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)
    announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]
    assert told(job_id) == [shown(URL, status="sent", attempts=1)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_of_a_job_that_is_deleted_at_this_moment_nothing_is_kept(
    stack: Stack, receiver: Receiver, ended: str, number: int
) -> None:
    job = stack.job(ended)
    left = [number]

    def deletes(operation: str, _: dict[str, Any]) -> None:
        if operation in ("PutItem", "UpdateItem"):
            left[0] -= 1
            if left[0] == -1:
                deleting.delete(stack.services, job)
                stack.run_queue()

    with listening(deletes), pytest.raises(NotFound):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)
    announce(stack)

    assert receiver.posts == []
    assert stack.services.notices.get(ended) is None


def test_two_requests_at_once_are_both_kept(stack: Stack, receiver: Receiver, ended: str) -> None:
    job: Job = stack.job(ended)
    others = [Notify(email="bob@example.org")]

    def comes_between(operation: str, _: dict[str, Any]) -> None:
        if operation == "PutItem" and others:
            notifying.notify(stack.services, job, others.pop(), BASE)

    with listening(comes_between):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)

    assert {one["to"] for one in told(ended)} == {URL, "bob@example.org"}


def test_a_table_that_is_down_is_a_problem_that_can_be_told(
    stack: Stack, receiver: Receiver, ended: str, no_backoff: None
) -> None:
    job = stack.job(ended)

    with answering(TABLE_IS_DOWN, "UpdateItem"), pytest.raises(Unavailable):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)

    assert stack.services.notices.get(ended) is None
