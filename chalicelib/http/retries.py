"""POST /v1/export/{jobId}/retry: the same export once more, as a new job.

No status ever goes back, so the job that is retried stays as it is. The new one takes over what
that one had uploaded, where that is still right (pipeline/reuse.py).
"""

from dataclasses import replace
from typing import Final

from chalicelib.errors import FieldError, InvalidRequest, NotRetryable, RequestGone
from chalicelib.http import answers, exports
from chalicelib.http.exports import Call, Reply
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.sources.request import ExportRequest

_NO_KEY: Final = "-"
"""Stands for the Idempotency-Key of who sends none: a second click gives the first one's job."""


def retry(call: Call, stack: Collaborators, job_id: str) -> Reply:
    """POST /v1/export/{jobId}/retry"""
    if call.body.strip() not in (b"", b"{}"):
        detail = "a retry asks for the same again, and takes no body"
        raise InvalidRequest(detail, (FieldError("", detail),))
    job = exports.find_job(call, stack, job_id)
    key = call.headers.get("idempotency-key", _NO_KEY)
    return exports.accepted(call, stack, once_more(job, stack, key))


def once_more(job: Job, stack: Collaborators, key: str = _NO_KEY) -> Job:
    """The job that stands in for one that has ended without an archive: it is on record. The same
    key gives the same job."""
    _check_retryable(job, job.status_at(stack.now()))
    body = stack.archive.read(job.request_key)
    if body is None:
        raise RequestGone(
            "what this job was asked for is not kept any more; POST /v1/export with the files again"
        )
    asked = ExportRequest.from_json(body)
    again = exports.new_job(exports.named_id(["retry", job.job_id], key), job.user_id, asked, stack)
    return exports.on_record(replace(again, retry_of=job.job_id), asked, stack)


def _check_retryable(job: Job, seen: Status) -> None:
    if seen in OPEN:
        raise NotRetryable(
            f"the job is {seen}, {job.percent} % done; wait for its end, or cancel it first",
            headers={"Retry-After": str(answers.poll_after(job))},
        )
    if seen is Status.COMPLETED:
        raise NotRetryable(
            "the job has completed: download its archive, or POST /v1/export with fresh: true to "
            "have another one built"
        )
