"""The same export again: after it has completed, and after it has failed."""

import pytest

from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources, noise


def _retry(api: Api, job_id: str) -> str:
    answer = api.post(f"/v1/export/{job_id}/retry")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["jobId"])


def test_an_export_of_the_same_files_reuses_the_archive(api: Api, sources: Sources) -> None:
    files = [sources.put(noise(2000)), sources.put(noise(3000), filename="b.bin")]
    asked = [file.file_id for file in files]
    first = api.completed(api.export(file_ids=asked, filename="first.zip"))

    second = api.completed(api.export(file_ids=asked, filename="second.zip"))

    assert second["result"]["reusedFrom"] == first["jobId"]
    assert second["result"]["s3Key"] == first["result"]["s3Key"]
    assert second["expiresAt"] == first["expiresAt"]
    downloaded = api.follow(api.link(second["jobId"]))
    assert "second.zip" in downloaded.headers["Content-Disposition"]
    check_archive(downloaded.content, files, job_id=first["jobId"])


@pytest.mark.parametrize("more", [{"fresh": True}, {"user_id": "another"}])
def test_a_fresh_export_or_another_user_gets_a_new_archive(
    api: Api, sources: Sources, more: dict[str, object]
) -> None:
    file = sources.put(noise(2000))
    api.completed(api.export(file_ids=[file.file_id]))

    own = api.completed(api.export(file_ids=[file.file_id], **more))

    assert "reusedFrom" not in own["result"]
    check_archive(api.archive(own["jobId"]), [file], job_id=own["jobId"])


def test_a_file_that_was_overwritten_is_exported_as_it_is_now(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    sources.put_at(prefix, "a", b"old")
    api.completed(api.export(prefix=prefix))
    now = sources.put_at(prefix, "a", b"new")

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    check_archive(api.archive(job_id), [now], job_id=job_id)


def test_a_failed_job_can_be_retried_after_its_cause_is_fixed(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    failed = api.ended(api.export(prefix=prefix))
    file = sources.put_at(prefix, "a", b"there now")

    retry = api.completed(_retry(api, failed["jobId"]))

    assert failed["status"] == "failed"
    assert retry["retryOf"] == failed["jobId"]
    check_archive(api.archive(retry["jobId"]), [file], job_id=retry["jobId"])


def test_a_retry_takes_over_the_upload_of_the_failed_job(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file = sources.put(noise(3000))
    failed = handmade.failed(backstage, file)

    retry = api.completed(_retry(api, failed))

    assert retry["result"]["s3Key"] == f"archives/{failed}.zip"
    assert not backstage.uploads(failed)
    check_archive(api.archive(retry["jobId"]), [file], job_id=failed)


def test_a_second_click_makes_no_second_job(api: Api, sources: Sources) -> None:
    failed = api.ended(api.export(prefix=sources.new_prefix()))["jobId"]

    assert _retry(api, failed) == _retry(api, failed)


def test_a_completed_job_is_not_retried(api: Api, sources: Sources) -> None:
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    api.completed(job_id)

    answer = api.post(f"/v1/export/{job_id}/retry")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:longhaul:not-retryable"
