"""A request that is repeated with its Idempotency-Key makes no second job."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
import requests

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.sources import Sources

AT_ONCE = 20


@pytest.fixture
def key() -> dict[str, str]:
    """The header with a new key."""
    return {"Idempotency-Key": str(uuid4())}


def test_twenty_repeats_at_once_make_one_job(
    api: Api, sources: Sources, key: dict[str, str]
) -> None:
    file = sources.put(b"once")
    asked = {"file_ids": [file.file_id], "user_id": f"user-{uuid4()}"}
    start = Barrier(AT_ONCE)

    def post(_: int) -> requests.Response:
        start.wait()
        return api.post("/v1/export", asked, headers=key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(post, range(AT_ONCE)))

    job_ids = {answer.json()["jobId"] for answer in answers}
    assert {answer.status_code for answer in answers} == {202}
    assert [job["jobId"] for job in api.jobs_of(str(asked["user_id"]))] == list(job_ids)
    job_id = job_ids.pop()
    api.completed(job_id)
    check_archive(api.archive(job_id), [file], job_id=job_id)


def test_a_repeat_after_the_end_returns_the_first_job(
    api: Api, sources: Sources, key: dict[str, str]
) -> None:
    asked = {"file_ids": [sources.put(b"once").file_id]}
    job_id = api.post("/v1/export", asked, headers=key).json()["jobId"]
    api.completed(job_id)

    answer = api.post("/v1/export", asked, headers=key)

    assert answer.status_code == 202
    assert answer.json()["jobId"] == job_id
    assert answer.json()["status"] == "completed"


def test_a_key_cannot_be_used_for_another_request(
    api: Api, sources: Sources, key: dict[str, str]
) -> None:
    api.post("/v1/export", {"file_ids": [sources.new_id()]}, headers=key)

    answer = api.post("/v1/export", {"file_ids": [sources.new_id()]}, headers=key)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:problem-type:longhaul:idempotency-key-reused"


def test_two_users_can_use_the_same_key(api: Api, sources: Sources, key: dict[str, str]) -> None:
    asked = {"file_ids": [sources.put(b"shared").file_id]}

    one, other = (
        api.post("/v1/export", {**asked, "user_id": user}, headers=key).json()["jobId"]
        for user in ("one", "other")
    )

    assert one != other


def test_without_a_key_each_request_makes_a_job(api: Api, sources: Sources) -> None:
    asked = [sources.put(b"twice").file_id]

    assert api.export(file_ids=asked) != api.export(file_ids=asked)


@pytest.mark.parametrize("value", ["", "a" * 256, "with space", "ü".encode()], ids=repr)
def test_an_invalid_key_is_refused(api: Api, value: str | bytes) -> None:
    answer = api.post("/v1/export", {"file_ids": [10_001]}, headers={"Idempotency-Key": value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key"
