"""A worker that dies at any of its requests, before or after AWS has done it: the job completes."""

import pytest

from chalicelib.jobs.model import Job
from chalicelib.jobs.store import JobStore
from tests.archives import check_archive, noise
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, crashing

pytestmark = pytest.mark.usefixtures("small_layout")

FILES = {"a": noise(1, 9 * UNIT), "b": noise(2, 9 * UNIT), "c": noise(3, 17 * UNIT)}


def _export(stack: Stack) -> str:
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content, checksum=name != "b")
    return export(prefix="in/")


def _crash_and_run_again(stack: Stack, operation: str, nth: int, *, after: bool) -> None:
    """The worker dies once; then its message comes back."""
    with crashing(operation, nth=nth, after=after), pytest.raises(Crash):
        stack.run_queue()
    stack.wake()
    assert stack.run_queue() == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        ("GetItem", 1),
        ("UpdateItem", 1),  # processing
        ("UpdateItem", 2),  # the first report
        ("UpdateItem", 3),  # the plan
        ("UpdateItem", 4),
        ("GetObject", 1),  # the request
        ("GetObject", 3),
        ("ListObjectsV2", 1),
        ("HeadObject", 1),
        ("PutObject", 1),  # the plan
        ("PutObject", 2),  # its index
        ("CreateMultipartUpload", 1),
        ("ListParts", 1),
        ("ListParts", 2),
        ("UploadPart", 1),
        ("UploadPart", 3),
        ("UploadPartCopy", 1),
        ("CompleteMultipartUpload", 1),
        ("ChangeMessageVisibility", 1),
    ],
)
def test_an_archive_of_one_worker_survives_its_death(
    stack: Stack,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _export(stack)

    _crash_and_run_again(stack, operation, nth, after=after)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        ("SendMessageBatch", 1),  # the segments
        ("SendMessageBatch", 2),  # finalize
        ("UpdateItem", 4),  # a report
        ("UpdateItem", 5),  # the first segment is done
        ("UpdateItem", 9),
        ("PutObject", 3),  # the share of the tail
        ("UploadPart", 2),
        ("CompleteMultipartUpload", 1),
    ],
)
def test_an_archive_of_several_workers_survives_the_death_of_one(
    stack: Stack,
    small_segments: None,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _export(stack)

    _crash_and_run_again(stack, operation, nth, after=after)

    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


def test_a_finished_archive_whose_record_was_not_written_is_not_built_again(
    stack: Stack,
) -> None:
    job_id = _export(stack)
    with crashing("CompleteMultipartUpload", after=True), pytest.raises(Crash):
        stack.run_queue()
    before = stack.services.archive.head(f"archives/{job_id}.zip")
    stack.wake()

    with crashing("CreateMultipartUpload"), crashing("UploadPart"):
        failed = stack.run_queue()

    assert failed == []
    assert status(job_id)["status"] == "completed"
    assert stack.services.archive.head(f"archives/{job_id}.zip") == before


def test_an_upload_that_somebody_aborted_fails_the_job(stack: Stack) -> None:
    job_id = _export(stack)
    with crashing("UploadPartCopy"), pytest.raises(Crash):
        stack.run_queue()
    job = stack.job(job_id)
    assert job.plan is not None
    stack.services.archive.abort_upload(job.archive_key, job.plan.upload)
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    assert "aborted" in status(job_id)["error"]["detail"]


def test_a_job_of_which_everything_was_deleted_fails_with_that_reason(
    stack: Stack, small_segments: None
) -> None:
    job_id = _export(stack)
    segment, *_ = stack.planned()
    for found in stack.services.archive.list_objects(f"jobs/{job_id}/"):
        stack.services.archive.delete(found.key)

    stack.run(segment)

    assert status(job_id)["status"] == "failed"
    assert "what was asked for is not stored any more" in status(job_id)["error"]["detail"]


def test_a_plan_that_was_written_is_kept_though_the_answer_was_lost(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = _export(stack)
    once = JobStore.set_plan

    def and_again(*args: object, **kwargs: object) -> Job | None:
        once(*args, **kwargs)  # type: ignore[arg-type]
        return once(*args, **kwargs)  # type: ignore[arg-type] # botocore's retry

    monkeypatch.setattr(JobStore, "set_plan", and_again)

    stack.run_queue()

    assert status(job_id)["status"] == "completed"
