"""POST /v1/export/{jobId}/notify and GET /v1/notifications: who is told of a job's end."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.http import bounds, parse
from chalicelib.http.answers import Answer
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.exports import find_job
from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notice, State
from chalicelib.services import Services

if TYPE_CHECKING:
    from chalicelib.settings import Settings


def again(call: Call, services: Services, job_id: str) -> Reply:
    """POST /v1/export/{jobId}/notify: has one more told of the job's end, or all once more. Raises
    NotFound, and what `parse.notify_request`, `bounds.check_mail` and `notifying.notify` raise."""
    from chalicelib.pipeline import notifying

    job = find_job(call, services, job_id)
    settings = services.settings
    asked = parse.notify_request(call.body, call.headers.get("content-type"), settings)
    bounds.check_mail(call.caller, asked, "/email", settings)
    found = notifying.notify(services, job, asked, base_url(call.context, settings))
    return Reply(202, {"notifications": shown(found, settings)}, uncached())


def receivers(call: Call, services: Services) -> Reply:
    """GET /v1/notifications: how this caller can be told."""
    settings, own = services.settings, call.caller.email
    may_mail = settings.mail_from and (own or settings.mail_to)
    content: Answer = {
        "webhook": {"hosts": list(settings.webhook_hosts)} if settings.webhook_hosts else None,
        "mail": {"address": own, "to": list(settings.mail_to)} if may_mail else None,
    }
    return Reply(200, content, uncached())


def of_job(job: Job, services: Services) -> list[Answer]:
    """Returns the job's notices as the API shows them. Raises Unavailable."""
    known = services.notices.get(job.job_id) if job.has_notices else None
    return shown(known.notices, services.settings) if known else []


def shown(notices: Iterable[Notice], settings: "Settings") -> list[Answer]:
    """Returns the notices as the API shows them. Pure."""
    return [
        {
            "kind": one.kind,
            "to": one.to or _origin(settings.webhook_url),
            "status": one.state,
            "attempts": one.attempts,
            "lastError": one.last_error or None,
            "nextAttemptAt": iso(one.next_at)
            if one.state is State.RETRYING and one.next_at is not None
            else None,
        }
        for one in notices
    ]


def _origin(url: str) -> str:
    """Returns the origin of the stack's own webhook, whose path may hold a token."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else ""
