"""What a person does about a job that is there: POST /v1/export/{jobId}/retry, GET
/v1/export/{jobId}/request, and PATCH /v1/export/{jobId}."""

import json
from dataclasses import asdict, replace
from typing import Any, Final

from chalicelib.archive.names import archive_filename
from chalicelib.errors import InvalidRequest, NotRetryable
from chalicelib.http import beyond, bounds, parse, progress, spelling
from chalicelib.http.callers import unknown_job
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.exports import accepted, find_job
from chalicelib.http.faults import raise_for
from chalicelib.jobs import naming
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting
from chalicelib.services import Services

_NOT_SAID: Final = ("user_id", "notify")
"""Who asked, and who was told: neither belongs to what is asked for again."""


def retry(call: Call, services: Services, job_id: str) -> Reply:
    """POST /v1/export/{jobId}/retry: the same export once more, as a new job; or with what the body
    changes.

    No status ever goes back, so the old job stays as it is. The new job takes over what the old one
    has uploaded, if that can still be used (pipeline/reuse.py). Raises NotFound, and what
    `parse.changes_request` and `accepting.retry` raise.
    """
    job = find_job(call, services, job_id)
    settings = services.settings
    changes: dict[str, Any] = {}
    # Whatever its Content-Type: so were the first retries, which took no body.
    if call.body.strip() not in (b"", b"{}"):
        content_type = call.headers.get("content-type")
        changes = parse.changes_request(call.body, content_type, "retry", settings)
        if "format" in changes:
            # The one that the old format had may not be one of the new format.
            changes = {"compression": None} | changes

    def check(asked: ExportRequest) -> None:
        raise_for(list(beyond.form_errors(asked.format, asked.compression)))
        # The settings may have changed since, as its source, and what the caller may have.
        try:
            # Not whom it tells: an export must not fail for that. It is looked at when it is sent.
            parse.valid_export(json.loads(replace(asked, notify=None).to_json()), settings)
        except InvalidRequest as error:
            raise NotRetryable(
                f"this stack does not take such a request any more: {error.detail}"
            ) from error
        bounds.check(call.caller, asked, settings)

    arrival = call.arrival(settings)
    key = call.headers.get("idempotency-key") or accepting.NO_KEY
    again = accepting.Again(changes, check, key)
    return accepted(accepting.retry(services, job, again, arrival), arrival.base)


def asked_for(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/request: what the job was asked for. `POST /v1/export` takes it as it
    is. Raises NotFound, RequestGone."""
    job = find_job(call, services, job_id)
    asked = accepting.request_of(services, job)
    said = asdict(replace(asked, filename=naming.given(job, asked)))
    if asked.format == "zip":
        del said["format"]  # a client of before there was a choice passes on all that is said
    content = {
        spelling.outer(name): _without_none(value)
        for name, value in said.items()
        if value is not None and name not in _NOT_SAID
    }
    return Reply(200, content, uncached())


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    return [_without_none(one) for one in value] if isinstance(value, tuple) else value


def rename(call: Call, services: Services, job_id: str) -> Reply:
    """PATCH /v1/export/{jobId}: gives the archive another name for downloads. A job that has the
    same archive keeps its own. Raises NotFound, and what `parse.changes_request` raises."""
    job = find_job(call, services, job_id)
    content_type = call.headers.get("content-type")
    asked = parse.changes_request(call.body, content_type, "rename", services.settings)
    filename = archive_filename(asked["filename"], job.job_id, f".{job.format}")
    renamed = services.jobs.rename(job.job_id, filename)
    if renamed is None:
        raise unknown_job(job.job_id)
    content, _ = progress.as_json(call, renamed, services)
    return Reply(200, content, uncached())
