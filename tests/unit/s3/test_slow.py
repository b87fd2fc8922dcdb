"""A storage that is slow to read: what it makes slower, and how."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.s3.bucket import Bucket
from chalicelib.s3.fastpath import FastPath
from chalicelib.s3.slow import SlowBucket
from tests.unit.samples import some_services, some_settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class Storage:
    """Stands in for the way to S3: whatever is read is x."""

    def read_into(self, buffer: memoryview, *_: object, **__: object) -> bool:
        buffer[:] = b"x" * len(buffer)
        return True


def a_bucket(sleep: Callable[[float], None]) -> SlowBucket:
    client, fast = cast("S3Client", None), cast("FastPath", Storage())
    return SlowBucket(client, "sources", fast, delay_seconds=0.3, sleep=sleep)


def test_a_read_takes_longer_and_brings_the_same_bytes() -> None:
    slept: list[float] = []

    assert a_bucket(slept.append).read_range("downloads/10001", 0, 3) == b"xxx"

    assert slept == [0.3]


def test_reads_wait_for_one_another() -> None:
    meeting, met = Barrier(2), []

    def sleep(_: float) -> None:
        with suppress(BrokenBarrierError):
            met.append(meeting.wait(timeout=0.2))

    bucket = a_bucket(sleep)
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda key: bucket.read_range(str(key), 0, 1), range(8)))

    assert (read, met) == ([b"x"] * 8, [])


@pytest.mark.parametrize(("delay_ms", "kind"), [(0, Bucket), (300, SlowBucket)])
def test_a_step_reads_its_sources_through_it_if_so_set(delay_ms: int, kind: type[Bucket]) -> None:
    delay = {"SOURCE_DELAY_MS": str(delay_ms), "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}

    assert type(some_services(some_settings(**delay)).source()) is kind
