"""What each route does: from a parsed request to an answer. Knows jobs, and nothing of Chalice."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from chalicelib import aws
from chalicelib.errors import (
    AlreadyEnded,
    Expired,
    IdempotencyKeyReused,
    LonghaulError,
    NotFound,
    NotReady,
    TooManyJobs,
    Unavailable,
    unknown_cursor,
)
from chalicelib.http import answers, links, parse, schemas
from chalicelib.http.callers import Context, base_url, caller, check_owner
from chalicelib.http.cursors import from_cursor, to_cursor
from chalicelib.jobs import open_jobs
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.jobs.wake import wake_time
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import JOB_ID, Message, Step
from chalicelib.sources.find import key_of
from chalicelib.sources.request import ExportRequest

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
"""Jobs of one page: what one BatchGetItem takes."""

_TOO_MANY: Final = (
    "{} exports of yours are open, which is the most there may be: wait until one has ended or "
    "cancel one, then ask again; GET /v1/export lists them"
)
_LATER: Final = {"Retry-After": "30"}

_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_IDEMPOTENT_JOBS: Final = UUID("6f6b3f0e-3a51-4f0e-9c3e-2f1f0a7d5b11")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the routes need it. Header names are lower case."""

    context: Context
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before HTTP. Its body is `content` as JSON, or `text` of the type that `headers`
    tell, or nothing."""

    status: int
    content: answers.Answer | None
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""


def create(call: Call, stack: Collaborators) -> Reply:
    """POST /v1/export"""
    asked = parse.export_request(call.body, call.headers.get("content-type"), stack.settings)
    user_id = caller(call.context, asked.user_id)
    job_id = _job_id(user_id, call.headers.get("idempotency-key"))
    job = on_record(new_job(job_id, user_id, asked, stack), asked, stack)
    return accepted(call, stack, job)


def new_job(job_id: str, user_id: str, asked: ExportRequest, stack: Collaborators) -> Job:
    """A job of this user's that is queued just now."""
    now = stack.now()
    return Job(
        job_id=job_id,
        user_id=user_id,
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        request=asked.digest,
        filename=links.archive_filename(asked.filename, job_id),
        total_files=asked.total_files,
        created_at=now,
        updated_at=now,
        expires_at=now + stack.settings.archive_ttl_ms,
        wake_at=wake_time(now),
    )


def accepted(call: Call, stack: Collaborators, job: Job) -> Reply:
    """The answer to who has asked for this job, which is on record."""
    base = base_url(call.context, stack.settings)
    headers = {"Location": answers.job_url(job, base), "Retry-After": "1"}
    return Reply(202, answers.accepted(job, base), headers)


def on_record(job: Job, asked: ExportRequest, stack: Collaborators) -> Job:
    """The job on record: this one, or the one that the same Idempotency-Key made before.

    First what the job needs, then the job, then its first step. A crash between the first two
    leaves an object that expires; between the last two, a job that the sweeper finds.
    """
    most = stack.settings.max_open_jobs_per_user
    if most and open_jobs.count(stack.jobs, job.user_id, most) >= most:
        return _first(job, stack, TooManyJobs(_TOO_MANY.format(most), headers=_LATER))
    stack.archive.write(job.request_key, asked.to_json(), "application/json")
    if not stack.jobs.create(job, counted=bool(most)):
        return _first(
            job, stack, NotFound(f"the job {job.job_id} has just been removed; ask again")
        )
    about: dict[str, Any] = {"jobId": job.job_id, "files": job.total_files}
    try:
        stack.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)
    except Unavailable as error:
        # The job is on record, so it is accepted: the sweeper will send its step.
        logger().warning("job created, step not sent", extra={**about, "reason": error.detail})
    else:
        logger().info("job created", extra=about)
    return job


def _first(job: Job, stack: Collaborators, absent: LonghaulError) -> Job:
    """The job that the same Idempotency-Key made before; raises `absent` if there is none."""
    first = stack.jobs.get(job.job_id)
    if first is None:
        raise absent
    if first.request != job.request:
        raise IdempotencyKeyReused(
            "this Idempotency-Key was used for another request; use a new key for a new export"
        )
    return first


def _job_id(user_id: str, idempotency_key: str | None) -> str:
    """A new id; for an Idempotency-Key, always the same one: so the conditional write of the job is
    all that it takes for the second of two requests to find the first, even at the same time."""
    return str(uuid4()) if idempotency_key is None else named_id([user_id], idempotency_key)


def named_id(names: Sequence[str], idempotency_key: str) -> str:
    """The id of the one job that these names and this Idempotency-Key make."""
    if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise parse.invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    return str(uuid5(_IDEMPOTENT_JOBS, json.dumps([*names, idempotency_key])))


def listing(call: Call, stack: Collaborators) -> Reply:
    """GET /v1/export"""
    limit = call.query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"\d{1,4}", limit, re.ASCII) or not 1 <= int(limit) <= LIMIT_MAX:
        raise parse.invalid("limit", f"must be a whole number from 1 to {LIMIT_MAX}")
    claimed = call.query.get("user_id", "anonymous")
    most = schemas.USER_ID_MAX_BYTES
    size = len(claimed.encode(errors="replace"))
    if not 1 <= size <= most or not claimed.isprintable():
        raise parse.invalid("user_id", f"must have 1 to {most} bytes and no control characters")
    page = stack.jobs.by_user(
        caller(call.context, claimed), int(limit), _position(call.query.get("cursor"))
    )
    base, now = base_url(call.context, stack.settings), stack.now()
    jobs = [answers.job_answer(job, now, base, job.missing) for job in page.jobs]
    return Reply(200, {"jobs": jobs, "cursor": to_cursor(page.next)}, uncached())


def download(call: Call, stack: Collaborators, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/download"""
    redirect = call.query.get("redirect", "false")
    if redirect not in ("true", "false"):
        raise parse.invalid("redirect", f"must be true or false, not {redirect[:20]!r}")
    job = find_job(call, stack, job_id)
    now = stack.now()
    seen = job.status_at(now)
    if seen is Status.EXPIRED:
        raise Expired("the archive has expired and was deleted; export again")
    if seen is not Status.COMPLETED:
        raise _not_ready(job)
    if stack.archive.head(job.archive_key, checksum=False) is None:
        raise Expired("the archive was deleted before its time; export again")
    client = aws.s3_for_links(stack.settings.public_endpoint_url)
    link, seconds = links.presigned(client, job, stack.settings, now)
    if redirect == "true":
        return Reply(303, None, {"Location": link, **uncached()})
    content = {
        "jobId": job.job_id,
        "status": "ready",
        "downloadUrl": link,
        "expiresIn": seconds,
        "message": f"Download within {seconds} seconds, or ask for a new link.",
    }
    return Reply(200, content, uncached())


def cancel(call: Call, stack: Collaborators, job_id: str) -> Reply:
    """DELETE /v1/export/{jobId}"""
    job = find_job(call, stack, job_id)
    cancelled = stack.jobs.cancel(job.job_id, stack.now())
    if cancelled is None:
        now_job = find_job(call, stack, job_id)
        raise AlreadyEnded(
            f"the job is {now_job.status_at(stack.now())}, so there is nothing to cancel; "
            f"GET /v1/export/{job_id} tells what became of it"
        )
    logger().info("job cancelled", extra={"jobId": job.job_id})
    if cancelled.plan:
        # Should this fail, the worker that is at it stops all the same, and what it leaves expires.
        with suppress(Unavailable):
            stack.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id)
    base = base_url(call.context, stack.settings)
    return Reply(202, answers.job_answer(cancelled, stack.now(), base, ()), uncached())


def check(call: Call, stack: Collaborators) -> Reply:
    """POST /v1/download/check"""
    file_id = parse.check_request(call.body, call.headers.get("content-type"), stack.settings)
    key = key_of(file_id, stack.settings)
    found = stack.source.head(key, checksum=False)
    content = {
        "file_id": file_id,
        "available": found is not None,
        "s3Key": key if found else None,
        "size": found.size if found else None,
    }
    return Reply(200, content, uncached())


def find_job(call: Call, stack: Collaborators, job_id: str) -> Job:
    """The job as it is now. Raises NotFound if there is none that the caller may see."""
    job = stack.jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None:
        raise NotFound(f"there is no job {job_id[:60]!r}; it may have expired long ago")
    check_owner(call.context, job)
    return job


def _not_ready(job: Job) -> LonghaulError:
    if job.status in OPEN:
        wait = str(answers.poll_after(job))
        return NotReady(
            f"the job is {job.status}, {job.percent} % done; ask again in {wait} seconds or more",
            headers={"Retry-After": wait},
        )
    return NotReady(f"the job is {job.status}, so there is no archive; export again")


def _position(cursor: str | None) -> tuple[int, str] | None:
    position = from_cursor(cursor)
    if position is None:
        return None
    if [type(part) for part in position] != [int, str] or not JOB_ID.fullmatch(position[1]):
        raise unknown_cursor()
    return position[0], position[1]


def uncached() -> dict[str, str]:
    """Headers of what is true just now only."""
    return {"Cache-Control": "no-store"}
