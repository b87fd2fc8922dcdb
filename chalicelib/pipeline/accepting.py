"""The beginning of a job: a new one, one that was asked for before, or one that retries another.

First a long request is stored, then who is to be told of the end, then the job, with a short
request in its record. Then the job's first step is sent. A crash before the job is there leaves an
object and an item that expire. A crash before the step is sent leaves a job that the sweeper finds.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from chalicelib.announcing.asked import notices_of
from chalicelib.errors import (
    IdempotencyKeyReused,
    LonghaulError,
    NotFound,
    NotRetryable,
    RequestGone,
    TooManyJobs,
    Unavailable,
    invalid,
)
from chalicelib.jobs import naming
from chalicelib.jobs.arrivals import Arrival
from chalicelib.jobs.items import record_ttl
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notices
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.selections import Use
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.jobs.wake import wake_time
from chalicelib.pipeline import archives, quotas
from chalicelib.pipeline.telling import send_announcement
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services

_TOO_MANY: Final = (
    "{} exports of yours are open, which is the most there may be: wait until one has ended or "
    "cancel one, then ask again; the list of your exports shows them"
)
_LATER: Final = {"Retry-After": "30"}

_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_IDEMPOTENT_JOBS: Final = UUID("6f6b3f0e-3a51-4f0e-9c3e-2f1f0a7d5b11")

_OTHER_REQUEST: Final = (
    "this Idempotency-Key was used for another request; use a new key for a new export"
)

NO_KEY: Final = "-"
"""The Idempotency-Key of a retry that comes without one: a second click finds the first one's
job."""

_UNKNOWN: Final = Arrival()
"""Nobody knows how the request came in: it did not come through the API."""


class Again(NamedTuple):
    """A wish for a retry. `changes` are fields of the request, with what they are to be this time.
    `check` raises if the request must not be made any more."""

    changes: Mapping[str, Any] = {}
    check: Callable[[ExportRequest], None] = lambda _: None
    idempotency_key: str = NO_KEY


PLAIN: Final = Again()
"""The same again."""


class Accepted(NamedTuple):
    """The job on record for a request. `is_new`: this request has made it."""

    job: Job
    is_new: bool


def accept(
    services: Services,
    user_id: str,
    asked: ExportRequest,
    idempotency_key: str | None,
    arrival: Arrival = _UNKNOWN,
) -> Accepted:
    """Returns the job for this request: a new one, or the one that the same Idempotency-Key has
    made before. Raises TooManyJobs, QuotaExceeded, IdempotencyKeyReused, InvalidRequest for a bad
    key, and NotFound if the job was removed at this moment."""
    job_id = services.new_id()
    if idempotency_key is not None:
        job_id = named_id([user_id], idempotency_key)
    job = _new_job(services, job_id, user_id, asked, arrival)
    return _on_record(services, job, asked, arrival.base)


def retry(
    services: Services, job: Job, again: Again = PLAIN, arrival: Arrival = _UNKNOWN
) -> Accepted:
    """Returns the job that retries `job`, which has no archive: it has failed, was cancelled, has
    expired, or its archive was deleted before its time. The same key always leads to the same job;
    without a key, the same changes do. Raises NotRetryable, RequestGone, what `again.check` raises,
    and what `accept` raises."""
    _check_retryable(services, job)
    first = request_of(services, job)
    asked = replace(first, **again.changes)
    again.check(asked)
    job_id = _retry_id(services, job, first, again)
    made = _new_job(services, job_id, job.user_id, asked, arrival)
    if "filename" not in again.changes:
        # A name that somebody has given stays. One that was made has the day of then.
        named = naming.kept(job, first, asked)
        made = replace(made, filename=naming.filename(named, made.created_at))
    made = replace(made, retry_of=job.job_id)
    base = arrival.base
    if not base and job.has_notices:
        known = services.notices.get(job.job_id)
        base = known.base if known else ""
    return _on_record(services, made, asked, base)


def _retry_id(services: Services, job: Job, first: ExportRequest, again: Again) -> str:
    """Returns the id of the job that retries `job`, whose request was `first`. Raises
    InvalidRequest."""
    key = again.idempotency_key
    names = ["retry", job.job_id]
    if key != NO_KEY:
        return named_id(names, key)
    changed = {name: new for name, new in again.changes.items() if getattr(first, name) != new}
    filename = again.changes.get("filename")
    if filename is not None and filename != naming.given(job, first):
        # The first name, of a job that was renamed since.
        changed["filename"] = filename
    if changed:
        names.append(json.dumps(changed, sort_keys=True))
    job_id = named_id(names, key)
    # A retry that was deleted does not stand in the way of another one.
    while _was_deleted(services, job_id):
        job_id = named_id(["retry", job_id], key)
    return job_id


def request_of(services: Services, job: Job) -> ExportRequest:
    """Returns what the job was asked for. Raises RequestGone."""
    asked = stored_request(services, job)
    if asked is None:
        raise RequestGone(
            "what this job was asked for is not kept any more; name the files again in a new export"
        )
    return asked


def stored_request(services: Services, job: Job) -> ExportRequest | None:
    """Returns what the job was asked for; None if it is not kept any more."""
    if job.short_request is not None:
        return ExportRequest.from_text(job.short_request)
    body = services.archive.read(job.request_key)
    return None if body is None else ExportRequest.from_json(body)


def accept_selected(
    services: Services, job_id: str, asked: ExportRequest, use: Use, arrival: Arrival = _UNKNOWN
) -> Accepted:
    """Returns the job with this id, which uses a selection: a new one, or the one that was made
    before. Raises SelectionUsed, TooManyJobs, IdempotencyKeyReused, and NotFound if the job was
    removed at this moment."""
    job = _new_job(services, job_id, asked.user_id, asked, arrival)
    return _on_record(services, job, asked, arrival.base, use)


def start(services: Services, job_id: str) -> Job | None:
    """queued → processing: a worker begins. Returns the job; None if it was started before, or has
    ended."""
    is_told = "started" in services.settings.events
    job = services.jobs.start(job_id, services.now(), is_told=is_told)
    if job and is_told:
        send_announcement(services, job)
    if job:
        queued = max(job.updated_at - job.created_at, 0) / 1000
        services.log.info(
            "job started",
            jobId=job.job_id,
            userId=job.user_id,
            secondsQueued=queued,
            at=job.started_at,
        )
    return job


def named_id(names: Sequence[str], idempotency_key: str) -> str:
    """Returns the job id for these names and this Idempotency-Key, which is always the same. So two
    requests write the same job, even at the same time. That write is conditional: one of them
    succeeds, and the other request finds its job. Raises InvalidRequest."""
    if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters, no spaces")
    return str(uuid5(_IDEMPOTENT_JOBS, json.dumps([*names, idempotency_key])))


def _new_job(
    services: Services, job_id: str, user_id: str, asked: ExportRequest, arrival: Arrival
) -> Job:
    now = services.now()
    return Job(
        job_id=job_id,
        user_id=user_id,
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        request=asked.digest,
        filename=naming.filename(asked, now),
        total_files=asked.total_files,
        format=asked.format,
        short_request=asked.to_text(services.limits.short_request),
        created_at=now,
        updated_at=now,
        expires_at=now + services.settings.archive_ttl_ms,
        wake_at=wake_time(now),
        untold=(("accepted", now),) if "accepted" in services.settings.events else (),
        # Another machine's clock may be ahead of ours.
        asked_at=None if arrival.at is None else min(arrival.at, now),
        caller=arrival.caller,
    )


def _on_record(
    services: Services, job: Job, asked: ExportRequest, base: str, use: Use | None = None
) -> Accepted:
    """Returns the job on record: this one, or the one that the same Idempotency-Key has made
    before. `base` is the API's URL, which the job's notices link to."""
    refusal: LonghaulError | None = None
    if use and services.selections.is_used_up(use):
        refusal = use.used_up()
    refusal = refusal or _too_many_jobs(services, job) or quotas.refusal(services, job)
    if refusal:
        return _made_before(services, job, refusal)
    if job.short_request is None:
        services.archive.write(job.request_key, asked.to_json(), "application/json")
    notices = notices_of(job.job_id, asked.notify, services.settings)
    if notices:
        told = Notices(base=base, notices=notices)
        if not services.notices.create(job.job_id, told, record_ttl(job.expires_at)):
            return _made_before(services, job, IdempotencyKeyReused(_OTHER_REQUEST))
        job = replace(job, has_notices=True)
    is_counted = bool(services.settings.max_open_jobs_per_user)
    if not services.jobs.create(job, counted=is_counted, use=use):
        removed = NotFound(f"the job {job.job_id} has just been removed; ask again")
        return _made_before(services, job, removed)
    services.log.info(
        "job accepted",
        jobId=job.job_id,
        userId=job.user_id,
        files=job.total_files,
        retryOf=job.retry_of,
        at=job.created_at,
    )
    try:
        services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)
    except Unavailable as error:
        # The job is on record, so it is accepted: the sweeper will send its step.
        services.log.warning("step not sent", jobId=job.job_id, reason=error.detail)
    if job.untold:
        send_announcement(services, job)
    return Accepted(job, is_new=True)


def _too_many_jobs(services: Services, job: Job) -> TooManyJobs | None:
    """Returns the error if the job's user has as many open jobs as there may be."""
    most = services.settings.max_open_jobs_per_user
    if most and services.user_jobs.count_open(job.user_id, most) >= most:
        return TooManyJobs(_TOO_MANY.format(most), headers=_LATER)
    return None


def _made_before(services: Services, job: Job, absent: LonghaulError) -> Accepted:
    """Returns the job that the same Idempotency-Key has made before. Raises `absent` if there is
    none."""
    first = services.jobs.get(job.job_id)
    if first is None:
        raise absent
    if first.is_deleted:
        # The request is stored again by now, and nobody else would look after it.
        with suppress(Unavailable):
            services.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id)
        raise IdempotencyKeyReused(
            "the export that this Idempotency-Key was used for was deleted; use a new key"
        )
    if first.request != job.request:
        raise IdempotencyKeyReused(_OTHER_REQUEST)
    return Accepted(first, is_new=False)


def _was_deleted(services: Services, job_id: str) -> bool:
    job = services.jobs.get(job_id)
    return job is not None and job.is_deleted


def _check_retryable(services: Services, job: Job) -> None:
    seen = job.status_at(services.now())
    if seen in OPEN:
        raise NotRetryable(
            f"the job is {seen}, {job.percent} % done; wait for its end, or cancel it first",
            headers={"Retry-After": str(job.check_after)},
        )
    if seen is Status.COMPLETED and archives.are_there(services, job):
        raise NotRetryable(
            "the job has completed: download its archive; to have another one built, export with "
            "fresh"
        )
