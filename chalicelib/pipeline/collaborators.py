"""What a step works with, handed to it: so that a test can hand it something else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from chalicelib import aws
from chalicelib.jobs.fingerprints import FingerprintStore
from chalicelib.jobs.segments import SegmentStore
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline.queue import Queue
from chalicelib.settings import Settings, settings
from chalicelib.storage import Bucket


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Collaborators:
    settings: Settings
    jobs: JobStore
    segments: SegmentStore
    fingerprints: FingerprintStore
    source: Bucket
    archive: Bucket
    queue: Queue
    now: Callable[[], int] = now_ms
    pause: Callable[[float], None] = time.sleep
    """Lets so many seconds pass."""


@cache
def collaborators() -> Collaborators:
    """Those of this process: the stack that its environment names."""
    config = settings()
    within = config.answer_within_seconds
    s3, dynamodb = aws.s3(within), aws.dynamodb(within)
    # The fast path has a worker's patience, and who waits for an answer asks S3 once or twice.
    fast = None if within else aws.s3_fast_path()
    return Collaborators(
        settings=config,
        jobs=JobStore(dynamodb, config.jobs_table),
        segments=SegmentStore(dynamodb, config.jobs_table),
        fingerprints=FingerprintStore(dynamodb, config.jobs_table),
        source=_source(Bucket(s3, config.source_bucket, fast), config.source_delay_ms),
        archive=Bucket(s3, config.archive_bucket, fast),
        queue=Queue(aws.sqs(within), config.queue_url),
    )


def _source(bucket: Bucket, delay_ms: int) -> Bucket:
    if not delay_ms:
        return bucket
    from chalicelib.slow import SlowBucket

    return SlowBucket(bucket.client, bucket.name, bucket.fast, delay_seconds=delay_ms / 1000)
