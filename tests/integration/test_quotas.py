"""What a job may have, and what a user may export on a day."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import QuotaExceeded
from chalicelib.jobs import places
from chalicelib.jobs.model import user_mark
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import (
    DAY_COUNTED,
    PLAN_FIXED,
    UPLOAD_OPENED,
    Effect,
    before_and_after,
    crashing,
)
from tests.integration.gateway import Answer, call, cancel, export, post_export, retry, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import DENIED, Requests, answering

OVER = "urn:problem-type:longhaul:quota-exceeded"
UPLOADING = {"CreateMultipartUpload", "UploadPart", "UploadPartCopy"}
TODAY, MIDNIGHT = "2026-05-28", "2026-05-29T00:00:00Z"
UNTIL_MIDNIGHT = 12_800  # seconds
HUNDRED: dict[str, Any] = {"file_ids": [10001, 10002], "user_id": "ann", "fresh": True}
"""An export of a hundred bytes, which is built each time."""


@pytest.fixture(autouse=True)
def files(stack: Stack) -> None:
    for name, size in (("10001", 60), ("10002", 40), ("10003", 1)):
        stack.put_file(f"downloads/{name}", noise(size, size))


def _used(stack: Stack, user_id: str = "ann") -> int:
    return stack.services.quotas.used(user_id, stack.clock())


def _post(key: str | None = None, **body: Any) -> Answer:
    return post_export({**HUNDRED, **body}, key=key)


def _done(stack: Stack, **body: Any) -> str:
    return stack.completed(**{**HUNDRED, **body})


def _failed(stack: Stack, **body: Any) -> str:
    """Lets an export fail for a quota. Returns the job's id."""
    job_id = export(**body)
    assert stack.run_queue() == []
    assert status(job_id)["error"]["type"] == OVER
    return job_id


def _why(job_id: str) -> str:
    return str(status(job_id)["error"]["detail"])


# -- a job ----------------------------------------------------------------------------------------


def test_a_request_that_names_too_many_files_is_refused(stack: Stack) -> None:
    stack.configure(max_files_per_job=2)
    stack.limit(short_request=0)
    fits = _post()
    refused = _post(file_ids=[10001, 10002, 10003])

    assert fits.status == 202
    assert (refused.status, refused.body["type"]) == (422, OVER)
    assert refused.body["detail"] == (
        "these are 3 files, and an export may have 2; export fewer at a time"
    )
    assert "Retry-After" not in refused.headers
    assert len(stack.stored("jobs/")) == len(stack.take_messages()) == 1


def test_a_prefix_with_too_many_files_fails_before_anything_is_uploaded(
    stack: Stack, requests: Requests
) -> None:
    stack.configure(max_files_per_job=2)

    job_id = _failed(stack, prefix="downloads/")

    assert _why(job_id) == "these are 3 files, and an export may have 2; export fewer at a time"
    assert not requests.count().keys() & UPLOADING
    stack.configure(max_files_per_job=3)
    assert stack.completed(prefix="downloads/")


def test_an_export_of_too_many_bytes_fails_before_anything_is_uploaded(
    stack: Stack, requests: Requests
) -> None:
    stack.configure(max_bytes_per_job=99)

    job_id = _failed(stack, **HUNDRED)

    assert _why(job_id) == (
        "these files have 100 bytes, and an export may have 99; export fewer at a time"
    )
    assert not requests.count().keys() & UPLOADING
    stack.configure(max_bytes_per_job=100)
    assert _done(stack)


def test_a_retry_is_held_to_the_limits_too(stack: Stack) -> None:
    stack.configure(max_bytes_per_job=99)
    job_id = _failed(stack, **HUNDRED)
    stack.configure(max_bytes_per_job=0, max_files_per_job=1)

    with pytest.raises(QuotaExceeded, match="these are 2 files") as refusal:
        accepting.retry(stack.services, stack.job(job_id))

    assert refusal.value.status == 422


def test_a_repeated_request_gets_its_job_though_a_limit_is_lower_now(stack: Stack) -> None:
    first = _post(key="k")
    stack.configure(max_files_per_job=1)

    again = _post(key="k")

    assert (again.status, again.body["jobId"]) == (202, first.body["jobId"])
    assert _post(key="other").status == 422


def test_a_job_that_is_planned_again_goes_on_though_limits_are_lower_now(
    stack: Stack, small_segments: None
) -> None:
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}
    stack.put_files(files)
    job_id = export(prefix="in/")
    stack.send(stack.planned())
    stack.services = replace(stack.services, plan_version=stack.services.plan_version + 1)
    stack.configure(max_files_per_job=1, max_bytes_per_job=1, max_bytes_per_user_per_day=1)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), files)
    assert _used(stack, "anonymous") == 0


# -- a day ----------------------------------------------------------------------------------------


def test_without_a_quota_nothing_is_counted(stack: Stack, requests: Requests) -> None:
    _done(stack)

    assert _used(stack) == 0
    asked = [item["Key"]["jobId"]["S"] for item in requests.of("UpdateItem")]
    assert not [key for key in asked if key.startswith("quota/")]


def test_a_day_that_is_used_up_is_named_with_its_end(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=200)
    for _ in "12":
        _done(stack)
    stored = stack.stored("jobs/")

    refused = _post()

    assert (refused.status, refused.body["type"]) == (429, OVER)
    assert refused.headers["Retry-After"] == str(UNTIL_MIDNIGHT)
    assert refused.body["detail"] == (
        f"you may export 200 bytes a day, and 200 are used; this ends at {MIDNIGHT}"
    )
    assert stack.stored("jobs/") == stored
    assert stack.take_messages() == []


def test_the_next_day_begins_anew(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=100)
    _done(stack)
    stack.clock.advance(seconds=UNTIL_MIDNIGHT - 1)
    before = _post()
    stack.clock.advance(seconds=1)

    assert (before.status, before.headers["Retry-After"]) == (429, "1")
    assert _done(stack)


def test_an_export_that_does_not_fit_into_the_day_fails_with_its_end(
    stack: Stack, requests: Requests
) -> None:
    stack.configure(max_bytes_per_user_per_day=199)
    _done(stack)
    requests.clear()

    job_id = _failed(stack, **HUNDRED)

    assert _why(job_id) == (
        f"these files have 100 bytes, and you may export 199 a day, of which 100 were used on "
        f"{TODAY}; retry this job after {MIDNIGHT}"
    )
    assert not requests.count().keys() & UPLOADING
    assert _used(stack) == 100
    stack.clock.advance(seconds=UNTIL_MIDNIGHT)
    again = retry(job_id)
    assert stack.run_queue() == []
    assert status(again)["status"] == "completed"


def test_an_export_that_is_larger_than_a_day_fails(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=99)

    job_id = _failed(stack, **HUNDRED)

    assert _why(job_id) == (
        "these files have 100 bytes, and you may export 99 a day; export fewer at a time"
    )


def test_what_a_job_is_told_fits_into_its_record(stack: Stack) -> None:
    huge = 10**17
    stack.configure(max_bytes_per_user_per_day=huge)
    stack.services.quotas.count(stack.job(export(**HUNDRED)), huge - 1, huge)

    stack.take_messages()

    job_id = _failed(stack, **HUNDRED)

    assert _why(job_id).endswith(MIDNIGHT)


def test_each_user_has_a_day_of_their_own(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=100)
    _done(stack)

    assert _post().status == 429
    assert _post(user_id="bo").status == 202


def test_an_archive_that_is_there_already_is_not_counted(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=150)
    first = _done(stack)

    second = _done(stack, fresh=False)

    assert status(second)["result"]["reusedFrom"] == first
    assert _used(stack) == 100


def test_a_repeated_request_gets_its_job_though_the_day_is_used_up(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=100)
    first = _post(key="k")
    stack.run_queue()

    again = _post(key="k")

    assert (again.status, again.body["jobId"]) == (202, first.body["jobId"])
    assert _post(key="other").status == 429


def test_a_cancelled_job_stays_counted(stack: Stack, small_segments: None) -> None:
    stack.configure(max_bytes_per_user_per_day=10**9)
    stack.put_files({name: noise(ord(name), 9 * UNIT) for name in "ab"})
    job_id = export(prefix="in/", user_id="ann")
    stack.planned()

    cancel(job_id)

    assert _used(stack) == 18 * UNIT


@before_and_after
@pytest.mark.parametrize("effect", [DAY_COUNTED, UPLOAD_OPENED, PLAN_FIXED], ids=str)
def test_a_job_counts_once_though_its_worker_dies(
    stack: Stack,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.configure(max_bytes_per_user_per_day=150)
    job_id = export(**HUNDRED)
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    assert status(job_id)["status"] == "completed"
    assert _used(stack) == 100


def test_a_job_whose_planning_goes_over_midnight_counts_once(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=150)
    stack.clock.advance(seconds=UNTIL_MIDNIGHT - 1)
    job_id = export(**HUNDRED)
    with crashing(UPLOAD_OPENED):
        stack.run_queue()
    stack.clock.advance(seconds=60)
    stack.wake()

    assert stack.run_queue() == []

    assert status(job_id)["status"] == "completed"
    assert _used(stack) == 0
    assert stack.item(places.quota(user_mark("ann"), TODAY))["bytesUsed"] == {"N": "100"}


def test_files_that_are_read_first_are_counted_before(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.limit(batch_bytes=8 * UNIT)
    stack.put_files({"a": noise(1, 50 * UNIT)}, unknown="a")
    stack.configure(max_bytes_per_user_per_day=50 * UNIT)
    body = {"prefix": "in/", "user_id": "ann", "fresh": True}
    first, second = export(**body), export(**body)

    assert stack.run_queue() == []

    assert {status(first)["status"], status(second)["status"]} == {"completed", "failed"}
    assert _used(stack) == 50 * UNIT
    assert sum(requests.source_reads()) < 2 * 50 * UNIT + UNIT  # for the CRC-32, and to build


def test_a_retry_that_takes_over_an_upload_is_not_counted_again(
    stack: Stack, small_segments: None
) -> None:
    stack.configure(max_bytes_per_user_per_day=36 * UNIT + 1)
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}
    stack.put_files(files)
    failed = export(prefix="in/", user_id="ann")
    first, *others = stack.planned()
    assert stack.run(first)
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        assert all(stack.run(message) for message in others)

    again = retry(failed)
    assert stack.run_queue() == []

    assert stack.job(again).home == failed
    check_archive(stack.archive(again), files)
    assert _used(stack) == 36 * UNIT


def test_a_job_that_is_planned_again_is_not_counted_again(
    stack: Stack, small_segments: None
) -> None:
    stack.configure(max_bytes_per_user_per_day=36 * UNIT + 1)
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}
    stack.put_files(files)
    job_id = export(prefix="in/", user_id="ann")
    stack.send(stack.planned())
    stack.services = replace(stack.services, plan_version=stack.services.plan_version + 1)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), files)
    assert _used(stack) == 36 * UNIT


def test_twins_count_a_job_once(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=10**9)
    job_id = export(**HUNDRED)
    stack.send([Message(Step.PLAN, job_id)] * 3)

    stack.run_queue()

    assert _used(stack) == 100


def test_jobs_at_the_same_time_never_count_more_than_the_day_has(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=1000)
    asked = ExportRequest(file_ids=(10001, 10002), user_id="ann")
    jobs = [accepting.accept(stack.services, "ann", asked, None).job for _ in range(30)]

    with stack.services.pools(15) as pool:
        counted = list(pool.map(lambda job: stack.services.quotas.count(job, 100, 1000), jobs * 2))

    assert counted.count(None) == 20
    assert _used(stack) == 1000


def test_a_quota_is_no_job(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=1000)
    job_id = _done(stack)

    listed = call("GET", "/v1/export", query={"user_id": "ann"}).body["jobs"]

    assert [job["jobId"] for job in listed] == [job_id]
    assert call("GET", f"/v1/export/quota%2F{user_mark('ann')}%2F{TODAY}").status == 404
