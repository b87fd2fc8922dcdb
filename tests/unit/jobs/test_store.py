"""What the store writes beside the facts of a job."""

import pytest

from chalicelib.jobs.model import Failure
from chalicelib.jobs.store import JobStore
from chalicelib.jobs.wake import ENDED_SHARDS, OPEN_SHARDS
from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import JOB_ID, NOW, a_job, some_services


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB("jobs", Clock(NOW))


@pytest.fixture
def store(dynamodb: DynamoDB) -> JobStore:
    return some_services(dynamodb=dynamodb).jobs


def test_open_jobs_and_ended_ones_have_shards_of_their_own(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    assert store.create(a_job(wake_at=NOW))
    open_shard = int(dynamodb.items[JOB_ID]["wakeShard"]["N"])
    assert store.fail(JOB_ID, NOW, Failure("given-up", "The job was given up", "…"))
    ended_shard = int(dynamodb.items[JOB_ID]["wakeShard"]["N"])

    assert open_shard in OPEN_SHARDS
    assert ended_shard in ENDED_SHARDS
    assert not set(OPEN_SHARDS) & set(ENDED_SHARDS)


def test_a_tombstone_is_among_the_ended_jobs_though_its_job_was_read_while_open(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    job = a_job(wake_at=NOW)
    assert store.create(job)
    assert store.cancel(JOB_ID, NOW)

    assert store.delete(job, NOW + 1)

    item = dynamodb.items[JOB_ID]
    assert int(item["wakeShard"]["N"]) in ENDED_SHARDS
    assert not item.keys() & {"userId", "request", "filename"}


def test_an_open_job_is_not_made_a_tombstone_nor_is_one_twice(store: JobStore) -> None:
    job = a_job(wake_at=NOW)
    assert store.create(job)

    assert store.delete(job, NOW) is None
    assert store.cancel(JOB_ID, NOW)
    assert store.delete(job, NOW) is not None
    assert store.delete(job, NOW) is None
