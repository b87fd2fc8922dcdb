"""Cancelling: it takes effect at once, and leaves nothing that costs money."""

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.queue.messages import Message, Step
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Sources, noise
from tests.waiting import wait_for


def test_a_waiting_job_is_cancelled_at_once(api: Api, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)

    answer = api.delete(f"/v1/export/{job_id}")

    assert answer.status_code == 202
    assert answer.json()["status"] == "cancelled"
    assert api.job(job_id)["status"] == "cancelled"


def test_the_upload_of_a_cancelled_job_is_aborted(api: Api, backstage: Backstage) -> None:
    job_id = handmade.planned(backstage, Entry("a", "downloads/10001", '"0"', 1, None, 0))
    assert backstage.uploads(job_id)

    api.delete(f"/v1/export/{job_id}")

    backstage.wait_until_discarded(job_id)


def test_a_message_does_not_change_a_cancelled_job(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = handmade.abandoned(backstage, sources.put(b"never mind").file_id)
    api.delete(f"/v1/export/{job_id}")

    backstage.send(Message(Step.PLAN, job_id).to_body())

    backstage.wait_until_idle()
    assert api.job(job_id)["status"] == "cancelled"
    assert not backstage.archive_objects(f"archives/{job_id}")
    assert not backstage.uploads(job_id)


@pytest.fixture
def long_planned(sources: Sources) -> list[int]:
    """Ids of missing files, which take seconds to look up."""
    return [sources.new_id() for _ in range(3000)]


@pytest.fixture
def long_assembled(sources: Sources) -> list[int]:
    """Ids of files that take seconds to stream: they are just too small to be copied by S3."""
    content = noise(15 * MIB)
    return [sources.put(content).file_id for _ in range(12)]


@pytest.mark.parametrize(
    ("stage", "files"), [("planning", "long_planned"), ("assembling", "long_assembled")]
)
def test_a_running_job_is_cancelled_and_leaves_nothing(
    api: Api, backstage: Backstage, request: pytest.FixtureRequest, stage: str, files: str
) -> None:
    job_id = api.export(file_ids=request.getfixturevalue(files))
    wait_for(lambda: api.job(job_id)["progress"]["stage"] == stage, 30, f"the stage {stage}")

    answer = api.delete(f"/v1/export/{job_id}")
    backstage.wait_until_idle()

    assert answer.status_code == 202
    assert api.job(job_id)["status"] == "cancelled"
    assert not backstage.archive_objects(f"archives/{job_id}")
    assert not backstage.uploads(job_id)


def test_a_cancelled_job_has_nothing_to_download(api: Api, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)
    api.delete(f"/v1/export/{job_id}")

    answer = api.get(f"/v1/export/{job_id}/download")

    assert answer.status_code == 409
    assert "cancelled" in answer.json()["detail"]


def test_a_completed_job_cannot_be_cancelled(api: Api, sources: Sources) -> None:
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    api.completed(job_id)

    answer = api.cancel(job_id)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:longhaul:already-ended"
    assert api.archive(job_id)


def test_a_job_is_cancelled_only_once(api: Api, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)

    first, second = api.cancel(job_id), api.cancel(job_id)

    assert (first.status_code, second.status_code) == (202, 409)
