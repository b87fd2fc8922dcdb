"""Jobs whose archive has expired."""

import time

import pytest

from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.e2e.sources import Sources


@pytest.fixture
def expired(api: Api, sources: Sources, backstage: Backstage) -> str:
    """A job whose archive expired a second ago."""
    job_id = api.export(file_ids=[sources.put(b"old").file_id])
    api.completed(job_id)
    expire(backstage, job_id)
    return job_id


def expire(backstage: Backstage, job_id: str) -> None:
    backstage.set_number(job_id, "expiresAt", time.time_ns() // 1_000_000 - 1000)


def test_an_expired_job_says_so_and_has_no_link(api: Api, expired: str) -> None:
    job: JSON = api.job(expired)

    assert job["status"] == "expired"
    assert job["result"]["downloadUrl"] is None
    assert job["result"]["processedFiles"] == 1


@pytest.mark.parametrize("query", [{}, {"redirect": "true"}])
def test_an_expired_archive_is_gone(api: Api, expired: str, query: dict[str, str]) -> None:
    answer = api.get(f"/v1/export/{expired}/download", query=query)

    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:problem-type:longhaul:expired"


def test_an_expired_job_cannot_be_cancelled(api: Api, expired: str) -> None:
    answer = api.cancel(expired)

    assert answer.status_code == 409
    assert "expired" in answer.json()["detail"]


def test_an_archive_that_was_deleted_early_is_gone(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = api.export(file_ids=[sources.put(b"deleted").file_id])
    key = api.completed(job_id)["result"]["s3Key"]
    backstage.s3.delete_object(Bucket=backstage.outputs.archive_bucket, Key=key)

    answer = api.get(f"/v1/export/{job_id}/download")

    assert answer.status_code == 410


def test_an_expired_job_with_many_missing_files_still_has_a_status(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    there = sources.put(b"there").file_id
    job_id = api.export(file_ids=[there, *(sources.new_id() for _ in range(500))])
    api.completed(job_id)
    expire(backstage, job_id)
    # The bucket's lifecycle rule does this on the same day.
    for key in backstage.archive_objects(f"jobs/{job_id}/"):
        backstage.s3.delete_object(Bucket=backstage.outputs.archive_bucket, Key=key)

    assert api.job(job_id)["status"] == "expired"


def test_a_link_does_not_outlive_its_archive(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = api.export(file_ids=[sources.put(b"nearly over").file_id])
    api.completed(job_id)
    backstage.set_number(job_id, "expiresAt", time.time_ns() // 1_000_000 + 60_000)

    answer = api.get(f"/v1/export/{job_id}/download")

    assert 1 <= answer.json()["expiresIn"] <= 60
