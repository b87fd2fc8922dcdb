"""Who is told of a job's end: those whom its request names, and the stack's own webhook. Pure."""

from chalicelib.jobs.notices import Kind, Notice, new
from chalicelib.jobs.request import Notify
from chalicelib.settings import Settings


def notices_of(job_id: str, notify: Notify | None, settings: Settings) -> tuple[Notice, ...]:
    """Returns the notices of a new job."""
    found = [*named(job_id, notify)]
    if settings.webhook_url and not (notify and notify.url == settings.webhook_url):
        found.append(new(job_id, Kind.WEBHOOK, ""))
    return tuple(found)


def named(job_id: str, notify: Notify | None) -> list[Notice]:
    """Returns a notice for each whom a request names."""
    found = []
    if notify and notify.url:
        found.append(new(job_id, Kind.WEBHOOK, notify.url))
    if notify and notify.email:
        found.append(new(job_id, Kind.MAIL, notify.email))
    return found
