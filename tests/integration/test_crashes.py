"""A worker dies before or after any of its requests to AWS. The job still completes."""

import pytest

from chalicelib.jobs.model import Job
from chalicelib.jobs.store import JobStore
from tests.archives import check_archive, noise
from tests.integration.effects import (
    ALL_TOLD,
    ANNOUNCE_SENT,
    ARCHIVE_LOOKED_FOR,
    ARCHIVE_RECORDED,
    ASSEMBLING_REPORTED,
    CHECKSUMS_KEPT,
    CHECKSUMS_LOOKED_FOR,
    DONE_SEGMENTS_READ,
    FILE_LOOKED_UP,
    FILE_READ,
    FILES_LISTED,
    FINALIZING_REPORTED,
    INDEX_READ,
    INDEX_STORED,
    JOB_COMPLETED,
    JOB_READ,
    JOB_STARTED,
    MESSAGE_HIDDEN,
    PART_COPIED,
    PART_UPLOADED,
    PARTS_LISTED,
    PLAN_FIXED,
    PLAN_READ,
    PLAN_STORED,
    PLANNING_REPORTED,
    REQUEST_READ,
    SECOND_PART_UPLOADED,
    SECOND_SEGMENT_COUNTED,
    SECTION_KEPT,
    SECTION_READ,
    SEGMENT_COUNTED,
    SEGMENTS_SENT,
    STEPS_RECORDED,
    THIRD_PART_UPLOADED,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    VERSIONS_ASKED_FOR,
    Effect,
    before_and_after,
    crashing,
    unnamed,
)
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests, listening

pytestmark = pytest.mark.usefixtures("small_layout")

FILES = {"a": noise(1, 9 * UNIT), "b": noise(2, 9 * UNIT), "c": noise(3, 17 * UNIT)}

OF_ONE_WORKER = (
    MESSAGE_HIDDEN,
    JOB_READ,
    JOB_STARTED,
    VERSIONS_ASKED_FOR,
    FILES_LISTED,
    CHECKSUMS_LOOKED_FOR,
    FILE_LOOKED_UP,
    ARCHIVE_LOOKED_FOR,
    INDEX_STORED,
    UPLOAD_OPENED,
    PLAN_FIXED,
    PARTS_LISTED,
    FILE_READ,
    PART_COPIED,
    PART_UPLOADED,
    THIRD_PART_UPLOADED,
    CHECKSUMS_KEPT,
    PART_UPLOADED.then(MESSAGE_HIDDEN),
    UPLOAD_COMPLETED,
    ARCHIVE_RECORDED,
    JOB_COMPLETED,
    ANNOUNCE_SENT,
    *(ANNOUNCE_SENT.then(effect) for effect in (MESSAGE_HIDDEN, JOB_READ)),
    ALL_TOLD,
)
"""Everything that the only worker of an archive does, and the announcer after it."""

OF_A_LARGE_ONE = (REQUEST_READ, PLANNING_REPORTED, PLAN_STORED, INDEX_STORED)
"""What it does besides if the request and the plan are large, and planning takes a while."""

OF_SEVERAL_WORKERS = (
    DONE_SEGMENTS_READ,
    SEGMENTS_SENT,
    STEPS_RECORDED,
    *(
        SEGMENTS_SENT.then(effect)
        for effect in (
            MESSAGE_HIDDEN,
            JOB_READ,
            INDEX_READ,
            DONE_SEGMENTS_READ,
            PLAN_READ,
            FILE_READ,
        )
    ),
    PART_UPLOADED,
    PART_COPIED,
    SECOND_PART_UPLOADED,
    CHECKSUMS_KEPT,
    ASSEMBLING_REPORTED,
    SECTION_KEPT,
    SEGMENT_COUNTED,
    SEGMENT_COUNTED.then(ASSEMBLING_REPORTED),
    SECOND_SEGMENT_COUNTED,
    SECOND_SEGMENT_COUNTED.then(ASSEMBLING_REPORTED),
    SECTION_READ,
    FINALIZING_REPORTED,
    *(FINALIZING_REPORTED.then(effect) for effect in (PLAN_READ, MESSAGE_HIDDEN, PART_UPLOADED)),
    UPLOAD_COMPLETED,
    ARCHIVE_RECORDED,
    JOB_COMPLETED,
    ANNOUNCE_SENT,
    ALL_TOLD,
)
"""What several workers do when the plan is there."""


def _export(stack: Stack) -> str:
    stack.put_files(FILES, unknown="b")
    return export(prefix="in/")


def _crash_and_run_again(stack: Stack, effect: Effect, *, after: bool) -> None:
    """The worker dies once. Then its message comes back."""
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()
    assert stack.run_queue() == []


@before_and_after
@pytest.mark.parametrize("effect", OF_ONE_WORKER, ids=str)
def test_an_archive_of_one_worker_survives_its_death(
    stack: Stack,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _export(stack)

    _crash_and_run_again(stack, effect, after=after)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


@before_and_after
@pytest.mark.parametrize("effect", OF_A_LARGE_ONE, ids=str)
def test_a_large_archive_of_one_worker_survives_its_death(
    stack: Stack,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.limit(short_request=0, small_plan=0)
    job_id = _export(stack)

    def time_passes(_: str, __: object) -> None:
        stack.clock.advance(seconds=1)

    with listening(time_passes):
        _crash_and_run_again(stack, effect, after=after)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


@before_and_after
@pytest.mark.parametrize("effect", OF_SEVERAL_WORKERS, ids=str)
def test_an_archive_of_several_workers_survives_the_death_of_one(
    stack: Stack,
    small_segments: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.limit(small_plan=0)
    job_id = _export(stack)

    _crash_and_run_again(stack, effect, after=after)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


def test_every_request_of_one_worker_has_one_of_these_effects(
    stack: Stack, requests: Requests
) -> None:
    _export(stack)
    requests.clear()

    stack.run_queue()

    assert unnamed(requests, OF_ONE_WORKER) == []


def test_every_request_of_several_workers_has_one_of_these_effects(
    stack: Stack, small_segments: None, requests: Requests
) -> None:
    stack.limit(small_plan=0)
    _export(stack)
    stack.send(stack.planned())
    requests.clear()

    stack.run_queue()

    assert unnamed(requests, OF_SEVERAL_WORKERS) == []


def test_a_finished_archive_that_was_not_recorded_is_not_built_again(
    stack: Stack, requests: Requests
) -> None:
    job_id = _export(stack)
    with crashing(UPLOAD_COMPLETED, after=True):
        stack.run_queue()
    before = stack.services.archive.head(f"archives/{job_id}.zip")
    stack.wake()
    requests.clear()

    failed = stack.run_queue()

    assert failed == []
    assert not requests.count().keys() & {"CreateMultipartUpload", "UploadPart"}
    assert status(job_id)["status"] == "completed"
    assert stack.services.archive.head(f"archives/{job_id}.zip") == before


def test_an_upload_that_somebody_aborted_fails_the_job(stack: Stack) -> None:
    job_id = _export(stack)
    with crashing(PART_COPIED):
        stack.run_queue()
    key, upload = stack.job(job_id).archive_key, stack.plan(job_id).upload
    stack.services.archive.abort_upload(key, upload)
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    assert "aborted" in status(job_id)["error"]["detail"]


def test_a_job_whose_objects_were_all_deleted_fails_with_that_reason(
    stack: Stack, small_segments: None
) -> None:
    stack.limit(short_request=0)
    job_id = _export(stack)
    segment, *_ = stack.planned()
    for key in stack.stored(f"jobs/{job_id}/"):
        stack.services.archive.delete(key)

    stack.run(segment)

    assert status(job_id)["status"] == "failed"
    assert "what was asked for is not stored any more" in status(job_id)["error"]["detail"]


def test_a_job_with_a_short_request_survives_the_loss_of_all_its_objects(
    stack: Stack, small_segments: None
) -> None:
    job_id = _export(stack)
    segment, *_ = stack.planned()
    for key in stack.stored(f"jobs/{job_id}/"):
        stack.services.archive.delete(key)

    stack.run(segment)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


def test_a_plan_whose_write_was_sent_twice_is_kept(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = _export(stack)
    once = JobStore.set_plan

    def twice(*args: object, **kwargs: object) -> Job | None:
        once(*args, **kwargs)  # type: ignore[arg-type]  # whatever it takes
        return once(*args, **kwargs)  # type: ignore[arg-type]  # botocore's retry

    monkeypatch.setattr(JobStore, "set_plan", twice)

    stack.run_queue()

    assert status(job_id)["status"] == "completed"
