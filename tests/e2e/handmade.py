"""Jobs that tests write into the table themselves, in states that no request can produce."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from uuid import uuid4

from chalicelib.archive import layout
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from chalicelib.archive.scale import SEGMENT_SECONDS, Scale
from chalicelib.jobs import items, places
from chalicelib.jobs.model import Failure, Job, PlanRef
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.states import Stage, Status
from chalicelib.jobs.store import JobStore
from chalicelib.jobs.table import Table
from chalicelib.jobs.wake import wake_time
from chalicelib.named_sources import DEFAULT_NAME
from chalicelib.pipeline import plans, reuse
from chalicelib.queue.messages import DIGEST_DIGITS, Message, Step
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from chalicelib.services import PLAN_VERSION
from chalicelib.sources.find import Found
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Source

_DAY_MS = 24 * 3600 * 1000


def abandoned(backstage: Backstage, file_id: int) -> str:
    """Makes a job for one file, with its request, but without a message. Returns its id.

    The sweeper's next run finds it.
    """
    return _asked(backstage, (file_id,), _job(wake_at=0))


def queued(backstage: Backstage, *file_ids: int) -> str:
    """Makes a job for these files, with its request, that waits for its first message."""
    return _asked(backstage, file_ids, _job())


def being_read(
    backstage: Backstage, source: Source, cuts: Sequence[int]
) -> tuple[str, list[Message]]:
    """Makes a job whose one file must be read first, in pieces that end at these offsets.

    Returns its id, and the messages for the step `read`, which are not sent.
    """
    reading = "0" * DIGEST_DIGITS
    job_id = _asked(backstage, (source.file_id,), replace(_job(), status=Status.PROCESSING))
    etag = entry(backstage, source).etag
    ends = [*cuts, len(source.content)]
    pieces = [[[source.key, etag, start, end - start]] for start, end in pairwise([0, *ends])]
    key = places.batches_to_read(job_id, reading)
    _archive_bucket(backstage).write(key, json.dumps(pieces).encode(), "application/json")
    return job_id, [Message(Step.READ, job_id, n, reading) for n in range(len(pieces))]


def waiting(backstage: Backstage, user_id: str = "e2e", *, counted: bool = False) -> str:
    """Makes a job without a request, on which no worker works. Returns its id.

    With `counted`, it counts as an open job of its user.
    """
    job = _job()
    job = replace(job, user_id=user_id, wake_at=job.created_at + _DAY_MS)
    JobStore(Table(backstage.dynamodb, backstage.outputs.jobs_table)).create(job, counted=counted)
    return job.job_id


def entry(backstage: Backstage, source: Source) -> Entry:
    """Returns the entry of a source file, as the step `plan` would make it."""
    facts = Bucket(backstage.s3, backstage.outputs.source_bucket).head(source.key)
    assert facts
    crc32 = facts.crc32 if facts.size else 0
    return Entry(source.name, source.key, facts.etag, facts.size, crc32, facts.modified)


def planned(backstage: Backstage, *entries: Entry, segment_seconds: float = SEGMENT_SECONDS) -> str:
    """Makes a job with a stored plan for these entries, and an open upload. Returns its id. A
    segment has at most `segment_seconds` of work."""
    job = _job()
    bucket = _archive_bucket(backstage)
    head = Head(job.job_id, job.created_at // 1000)
    mark = reuse.fingerprint(job.user_id, DEFAULT_NAME, Found(entries, ()))
    plan = layout.lay_out(entries, head, Scale(most_segment_seconds=segment_seconds))
    index = plans.store(bucket, job.job_id, plan, head, mark, version=PLAN_VERSION)
    upload = bucket.create_upload(job.archive_key, "application/zip")
    job = replace(
        job,
        status=Status.PROCESSING,
        stage=Stage.ASSEMBLING,
        total_files=len(entries),
        bytes_total=index.size,
        plan=PlanRef(index.digest, upload, index.final),
    )
    backstage.put_record(items.from_job(job))
    return job.job_id


def failed(backstage: Backstage, source: Source) -> str:
    """Makes a failed job for one file, with an open upload without parts. Returns its id."""
    job_id = planned(backstage, entry(backstage, source))
    job = items.to_job(backstage.record(job_id))
    asked = ExportRequest(file_ids=(source.file_id,), user_id=job.user_id)
    failure = Failure("access-denied", "Access to the storage was denied", "not allowed to read")
    job = replace(job, status=Status.FAILED, failure=failure, request=asked.digest)
    job = replace(job, expires_at=job.created_at + 7 * _DAY_MS)
    _archive_bucket(backstage).write(job.request_key, asked.to_json())
    backstage.put_record(items.from_job(job))
    return job.job_id


def planned_again(backstage: Backstage, *sources: Source) -> str:
    """Makes a job with a stored plan of several segments, an open upload, and its request, so that
    it can be planned again. Returns its id."""
    entries = [entry(backstage, source) for source in sources]
    job_id = planned(backstage, *entries, segment_seconds=0.01)
    job = items.to_job(backstage.record(job_id))
    asked = ExportRequest(file_ids=tuple(source.file_id for source in sources))
    job = replace(job, request=asked.digest)
    _archive_bucket(backstage).write(job.request_key, asked.to_json())
    backstage.put_record(items.from_job(job))
    return job_id


def expired(backstage: Backstage) -> str:
    """Makes a job whose archive has expired. The sweeper's next run finds it. Returns its id."""
    now = time.time_ns() // 1_000_000
    job = replace(_job(wake_at=0), status=Status.COMPLETED, expires_at=now - 1000)
    job = replace(job, updated_at=now - _DAY_MS)
    for key in (job.archive_key, places.plan(job.job_id, "0" * 16), job.request_key):
        _archive_bucket(backstage).write(key, b"old")
    backstage.put_record(items.from_job(job))
    return job.job_id


def _asked(backstage: Backstage, file_ids: tuple[int, ...], job: Job) -> str:
    asked = ExportRequest(file_ids=file_ids)
    job = replace(job, request=asked.digest)
    _archive_bucket(backstage).write(job.request_key, asked.to_json())
    backstage.put_record(items.from_job(job))
    return job.job_id


def _job(wake_at: int | None = None) -> Job:
    now = time.time_ns() // 1_000_000
    return Job(
        job_id=str(uuid4()),
        user_id="e2e",
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        request="0" * 16,
        filename="handmade.zip",
        total_files=1,
        created_at=now,
        updated_at=now,
        expires_at=now + _DAY_MS,
        wake_at=wake_time(now) if wake_at is None else wake_at,
    )


def _archive_bucket(backstage: Backstage) -> ArchiveBucket:
    return ArchiveBucket(backstage.s3, backstage.outputs.archive_bucket)
