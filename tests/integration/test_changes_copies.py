"""Copies aside of files that have changed: they stay as long as a job needs them, no longer."""

import pytest

from chalicelib.jobs.request import Wanted
from tests.archives import check_archive
from tests.integration.changes import CHANGED, FILES, accepted, copies_aside, with_changed
from tests.integration.effects import PLAN_FIXED, PLAN_SENT, SEGMENT_COUNTED, crashing
from tests.integration.gateway import call, cancel, retry
from tests.integration.stack import Stack
from tests.integration.wire import Requests


@pytest.fixture
def failed(stack: Stack, planned: str) -> str:
    """The id of a job that has failed when its upload was half done. It has kept a copy of `a`."""
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_SENT.then(SEGMENT_COUNTED), after=True):
        stack.run_queue()
    stack.give_up(planned)
    stack.take_messages()
    assert copies_aside(stack)
    return planned


def test_a_file_under_two_names_is_copied_aside_once(
    stack: Stack, small_segments: None, aged: None, requests: Requests
) -> None:
    job_id = accepted(stack, Wanted(key="in/a", name="one"), Wanted(key="in/a", name="two"))
    stack.send(stack.planned())
    stack.put_file("in/a", CHANGED["a"])

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), {"one": CHANGED["a"], "two": CHANGED["a"]})
    assert requests.count()["CopyObject"] == 1


def test_a_copy_that_is_gone_is_made_again(stack: Stack, planned: str) -> None:
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_FIXED, after=True):
        stack.run_queue()
    stack.services.archive.delete_all(copies_aside(stack))
    stack.wake()

    assert stack.run_queue() == []

    assert stack.job(planned).changes == 2
    check_archive(stack.archive(planned), with_changed("a"))


def test_a_job_that_was_cancelled_leaves_no_copy(stack: Stack, planned: str) -> None:
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_FIXED, after=True):
        stack.run_queue()
    assert copies_aside(stack)

    assert cancel(planned).status == 202
    stack.wake()
    stack.run_queue()
    stack.discard_what_is_due()

    assert copies_aside(stack) == []
    assert stack.uploads() == []


def test_a_retry_takes_the_copies_over(stack: Stack, failed: str, requests: Requests) -> None:
    job_id = retry(failed)

    assert stack.run_queue() == []

    assert stack.job(job_id).home == failed
    check_archive(stack.archive(job_id), with_changed("a"))
    assert requests.count()["CopyObject"] == 0
    assert copies_aside(stack) == []


def test_a_retry_whose_copies_are_gone_is_planned_again(stack: Stack, failed: str) -> None:
    stack.services.archive.delete_all(copies_aside(stack))
    job_id = retry(failed)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), with_changed("a"))
    stack.discard_what_is_due()
    assert copies_aside(stack) == []
    assert stack.uploads() == []


def test_what_was_built_from_a_copy_is_reused_while_the_file_stays_so(
    stack: Stack, planned: str
) -> None:
    stack.put_file("in/a", CHANGED["a"])
    assert stack.run_queue() == []

    again = stack.completed(prefix="in/")
    stack.put_file("in/a", FILES["a"])
    other = stack.completed(prefix="in/")

    assert stack.job(again).reused_from == planned
    assert stack.job(other).reused_from is None
    check_archive(stack.archive(other), FILES)


def test_a_deleted_job_leaves_no_copy(stack: Stack, failed: str) -> None:
    assert call("DELETE", f"/v1/export/{failed}").status == 204
    stack.run_queue()

    assert copies_aside(stack) == []
