"""Share links: POST and GET /v1/export/{jobId}/shares, DELETE /v1/export/{jobId}/shares/{shareId}.

A link holds a ticket, in the part after the `#`: no server sees that, so no log has it.
"""

from chalicelib.errors import NotFound, invalid
from chalicelib.http import parse, schemas, spelling
from chalicelib.http.answers import Answer
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.exports import find_job
from chalicelib.instants import iso
from chalicelib.jobs import tickets
from chalicelib.jobs.tickets import Scope, Ticket
from chalicelib.services import Services


def create(call: Call, services: Services, job_id: str) -> Reply:
    """POST /v1/export/{jobId}/shares: a link by which others see the job and download its archive.
    Raises NotFound, TooManyShares, and what `parse.json_body` raises."""
    job = find_job(call, services, job_id)
    seconds = _seconds(call, services)
    now = services.now()
    token, ticket = tickets.new(services.new_id(), services.new_secret(), Scope.READ, now, seconds)
    services.tickets.add(job.job_id, ticket, now)
    base = base_url(call.context, services.settings)
    link = {"ticket": token, "url": f"{base}/#/jobs/{job.job_id}?ticket={token}"}
    return Reply(201, {**_shown(ticket), **link}, uncached())


def listing(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/shares: the links that are good now, the oldest first. Raises
    NotFound."""
    job = find_job(call, services, job_id)
    shares = services.tickets.shares(job.job_id, services.now())
    return Reply(200, {"shares": [_shown(ticket) for ticket in shares]}, uncached())


def revoke(call: Call, services: Services, job_id: str, share_id: str) -> Reply:
    """DELETE /v1/export/{jobId}/shares/{shareId}. Raises NotFound, also for a share that is not
    good any more: a mistaken id must not look like a link that was revoked."""
    job = find_job(call, services, job_id)
    if not services.tickets.revoke_share(job.job_id, share_id, services.now()):
        raise NotFound(f"there is no share {share_id[:60]!r}; it has expired, or was revoked")
    return Reply(204, None)


def ticket_of(services: Services, job_id: str, token: str) -> Ticket | None:
    """Returns the ticket that a token is, if it is good for this job now; else None."""
    return services.tickets.find(job_id, token, services.now())


def _seconds(call: Call, services: Services) -> int:
    """Returns how long the share is to live. Raises InvalidRequest."""
    most = services.settings.share_max_days * 24 * 3600
    body, content_type = call.body.strip() or b"{}", call.headers.get("content-type")
    asked, sent = parse.json_body(body, content_type, "share", services.settings)
    seconds = int(asked.get("expires_in", min(schemas.SHARE_SECONDS, most)))
    if seconds > most:
        pointer = spelling.as_sent("/expires_in", sent)
        raise invalid(pointer, f"must be at most {most} seconds, not {seconds}")
    return seconds


def _shown(ticket: Ticket) -> Answer:
    return {
        "id": ticket.id,
        "createdAt": iso(ticket.created_at),
        "expiresAt": iso(ticket.expires_at),
    }
