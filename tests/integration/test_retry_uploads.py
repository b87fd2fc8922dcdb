"""A retry takes over what was uploaded for the failed job, if it is still right."""

from collections import Counter
from collections.abc import Callable

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.reuse import UPLOAD_AGE_MS
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import (
    ARCHIVE_LOOKED_FOR,
    CHECKSUMS_LOOKED_FOR,
    DONE_SEGMENTS_READ,
    FILE_LOOKED_UP,
    FILES_LISTED,
    INDEX_READ,
    JOB_READ,
    JOB_STARTED,
    MESSAGE_HIDDEN,
    OTHER_JOB_READ,
    PARTS_LISTED,
    PLAN_ADOPTED,
    REQUEST_READ,
    SEGMENTS_SENT,
    STEPS_RECORDED,
    UPLOAD_CLAIMED,
    UPLOAD_COMPLETED,
    Effect,
    before,
    before_and_after,
    crashing,
    unnamed,
)
from tests.integration.gateway import call, cancel, export, retry, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import DENIED, Requests, answering

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}


@pytest.fixture
def failed(stack: Stack, small_segments: None) -> str:
    """A job that has failed when two of its segments were done."""
    stack.put_files(FILES)
    return _failed(stack, export(prefix="in/"))


def _failed(stack: Stack, job_id: str) -> str:
    """Lets the planned job fail when two of its segments are done. Returns its id."""
    first, second, *others = stack.planned()
    assert stack.run(first)
    assert stack.run(second)
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        assert all(stack.run(message) for message in others)
    assert status(job_id)["error"]["type"].endswith("access-denied")
    return job_id


def _retried(stack: Stack, job_id: str) -> str:
    """Returns the id of a completed retry of the job."""
    again = retry(job_id)
    assert stack.run_queue() == []
    assert status(again)["status"] == "completed"
    return again


def _uploaded(requests: Requests) -> Counter[tuple[str, str]]:
    """Returns how often each part was uploaded, by the upload and the part's number."""
    made = requests.of("UploadPart") + requests.of("UploadPartCopy")
    return Counter((part["uploadId"], part["partNumber"]) for part in made)


def _parts(stack: Stack, job_id: str) -> set[tuple[str, str]]:
    """Returns the parts of a planned job's upload: the upload, and the part's number."""
    upload = stack.plan(job_id).upload
    return {(upload, str(number)) for number in stack.parts(job_id)}


def test_no_part_is_uploaded_twice(stack: Stack, failed: str, requests: Requests) -> None:
    before = _parts(stack, failed)

    again = _retried(stack, failed)

    after = _uploaded(requests)
    assert len(before) == 2
    assert not before & after.keys()
    assert set(after.values()) == {1}
    assert {upload for upload, _ in after} == {upload for upload, _ in before}
    check_archive(stack.archive(again), FILES)


def test_the_archive_has_the_key_and_the_expiry_of_the_failed_jobs(
    stack: Stack, failed: str
) -> None:
    stack.clock.advance(seconds=1800)

    again = _retried(stack, failed)

    assert status(again)["result"]["s3Key"] == f"archives/{failed}.zip"
    assert "reusedFrom" not in status(again)["result"]
    assert status(again)["expiresAt"] == status(failed)["expiresAt"]
    assert check_archive(stack.archive(again), FILES)["jobId"] == failed


def test_the_archive_of_a_retry_can_be_downloaded_and_reused(stack: Stack, failed: str) -> None:
    again = _retried(stack, failed)

    third = stack.completed(prefix="in/")

    assert call("GET", f"/v1/export/{again}/download").status == 200
    assert status(third)["result"]["reusedFrom"] == again
    check_archive(stack.archive(third), FILES)


def test_the_list_of_missing_files_is_taken_over_too(stack: Stack, small_segments: None) -> None:
    for name, content in FILES.items():
        stack.put_file(name, content)
    job_id = _failed(stack, export(keys=[*FILES, "gone"]))

    again = _retried(stack, job_id)

    assert status(again)["result"]["missing"] == ["gone"]
    check_archive(stack.archive(again), FILES, ("gone",))


def test_a_retry_does_not_take_over_what_a_deleted_job_has_uploaded(
    stack: Stack, small_segments: None
) -> None:
    for name, content in FILES.items():
        stack.put_file(name, content)
    job_id = _failed(stack, export(keys=[*FILES, "gone"]))
    again = retry(job_id)
    (plan,) = stack.take_messages()
    assert call("DELETE", f"/v1/export/{job_id}").status == 204
    discard = stack.take_messages()

    # The upload is still there: nobody has done the step `discard`.
    assert stack.run(plan)

    result = status(again)["result"]
    assert (result["missing"], [one["file"] for one in result["skipped"]]) == (["gone"], ["gone"])
    assert stack.job(again).home == again
    check_archive(stack.archive(again), FILES, ("gone",))
    assert all(stack.run(message) for message in discard)
    stack.discard_what_is_due()
    assert stack.uploads() == []


def test_a_fresh_export_that_failed_takes_over_its_own_upload(
    stack: Stack, small_segments: None
) -> None:
    stack.put_files(FILES)
    job_id = _failed(stack, export(prefix="in/", fresh=True))

    again = _retried(stack, job_id)

    assert stack.job(again).home == job_id


def test_a_retry_that_fails_leaves_the_upload_to_its_own_retry(
    stack: Stack, failed: str, requests: Requests
) -> None:
    before = _parts(stack, failed)
    first = retry(failed)
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        stack.run_queue()
    requests.clear()

    second = _retried(stack, first)

    assert status(first)["status"] == "failed"
    assert not before & _uploaded(requests).keys()
    assert stack.job(second).home == failed
    check_archive(stack.archive(second), FILES)


def test_a_second_retry_takes_the_upload_over_from_the_failed_first_one(
    stack: Stack, failed: str
) -> None:
    first = retry(failed, "one")
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        stack.run_queue()

    other = retry(failed, "other")
    stack.run_queue()

    assert status(first)["status"] == "failed"
    assert stack.job(other).home == failed
    check_archive(stack.archive(other), FILES)


def test_a_retry_that_failed_before_its_plan_leaves_the_upload_too(
    stack: Stack, failed: str
) -> None:
    first = retry(failed)
    with answering(DENIED, "ListObjectsV2"):
        stack.run_queue()

    second = _retried(stack, first)

    assert status(first)["status"] == "failed"
    assert stack.job(second).home == failed


def test_a_job_that_failed_at_its_last_request_is_only_completed(
    stack: Stack, small_segments: None, requests: Requests
) -> None:
    stack.put_files(FILES)
    job_id = export(prefix="in/")
    with answering(DENIED, "CompleteMultipartUpload"):
        stack.run_queue()
    before = _parts(stack, job_id)
    requests.clear()

    again = _retried(stack, job_id)

    assert set(_uploaded(requests)) < before  # the last ones, which hold the central directory
    check_archive(stack.archive(again), FILES)


def test_an_archive_that_was_finished_but_not_recorded_is_taken_over(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.put_file("in/a", FILES["a"])
    job_id = export(prefix="in/")
    with crashing(UPLOAD_COMPLETED, after=True):
        stack.run_queue()
    stack.give_up(job_id)
    requests.clear()

    again = _retried(stack, job_id)

    assert not _uploaded(requests)
    check_archive(stack.archive(again), {"a": FILES["a"]})


def test_a_nested_archives_segments_are_taken_over(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.lay_out_with(max_parts=4)
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcdefghi"}
    stack.put_files(files)
    job_id = _failed(stack, export(prefix="in/"))
    segments = {key for key in stack.stored(f"jobs/{job_id}/") if places.is_segment(key)}
    requests.clear()

    again = _retried(stack, job_id)

    opened = {asked["Key"] for asked in requests.of("CreateMultipartUpload")}
    assert segments
    assert not segments & opened
    check_archive(stack.archive(again), files)
    assert stack.uploads() == []


def _overwrite(stack: Stack) -> None:
    stack.put_file("in/a", noise(1, 9 * UNIT))


def _delete(stack: Stack) -> None:
    stack.delete_file("in/a")


@pytest.mark.parametrize("change", [_overwrite, _delete])
def test_if_the_files_have_changed_the_retry_opens_its_own_upload(
    stack: Stack, failed: str, change: Callable[[Stack], None]
) -> None:
    change(stack)

    again = _retried(stack, failed)

    assert stack.job(again).home == again
    stack.discard_what_is_due()
    assert stack.uploads() == []
    assert stack.archive(again) is not None


def test_if_the_upload_is_gone_the_retry_opens_its_own(stack: Stack, failed: str) -> None:
    stack.services.archive.abort_upload(stack.job(failed).archive_key, stack.plan(failed).upload)

    again = _retried(stack, failed)

    assert stack.job(again).home == again
    check_archive(stack.archive(again), FILES)


def test_if_s3_may_soon_abort_the_upload_the_retry_opens_its_own(stack: Stack, failed: str) -> None:
    stack.clock.advance(seconds=UPLOAD_AGE_MS / 1000 + 1)

    again = _retried(stack, failed)

    assert stack.job(again).home == again
    check_archive(stack.archive(again), FILES)


def test_if_the_plan_is_gone_the_retry_opens_its_own_upload(stack: Stack, failed: str) -> None:
    stack.services.archive.delete(places.index(failed, stack.plan(failed).digest))

    assert stack.job(_retried(stack, failed)).home != failed


def test_a_finished_archive_of_the_same_files_is_reused_instead(stack: Stack, failed: str) -> None:
    other = export(prefix="in/")
    stack.run_queue()

    again = _retried(stack, failed)

    assert status(again)["result"]["reusedFrom"] == other
    stack.discard_what_is_due()
    assert stack.uploads() == []
    check_archive(stack.archive(again), FILES)


def test_of_two_retries_one_gets_the_upload(stack: Stack, failed: str) -> None:
    one, other = retry(failed, "one"), retry(failed, "other")
    for plan in stack.take_messages():
        stack.do(plan)

    assert stack.run_queue() == []

    homes = {stack.job(one).home, stack.job(other).home}
    assert homes in ({failed, one}, {failed, other})
    check_archive(stack.archive(one), FILES)
    check_archive(stack.archive(other), FILES)
    stack.discard_what_is_due()
    assert stack.uploads() == []


def test_an_upload_that_is_not_retried_is_discarded(stack: Stack, failed: str) -> None:
    stack.discard_what_is_due()

    assert stack.uploads() == []
    assert stack.job(_retried(stack, failed)).home != failed


def test_an_upload_is_kept_until_then(stack: Stack, failed: str) -> None:
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 - 1)
    sweep(stack.services)
    stack.run(Message(Step.DISCARD, failed))

    assert stack.uploads() == [f"archives/{failed}.zip"]


def test_an_upload_that_was_taken_over_is_not_discarded(stack: Stack, failed: str) -> None:
    again = retry(failed)
    messages = stack.planned()
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    assert stack.run(Message(Step.DISCARD, failed))

    assert not {"wakeAt", "wakeShard"} & stack.item(failed).keys()
    assert all(stack.run(message) for message in messages)
    check_archive(stack.archive(again), FILES)


def test_an_upload_that_a_retry_has_claimed_is_kept_for_it(stack: Stack, failed: str) -> None:
    again = retry(failed)
    stack.services.jobs.claim(stack.job(failed), again)
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    stack.send([Message(Step.DISCARD, failed)])
    stack.run_queue()

    assert stack.job(again).home == failed
    check_archive(stack.archive(again), FILES)


def test_an_upload_whose_heir_was_cancelled_is_discarded(stack: Stack, failed: str) -> None:
    again = retry(failed)
    stack.services.jobs.claim(stack.job(failed), again)
    cancel(again)

    stack.discard_what_is_due()

    assert stack.uploads() == []


def test_an_upload_whose_heir_has_opened_its_own_is_discarded(stack: Stack, failed: str) -> None:
    again = retry(failed)
    stack.services.jobs.claim(stack.job(failed), again)
    _overwrite(stack)
    assert stack.run_queue() == []

    stack.discard_what_is_due()

    assert stack.uploads() == []
    assert stack.job(again).home == again
    assert stack.archive(again) is not None


def test_what_a_cancelled_retry_has_taken_over_is_discarded_at_once(
    stack: Stack, failed: str
) -> None:
    again = retry(failed)
    stack.planned()

    cancel(again)
    stack.run_queue()

    assert stack.uploads() == []
    stack.discard_what_is_due()
    assert stack.archive(failed) is None


def test_a_late_worker_of_the_failed_job_does_no_harm(stack: Stack, failed: str) -> None:
    again = retry(failed)
    late = [Message(Step.ASSEMBLE, failed, n) for n in range(stack.plan(failed).segments)]
    late += [Message(Step.FINALIZE, failed), Message(Step.PLAN, failed)]
    messages = stack.planned()

    assert all(stack.run(message) for message in (*late, *messages, *late))

    check_archive(stack.archive(again), FILES)


def test_a_late_worker_that_completes_the_upload_completes_the_retry(
    stack: Stack, small_layout: None
) -> None:
    stack.put_file("in/a", FILES["a"])
    job_id = export(prefix="in/")
    retries: list[str] = []

    def fail_and_retry() -> None:
        stack.give_up(job_id)
        retries.append(retry(job_id))

    with before(UPLOAD_COMPLETED, fail_and_retry):
        stack.run_queue()

    assert status(retries[0])["status"] == "completed"
    assert stack.job(retries[0]).home == job_id
    check_archive(stack.archive(retries[0]), {"a": FILES["a"]})


def test_an_upload_that_was_taken_over_is_not_abandoned(stack: Stack, failed: str) -> None:
    retry(failed)
    stack.planned()
    stack.clock.advance(seconds=7200)
    stack.run(Message(Step.DISCARD, failed))

    assert abort_abandoned(stack.services) == 0
    assert stack.uploads() == [f"archives/{failed}.zip"]


OF_THE_STEP = (
    MESSAGE_HIDDEN,
    JOB_READ,
    JOB_STARTED,
    REQUEST_READ,
    FILES_LISTED,
    CHECKSUMS_LOOKED_FOR,
    FILE_LOOKED_UP,
    ARCHIVE_LOOKED_FOR,
    OTHER_JOB_READ,
    INDEX_READ,
    PARTS_LISTED,
    UPLOAD_CLAIMED,
    PLAN_ADOPTED,
    PLAN_ADOPTED.then(INDEX_READ),
    DONE_SEGMENTS_READ,
    SEGMENTS_SENT,
    STEPS_RECORDED,
)
"""Everything that happens in the step that takes over the upload."""


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_STEP, ids=str)
def test_a_worker_that_dies_while_it_takes_over_leaves_it_to_another(
    stack: Stack,
    failed: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.limit(short_request=0)
    again = retry(failed)
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    assert stack.job(again).home == failed
    check_archive(stack.archive(again), FILES)
    stack.discard_what_is_due()
    assert stack.uploads() == []
    check_archive(stack.archive(again), FILES)


def test_every_request_of_the_step_has_one_of_these_effects(
    stack: Stack, failed: str, requests: Requests
) -> None:
    retry(failed)
    requests.clear()

    stack.planned()

    assert unnamed(requests, OF_THE_STEP) == []
