"""Many exports at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.sources import Sources, noise
from tests.waiting import wait_for

CROWD = 50
STARTS_AT_ONCE = 10

T = TypeVar("T")


def at_once(count: int, call: Callable[[int], T]) -> list[T]:
    """Makes `count` calls at the same moment, and returns their results."""
    start = Barrier(count)

    def wait_and_call(number: int) -> T:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_call, range(count)))


@pytest.fixture
def warm_api(api: Api) -> Api:
    """An API with enough running functions. They are started ten at a time.

    An emulator on two cores takes longer to start fifty at once than a request may take.
    """
    for count in range(STARTS_AT_ONCE, CROWD + 1, STARTS_AT_ONCE):
        at_once(count, lambda _: api.get("/health"))
    return api


@pytest.mark.slow
def test_fifty_exports_at_once_complete_each_with_its_own_files(
    warm_api: Api, sources: Sources
) -> None:
    api, user = warm_api, f"crowd-{uuid4()}"
    files = [[sources.put(noise(2000)), sources.put(noise(3000))] for _ in range(CROWD)]
    asked = [[file.file_id for file in pair] for pair in files]

    job_ids = at_once(CROWD, lambda number: api.export(file_ids=asked[number], user_id=user))

    def all_completed() -> bool:
        return [job["status"] for job in api.jobs_of(user)] == ["completed"] * CROWD

    wait_for(all_completed, 120, f"the end of {CROWD} jobs")
    assert len({job["result"]["s3Key"] for job in api.jobs_of(user)}) == CROWD
    for job_id, pair in zip(job_ids, files, strict=True):
        check_archive(api.archive(job_id), pair, job_id=job_id)
