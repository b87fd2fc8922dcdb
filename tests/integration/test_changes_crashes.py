"""Workers that find the same change, come late or die: the change counts once, and is not lost."""

from dataclasses import dataclass, replace
from typing import NoReturn

import pytest

from chalicelib.jobs.model import file_mark
from chalicelib.pipeline import steps
from chalicelib.pipeline.lease import Lease
from chalicelib.s3.archive_bucket import ArchiveBucket
from tests.archives import check_archive
from tests.integration.changes import CHANGED, copies_aside, rewrite, with_changed
from tests.integration.effects import (
    CHANGE_COUNTED,
    COPIES_DELETED,
    COPY_LOOKED_FOR,
    COPY_TAKEN,
    FILE_COPIED,
    FILE_READ,
    JOB_COMPLETED,
    PART_UPLOADED,
    PLAN_FIXED,
    PLAN_SENT,
    UPLOAD_ABORTED,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    Crash,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import export
from tests.integration.stack import Stack


def test_a_twin_does_not_count_the_same_fault_again(stack: Stack, planned: str) -> None:
    waiting = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    (faulty,) = (one for one in waiting if one.number == 0)

    with before(CHANGE_COUNTED, lambda: stack.run(faulty)):
        stack.run(faulty)

    job = stack.job(planned)
    assert (job.status, job.changes) == ("completed", 1)
    check_archive(stack.archive(planned), with_changed("a"))


@pytest.mark.parametrize("moment", [FILE_READ, CHANGE_COUNTED], ids=str)
def test_a_change_that_a_dead_twin_has_counted_is_not_forgotten(
    stack: Stack, planned: str, moment: Effect
) -> None:
    waiting = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    (faulty,) = (one for one in waiting if one.number == 0)

    def twin() -> None:
        """Has the same message, and dies before it can send `plan`."""
        job = stack.job(planned)
        stack.services.jobs.plan_again(job, job.plan, stack.clock(), file_mark("in/a"))

    with before(moment, twin):
        assert not stack.run(faulty)
    stack.wake()

    assert stack.run_queue() == []
    assert stack.job(planned).changes == 1
    check_archive(stack.archive(planned), with_changed("a"))


@dataclass(frozen=True, slots=True)
class DyingBucket(ArchiveBucket):
    """The archive bucket, as a worker has it that dies before it has uploaded anything."""

    def upload_part(self, *_: object, **__: object) -> NoReturn:
        raise Crash(PART_UPLOADED)


def test_a_plan_that_a_dead_twin_has_made_anew_is_not_forgotten(stack: Stack, aged: None) -> None:
    job_id = export(prefix="in/")
    (plan,) = stack.take_messages()

    def twin() -> None:
        """Has the same message. It comes twice, and dies each time."""
        stack.put_file("in/a", CHANGED["a"])
        job = stack.job(job_id)
        stack.services.jobs.plan_again(job, job.plan, stack.clock(), file_mark("in/a"))
        # The first worker's threads upload meanwhile: only the twin must die.
        archive = stack.services.archive
        dying = DyingBucket(archive.client, archive.name, archive.fast)
        with pytest.raises(Crash):
            steps.run(plan, Lease(replace(stack.services, archive=dying), job_id, None))

    with before(FILE_READ, twin):
        assert not stack.run(plan)
    stack.wake()

    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), with_changed("a"))


def test_the_messages_of_the_old_plan_come_to_nothing(stack: Stack, planned: str) -> None:
    old = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    for message in old:
        assert stack.run(message)
    stack.put_file("in/b", CHANGED["b"])

    assert all(stack.run(message) for message in old * 2)

    assert stack.job(planned).changes == 1
    check_archive(stack.archive(planned), with_changed("a"))


def test_a_plan_of_before_the_change_is_not_taken(stack: Stack, aged: None) -> None:
    job_id = export(prefix="in/")
    (plan,) = stack.take_messages()

    def twin() -> None:
        stack.put_file("in/a", CHANGED["a"])
        job = stack.job(job_id)
        stack.services.jobs.plan_again(job, None, stack.clock(), file_mark("in/a"))

    with before(PLAN_FIXED, twin):
        assert not stack.run(plan)
    assert stack.job(job_id).plan is None
    assert stack.uploads() == []

    # The twin has died before it could send `plan`: the message that is left does it.
    assert stack.run(plan)

    check_archive(stack.archive(job_id), with_changed("a"))


LINES = (
    CHANGE_COUNTED,
    *(
        CHANGE_COUNTED.then(effect)
        for effect in (
            PLAN_SENT,
            COPY_LOOKED_FOR,
            FILE_COPIED,
            FILE_COPIED.then(COPY_LOOKED_FOR),
            UPLOAD_OPENED,
            PLAN_FIXED,
            UPLOAD_ABORTED,
            COPY_TAKEN,
            UPLOAD_COMPLETED,
            JOB_COMPLETED,
            COPIES_DELETED,
        )
    ),
)


@before_and_after
@pytest.mark.parametrize("effect", LINES, ids=str)
def test_a_worker_that_dies_at_any_line_of_it_loses_nothing(
    stack: Stack,
    aged: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _dies_and_loses_nothing(stack, effect, after=after)


@before_and_after
@pytest.mark.parametrize("effect", [CHANGE_COUNTED, CHANGE_COUNTED.then(PLAN_SENT)], ids=str)
def test_one_of_several_workers_that_dies_of_it_loses_nothing(
    stack: Stack,
    small_segments: None,
    aged: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _dies_and_loses_nothing(stack, effect, after=after)


def _dies_and_loses_nothing(stack: Stack, effect: Effect, *, after: bool) -> None:
    job_id = export(prefix="in/")
    with before(PLAN_FIXED, rewrite(stack, "a")), crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("completed", 1)
    check_archive(stack.archive(job_id), with_changed("a"))
    stack.discard_what_is_due()
    assert copies_aside(stack) == []
