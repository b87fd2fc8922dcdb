"""A retry takes over what was uploaded for the failed job, where that is still right."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.model import Failure
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline import steps
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.reuse import UPLOAD_AGE_MS
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from chalicelib.s3 import clients
from tests.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing, listening, s3_error

REASON = Failure("given-up", "The job was given up", "it was tried five times")
FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}


@contextmanager
def _denied(operation: str) -> Iterator[None]:
    """AWS allows no such request."""

    def deny(name: str, _: object) -> tuple[int, object, object] | None:
        return s3_error(403, "AccessDenied") if name == operation else None

    with listening(deny):
        yield


@pytest.fixture
def failed(stack: Stack, small_segments: None) -> str:
    """A job that has failed when two of its segments were there."""
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content)
    return _failed(stack, export(prefix="in/"))


def _failed(stack: Stack, job_id: str) -> str:
    first, second, *others = stack.planned()
    assert stack.run(first)
    assert stack.run(second)
    with _denied("UploadPart"), _denied("UploadPartCopy"):
        assert all(stack.run(message) for message in others)
    assert status(job_id)["error"]["type"].endswith("access-denied")
    return job_id


def _retry(job_id: str, key: str = "-") -> str:
    answer = call("POST", f"/v1/export/{job_id}/retry", headers={"Idempotency-Key": key})
    assert answer.status == 202
    return str(answer.body["jobId"])


def _retried(stack: Stack, job_id: str) -> str:
    """The completed retry of a job."""
    retry = _retry(job_id)
    assert stack.run_queue() == []
    assert status(retry)["status"] == "completed"
    return retry


def _archive(stack: Stack, job_id: str) -> bytes | None:
    return stack.services.archive.read(stack.job(job_id).archive_key)


def _uploaded(requests: Requests) -> Counter[tuple[str, str]]:
    """How often each part was uploaded, by the upload and the part's number."""
    made = requests.of("UploadPart") + requests.of("UploadPartCopy")
    return Counter((part["uploadId"], part["partNumber"]) for part in made)


def _parts(stack: Stack, job_id: str) -> set[tuple[str, str]]:
    """The parts that a planned job's upload has."""
    job = stack.job(job_id)
    assert job.plan
    there = stack.services.archive.list_parts(job.archive_key, job.plan.upload)
    return {(job.plan.upload, str(part.number)) for part in there}


def test_no_part_is_uploaded_twice(stack: Stack, failed: str, requests: Requests) -> None:
    before = _parts(stack, failed)

    retry = _retried(stack, failed)

    after = _uploaded(requests)
    assert len(before) == 2
    assert not before & after.keys()
    assert set(after.values()) == {1}
    assert {upload for upload, _ in after} == {upload for upload, _ in before}
    check_archive(_archive(stack, retry), FILES)


def test_the_archive_lies_and_expires_as_the_failed_jobs_would_have(
    stack: Stack, failed: str
) -> None:
    stack.clock.advance(seconds=1800)

    retry = _retried(stack, failed)

    assert status(retry)["result"]["s3Key"] == f"archives/{failed}.zip"
    assert "reusedFrom" not in status(retry)["result"]
    assert status(retry)["expiresAt"] == status(failed)["expiresAt"]
    assert check_archive(_archive(stack, retry), FILES)["jobId"] == failed


def test_the_archive_of_a_retry_can_be_downloaded_and_given_out_again(
    stack: Stack, failed: str
) -> None:
    retry = _retried(stack, failed)
    again = export(prefix="in/")

    stack.run_queue()

    assert call("GET", f"/v1/export/{retry}/download").status == 200
    assert status(again)["result"]["reusedFrom"] == retry
    check_archive(_archive(stack, again), FILES)


def test_a_list_of_missing_files_is_taken_over_too(stack: Stack, small_segments: None) -> None:
    for name, content in FILES.items():
        stack.put_file(name, content)
    job_id = _failed(stack, export(keys=[*FILES, "gone"]))

    retry = _retried(stack, job_id)

    assert status(retry)["result"]["missing"] == ["gone"]
    check_archive(_archive(stack, retry), FILES, ("gone",))


def test_a_fresh_export_that_failed_takes_over_its_own_upload(
    stack: Stack, small_segments: None
) -> None:
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content)
    job_id = _failed(stack, export(prefix="in/", fresh=True))

    retry = _retried(stack, job_id)

    assert stack.job(retry).home == job_id


def test_a_retry_that_fails_leaves_it_to_the_next(
    stack: Stack, failed: str, requests: Requests
) -> None:
    before = _parts(stack, failed)
    first = _retry(failed)
    with _denied("UploadPart"), _denied("UploadPartCopy"):
        stack.run_queue()
    requests.clear()

    second = _retried(stack, first)

    assert status(first)["status"] == "failed"
    assert not before & _uploaded(requests).keys()
    assert stack.job(second).home == failed
    check_archive(_archive(stack, second), FILES)


def test_another_retry_of_the_first_takes_it_over_from_the_last(stack: Stack, failed: str) -> None:
    first = _retry(failed, "one")
    with _denied("UploadPart"), _denied("UploadPartCopy"):
        stack.run_queue()

    other = _retry(failed, "other")
    stack.run_queue()

    assert status(first)["status"] == "failed"
    assert stack.job(other).home == failed
    check_archive(_archive(stack, other), FILES)


def test_a_retry_that_could_not_even_plan_is_no_obstacle(stack: Stack, failed: str) -> None:
    first = _retry(failed)
    with _denied("ListObjectsV2"):
        stack.run_queue()

    second = _retried(stack, first)

    assert status(first)["status"] == "failed"
    assert stack.job(second).home == failed


def test_what_is_left_is_to_complete_the_archive(
    stack: Stack, small_segments: None, requests: Requests
) -> None:
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content)
    job_id = export(prefix="in/")
    with _denied("CompleteMultipartUpload"):
        stack.run_queue()
    before = _parts(stack, job_id)
    requests.clear()

    retry = _retried(stack, job_id)

    assert set(_uploaded(requests)) < before  # the last ones, which hold the central directory
    check_archive(_archive(stack, retry), FILES)


def test_an_archive_that_was_completed_at_the_last_moment_is_taken_over(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.put_file("in/a", FILES["a"])
    job_id = export(prefix="in/")
    with crashing("CompleteMultipartUpload", after=True), pytest.raises(Crash):
        stack.run_queue()
    stack.services.jobs.fail(job_id, stack.clock(), REASON)
    requests.clear()

    retry = _retried(stack, job_id)

    assert not _uploaded(requests)
    check_archive(_archive(stack, retry), {"a": FILES["a"]})


def test_a_nested_archives_segments_are_taken_over(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.lay_out_with(max_parts=4)
    files = {name: stack.put_file(f"in/{name}", noise(ord(name), 9 * UNIT)) for name in "abcdefghi"}
    job_id = _failed(stack, export(prefix="in/"))
    built = [found.key for found in stack.services.archive.list_objects(f"jobs/{job_id}/")]
    requests.clear()

    retry = _retried(stack, job_id)

    segments = {key for key in built if "/segment-" in key}
    opened = {asked["Key"] for asked in requests.of("CreateMultipartUpload")}
    assert segments
    assert not segments & opened
    check_archive(_archive(stack, retry), files)
    assert stack.uploads() == []


def _overwrite(stack: Stack) -> None:
    stack.put_file("in/a", noise(1, 9 * UNIT))


def _delete(stack: Stack) -> None:
    clients.s3().delete_object(Bucket="source-bucket", Key="in/a")


@pytest.mark.parametrize("change", [_overwrite, _delete])
def test_files_that_have_changed_are_uploaded_anew(
    stack: Stack, failed: str, change: Callable[[Stack], None]
) -> None:
    change(stack)

    retry = _retried(stack, failed)

    assert stack.job(retry).home == retry
    stack.discard_what_is_due()
    assert stack.uploads() == []
    assert _archive(stack, retry) is not None


def test_an_upload_that_is_gone_is_made_anew(stack: Stack, failed: str) -> None:
    job = stack.job(failed)
    assert job.plan
    stack.services.archive.abort_upload(job.archive_key, job.plan.upload)

    retry = _retried(stack, failed)

    assert stack.job(retry).home == retry
    check_archive(_archive(stack, retry), FILES)


def test_an_upload_that_s3_may_soon_abort_is_made_anew(stack: Stack, failed: str) -> None:
    stack.clock.advance(seconds=UPLOAD_AGE_MS / 1000 + 1)

    retry = _retried(stack, failed)

    assert stack.job(retry).home == retry
    check_archive(_archive(stack, retry), FILES)


def test_a_plan_that_is_gone_is_made_anew(stack: Stack, failed: str) -> None:
    job = stack.job(failed)
    assert job.plan
    stack.services.archive.delete(places.index(failed, job.plan.digest))

    assert stack.job(_retried(stack, failed)).home != failed


def test_a_finished_archive_of_the_same_files_comes_first(stack: Stack, failed: str) -> None:
    other = export(prefix="in/")
    stack.run_queue()

    retry = _retried(stack, failed)

    assert status(retry)["result"]["reusedFrom"] == other
    stack.discard_what_is_due()
    assert stack.uploads() == []
    check_archive(_archive(stack, retry), FILES)


def test_of_two_retries_one_gets_the_upload(stack: Stack, failed: str) -> None:
    one, other = _retry(failed, "one"), _retry(failed, "other")
    for plan in stack.take_messages():
        steps.run(plan, stack.services, None)

    assert stack.run_queue() == []

    homes = {stack.job(one).home, stack.job(other).home}
    assert homes in ({failed, one}, {failed, other})
    check_archive(_archive(stack, one), FILES)
    check_archive(_archive(stack, other), FILES)
    stack.discard_what_is_due()
    assert stack.uploads() == []


def test_an_upload_that_nobody_retries_is_thrown_away(stack: Stack, failed: str) -> None:
    stack.discard_what_is_due()

    assert stack.uploads() == []
    assert stack.job(_retried(stack, failed)).home != failed


def test_until_then_it_is_kept(stack: Stack, failed: str) -> None:
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 - 1)
    sweep(stack.services)
    stack.run(Message(Step.DISCARD, failed))

    assert stack.uploads() == [f"archives/{failed}.zip"]


def test_an_upload_that_was_taken_over_is_not_thrown_away(stack: Stack, failed: str) -> None:
    retry = _retry(failed)
    messages = stack.planned()
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    assert stack.run(Message(Step.DISCARD, failed))

    assert not {"wakeAt", "wakeShard"} & stack.item(failed).keys()
    assert all(stack.run(message) for message in messages)
    check_archive(_archive(stack, retry), FILES)


def test_an_upload_that_a_retry_has_claimed_waits_for_it(stack: Stack, failed: str) -> None:
    retry = _retry(failed)
    stack.services.jobs.claim(stack.job(failed), retry)
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    stack.services.queue.send([Message(Step.DISCARD, failed)], "anonymous")
    stack.run_queue()

    assert stack.job(retry).home == failed
    check_archive(_archive(stack, retry), FILES)


def test_an_upload_whose_heir_has_ended_without_it_is_thrown_away(
    stack: Stack, failed: str
) -> None:
    retry = _retry(failed)
    stack.services.jobs.claim(stack.job(failed), retry)
    call("DELETE", f"/v1/export/{retry}")

    stack.discard_what_is_due()

    assert stack.uploads() == []


def test_an_upload_whose_heir_has_made_its_own_is_thrown_away(stack: Stack, failed: str) -> None:
    retry = _retry(failed)
    stack.services.jobs.claim(stack.job(failed), retry)
    _overwrite(stack)
    assert stack.run_queue() == []

    stack.discard_what_is_due()

    assert stack.uploads() == []
    assert stack.job(retry).home == retry
    assert _archive(stack, retry) is not None


def test_what_a_cancelled_retry_has_taken_over_goes_at_once(stack: Stack, failed: str) -> None:
    retry = _retry(failed)
    stack.planned()

    call("DELETE", f"/v1/export/{retry}")
    stack.run_queue()

    assert stack.uploads() == []
    stack.discard_what_is_due()
    assert stack.archive(failed) is None


def test_a_late_worker_of_the_failed_job_does_no_harm(stack: Stack, failed: str) -> None:
    retry = _retry(failed)
    job = stack.job(failed)
    assert job.plan
    late = [Message(Step.ASSEMBLE, failed, n) for n in range(job.plan.segments)]
    late += [Message(Step.FINALIZE, failed), Message(Step.PLAN, failed)]
    messages = stack.planned()

    assert all(stack.run(message) for message in (*late, *messages, *late))

    check_archive(_archive(stack, retry), FILES)


def test_a_late_worker_that_completes_the_upload_completes_the_retrys(
    stack: Stack, small_layout: None
) -> None:
    stack.put_file("in/a", FILES["a"])
    job_id = export(prefix="in/")
    retries: list[str] = []

    def fail_and_retry(operation: str, _: object) -> None:
        if operation == "CompleteMultipartUpload" and not retries:
            stack.services.jobs.fail(job_id, stack.clock(), REASON)
            retries.append(_retry(job_id))

    with listening(fail_and_retry):
        stack.run_queue()

    assert status(retries[0])["status"] == "completed"
    assert stack.job(retries[0]).home == job_id
    check_archive(_archive(stack, retries[0]), {"a": FILES["a"]})


def test_an_upload_that_was_taken_over_is_not_taken_for_an_abandoned_one(
    stack: Stack, failed: str
) -> None:
    _retry(failed)
    stack.planned()
    stack.clock.advance(seconds=7200)
    stack.run(Message(Step.DISCARD, failed))

    assert abort_abandoned(stack.services) == 0
    assert stack.uploads() == [f"archives/{failed}.zip"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        *(("GetItem", nth) for nth in range(1, 5)),
        *(("UpdateItem", nth) for nth in range(1, 5)),
        *(("GetObject", nth) for nth in range(1, 4)),
        ("ListObjectsV2", 1),
        ("ListParts", 1),
        ("SendMessageBatch", 1),
        ("ChangeMessageVisibility", 1),
    ],
)
def test_a_worker_that_dies_while_it_takes_over_leaves_it_to_another(
    stack: Stack,
    failed: str,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    retry = _retry(failed)
    with crashing(operation, nth=nth, after=after), pytest.raises(Crash):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    assert stack.job(retry).home == failed
    check_archive(_archive(stack, retry), FILES)
    stack.discard_what_is_due()
    assert stack.uploads() == []
    check_archive(_archive(stack, retry), FILES)
