"""What the store writes beside the facts of a job."""

from typing import Any, cast

import pytest

from chalicelib.jobs.model import Failure
from chalicelib.jobs.store import JobStore
from chalicelib.jobs.table import Table
from chalicelib.jobs.wake import ENDED_SHARDS, OPEN_SHARDS
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import JOB_ID, NOW, a_job


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB("jobs", lambda: NOW)


@pytest.fixture
def store(dynamodb: DynamoDB) -> JobStore:
    return JobStore(Table(cast("Any", dynamodb), "jobs"))


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
