"""One job over HTTP: its status, its cache headers, its end, the size of its record."""

from uuid import uuid4

import pytest

from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

RECORD_MAX = 2_000  # bytes


@pytest.fixture(scope="module")
def completed(api: Api, sources: Sources) -> str:
    """A job that has completed."""
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    api.completed(job_id)
    return job_id


@pytest.fixture
def waiting(backstage: Backstage) -> str:
    """A job on which no worker works."""
    return handmade.waiting(backstage)


@pytest.mark.parametrize("job_id", [str(uuid4()), "no-uuid", str(uuid4()).upper(), "%2e%2e", "ü"])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/download"), ("DELETE", "")])
def test_an_unknown_job_is_not_found(api: Api, method: str, rest: str, job_id: str) -> None:
    answer = api.call(method, f"/v1/export/{job_id}{rest}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:problem-type:longhaul:not-found"


def test_an_unchanged_status_is_not_sent_again(api: Api, completed: str) -> None:
    etag = api.get(f"/v1/export/{completed}").headers["ETag"]

    answer = api.get(f"/v1/export/{completed}", headers={"If-None-Match": f'"other", W/{etag}'})

    assert answer.status_code == 304
    assert answer.headers["ETag"] == etag
    assert not answer.content


def test_a_changed_status_is_sent_with_another_etag(api: Api, waiting: str) -> None:
    etag = api.get(f"/v1/export/{waiting}").headers["ETag"]
    api.delete(f"/v1/export/{waiting}")

    answer = api.get(f"/v1/export/{waiting}", headers={"If-None-Match": etag})

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.headers["ETag"] != etag


def test_an_open_job_says_when_to_ask_again_and_an_ended_one_does_not(
    api: Api, waiting: str, completed: str
) -> None:
    open_job, ended_job = api.get(f"/v1/export/{waiting}"), api.get(f"/v1/export/{completed}")

    assert int(open_job.headers["Retry-After"]) >= 1
    assert "Retry-After" not in ended_job.headers


def test_an_unfinished_archive_cannot_be_downloaded(api: Api, waiting: str) -> None:
    answer = api.get(f"/v1/export/{waiting}/download")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:longhaul:not-ready"
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_failed_job_has_nothing_to_download(api: Api, sources: Sources) -> None:
    job_id = api.export(prefix=sources.new_prefix())
    api.ended(job_id)

    answer = api.get(f"/v1/export/{job_id}/download")

    assert answer.status_code == 409
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("redirect", ["yes", "1", "TRUE", ""])
def test_redirect_is_true_or_false(api: Api, completed: str, redirect: str) -> None:
    answer = api.get(f"/v1/export/{completed}/download", query={"redirect": redirect})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "redirect"


def test_a_record_fits_into_half_a_read_unit(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    gone = [sources.new_id() for _ in range(50)]

    job_id = api.export(file_ids=[sources.put(b"x").file_id, *gone])
    api.completed(job_id)

    assert size_of(backstage, job_id) < RECORD_MAX


def test_a_record_stays_small_with_long_names_in_its_failure(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    keys = [f"{prefix}{i}{'x' * 900}" for i in range(10)]

    job_id = api.export(keys=keys, on_missing="fail")
    api.ended(job_id)

    assert size_of(backstage, job_id) < RECORD_MAX


def test_a_record_stays_small_with_the_longest_possible_names(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    keys = [sources.put_at(prefix, "there", b"there").key]
    keys += [f"{prefix}{i:02}" for i in range(12)]

    job_id = api.export(keys=keys, user_id="🎉" * 32, filename="🎉" * 62 + ".zip")
    api.completed(job_id)

    assert size_of(backstage, job_id) < RECORD_MAX


def size_of(backstage: Backstage, job_id: str) -> int:
    """Returns the approximate size of the job's item in bytes: names, and values as text."""
    item = backstage.record(job_id)
    return sum(
        len(name.encode()) + sum(len(str(text).encode()) for text in value.values())
        for name, value in item.items()
    )
