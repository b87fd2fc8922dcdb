"""POST and GET /v1/export, DELETE /v1/export/{jobId}."""

import re
from contextlib import suppress
from typing import Final

from chalicelib.errors import (
    AlreadyEnded,
    NotEnded,
    NotFound,
    Unavailable,
    invalid,
    unknown_cursor,
)
from chalicelib.http import answers, bounds, parse
from chalicelib.http.callers import base_url, check_job
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.cursors import from_cursor, to_cursor
from chalicelib.jobs.model import Job
from chalicelib.jobs.places import JOB_ID
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import accepting, endings
from chalicelib.pipeline.accepting import Accepted
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
"""Jobs on one page: as many as one BatchGetItem reads."""


def create(call: Call, services: Services) -> Reply:
    """POST /v1/export. Raises Forbidden, and what `accepting.accept`, `parse.export_request` and
    `selections.create` raise."""
    signed = parse.selection(call.body, call.headers.get("content-type"), services.settings)
    if signed:
        from chalicelib.http import selections

        return selections.create(call, services, signed[0], fresh=signed[1])
    asked = parse.export_request(call.body, call.headers.get("content-type"), services.settings)
    bounds.check(call.caller, asked, services.settings)
    bounds.check_mail(call.caller, asked.notify, "/notify/email", services.settings)
    user_id = call.caller.acting_for(asked.user_id)
    key = call.headers.get("idempotency-key")
    arrival = call.arrival(services.settings)
    return accepted(accepting.accept(services, user_id, asked, key, arrival), arrival.base)


def listing(call: Call, services: Services) -> Reply:
    """GET /v1/export: one page of a user's jobs, newest first. Raises InvalidRequest."""
    limit = call.query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"\d{1,4}", limit, re.ASCII) or not 1 <= int(limit) <= LIMIT_MAX:
        raise invalid("limit", f"must be a whole number from 1 to {LIMIT_MAX}")
    asserted = parse.user_id(call.query)
    page = services.user_jobs.page(
        call.caller.acting_for(asserted), int(limit), _position(call.query.get("cursor"))
    )
    base, now = base_url(call.context, services.settings), services.now()
    jobs = [answers.job_answer(job, now, base, job.missing, job.unreadable) for job in page.jobs]
    return Reply(200, {"jobs": jobs, "cursor": to_cursor(page.next)}, uncached())


def delete(call: Call, services: Services, job_id: str) -> Reply:
    """DELETE /v1/export/{jobId}: cancels an open job, and deletes one that has ended.

    The query says with `only` which of the two is meant, `open` or `ended`: a job may end at the
    moment when somebody cancels it. Raises NotFound, AlreadyEnded, NotEnded, InvalidRequest, and
    what `deleting.delete` raises.
    """
    only = call.query.get("only")
    if only not in (None, "open", "ended"):
        raise invalid("only", f"must be open or ended, not {only[:20]!r}")
    from chalicelib.pipeline import deleting

    try:
        job = find_job(call, services, job_id)
    except NotFound:
        deleted = _deleted_before(call, services, job_id)
        if deleted is None or only == "open":
            raise
        deleting.finish(services, deleted)
        return Reply(204, None, uncached())
    if job.status in OPEN and only == "ended":
        raise NotEnded(f"the job is {job.status}; cancel it first, or wait for its end")
    if job.status not in OPEN:
        if only == "open":
            raise _already_ended(job, services)
        deleting.delete(services, job)
        return Reply(204, None, uncached())
    cancelled = endings.cancel(services, job.job_id)
    if cancelled is None:
        raise _already_ended(find_job(call, services, job_id), services)
    if cancelled.plan or cancelled.packing:
        # If this fails, the worker on this job stops all the same, and what it leaves expires.
        with suppress(Unavailable):
            services.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id)
    base = base_url(call.context, services.settings)
    return Reply(202, answers.job_answer(cancelled, services.now(), base, (), ()), uncached())


def _already_ended(job: Job, services: Services) -> AlreadyEnded:
    return AlreadyEnded(
        f"the job is {job.status_at(services.now())}, so there is nothing to cancel; "
        "its status tells what became of it"
    )


def find_job(call: Call, services: Services, job_id: str) -> Job:
    """Returns the job as it is now. Raises NotFound if there is none that the caller may see."""
    job = services.jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    return check_job(call.caller, job, job_id)


def _deleted_before(call: Call, services: Services, job_id: str) -> Job | None:
    """Returns the tombstone, if the caller has deleted this job before."""
    job = services.jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    return job if job and job.is_deleted and call.caller.was_owner(job) else None


def accepted(accepted: Accepted, base: str) -> Reply:
    """Returns the answer to a request that has made a job, or found it."""
    job = accepted.job
    headers = {"Location": answers.job_url(job, base), "Retry-After": "1"}
    made = job if accepted.is_new else None
    return Reply(202, answers.accepted(job, base), headers, made=made)


def _position(cursor: str | None) -> tuple[int, str] | None:
    position = from_cursor(cursor)
    if position is None:
        return None
    if [type(value) for value in position] != [int, str] or not JOB_ID.fullmatch(position[1]):
        raise unknown_cursor()
    return position[0], position[1]
