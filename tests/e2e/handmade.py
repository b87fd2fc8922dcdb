"""Jobs as a crash leaves them: put into the table by hand, at a point that no request reaches."""

import time
from dataclasses import replace
from uuid import uuid4

from chalicelib.archive import layout
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from chalicelib.jobs import items
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Stage, Status
from chalicelib.pipeline import plans
from chalicelib.sources.request import ExportRequest
from chalicelib.storage import Bucket
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Source

_DAY_MS = 24 * 3600 * 1000


def abandoned(backstage: Backstage, file_id: int) -> str:
    """A job for one file, with its request beside it, but with no message sent for it.

    The sweeper should have looked at it already.
    """
    asked = ExportRequest(file_ids=(file_id,))
    job = replace(_job(), request=asked.digest, wake_at=0)
    _archive_bucket(backstage).write(job.request_key, asked.to_json())
    backstage.put_record(items.from_job(job))
    return job.job_id


def waiting(backstage: Backstage, user_id: str = "e2e") -> str:
    """A job that nobody works on, nor will; its request is nowhere to be found."""
    job = replace(_job(), user_id=user_id)
    backstage.put_record(items.from_job(job))
    return job.job_id


def entry(backstage: Backstage, source: Source) -> Entry:
    """A source file's place in an archive, as the stack's own planning finds it."""
    facts = Bucket(backstage.s3, backstage.outputs.source_bucket).head(source.key)
    assert facts
    crc32 = facts.crc32 if facts.size else 0
    return Entry(source.name, source.key, facts.etag, facts.size, crc32, facts.modified)


def planned(backstage: Backstage, *entries: Entry) -> str:
    """A job that was planned to have these entries, and whose upload is open."""
    job = _job()
    bucket = _archive_bucket(backstage)
    head = Head(job.job_id, job.created_at // 1000)
    index = plans.store(bucket, job, layout.lay_out(entries, head), head)
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


def expired(backstage: Backstage) -> str:
    """A job whose archive's time is over, and which the sweeper should have looked at already."""
    now = time.time_ns() // 1_000_000
    job = replace(_job(), status=Status.COMPLETED, expires_at=now - 1000, wake_at=0)
    job = replace(job, updated_at=now - _DAY_MS)
    for key in (job.archive_key, job.request_key):
        _archive_bucket(backstage).write(key, b"old")
    backstage.put_record(items.from_job(job))
    return job.job_id


def _job() -> Job:
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
        wake_at=now + _DAY_MS,
    )


def _archive_bucket(backstage: Backstage) -> Bucket:
    return Bucket(backstage.s3, backstage.outputs.archive_bucket)
