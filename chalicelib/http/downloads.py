"""GET /v1/export/{jobId}/download: a presigned link straight to the archive in S3.

A link is short-lived, and made when somebody asks for one. HEAD gets a link for HEAD, so that who
follows it (`curl -LI`, `wget --spider`) gets the archive's headers.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from chalicelib.errors import Expired, LonghaulError, NotReady, invalid
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.exports import find_job
from chalicelib.instants import seconds
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.s3 import clients
from chalicelib.services import Services
from chalicelib.settings import Settings

_UNSAFE_IN_TOKEN: Final = re.compile(r"[^\w !#$&+.^`|~()\[\]{},;=@-]", re.ASCII)
_ATTR_CHAR: Final = "!#$&+-.^_`|~"  # RFC 5987, section 3.2.1, besides letters and digits


def download(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/download: a link, or a redirect to it. Raises NotFound, NotReady,
    Expired, or InvalidRequest."""
    redirect = call.query.get("redirect", "false")
    if redirect not in ("true", "false"):
        raise invalid("redirect", f"must be true or false, not {redirect[:20]!r}")
    job = find_job(call, services, job_id)
    now = services.now()
    seen = job.status_at(now)
    if seen is Status.EXPIRED:
        raise Expired("the archive has expired and was deleted; export again")
    if seen is not Status.COMPLETED:
        raise _not_ready(job)
    if services.archive.head(job.archive_key, checksum=False) is None:
        raise Expired("the archive was deleted before its time; export again")
    link = presigned(call, job, services.settings, now, clients.signer_lives(now))
    if redirect == "true":
        return Reply(303, None, {"Location": link.url, **uncached()})
    content = {
        "jobId": job.job_id,
        "status": "ready",
        "downloadUrl": link.url,
        "expiresIn": link.seconds,
        "message": f"Download within {link.seconds} seconds, or ask for a new link.{link.why}",
    }
    return Reply(200, content, uncached())


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an archive. `why` says why it is valid for less than LINK_TTL_SECONDS, if the
    credentials that signed it are the cause."""

    url: str
    seconds: int
    why: str = ""


def presigned(call: Call, job: Job, settings: Settings, now: int, signer_lives: int | None) -> Link:
    """Returns a link for the method of the call: S3 takes no other one.

    It is valid for `link_ttl_seconds`, but never for longer than the archive has left, the caller's
    ticket, or the credentials that sign it (`signer_lives`, in seconds; None: for good).
    """
    until = call.caller.until
    end = job.expires_at if until is None else min(job.expires_at, until)
    seconds = max(1, min(settings.link_ttl_seconds, (end - now) // 1000))
    why = ""
    if signer_lives is not None and signer_lives < seconds:
        seconds = signer_lives
        why = (
            f" It is not valid for longer ({settings.link_ttl_seconds} seconds are set), because "
            "the credentials that signed it may end then."
        )
    client = clients.for_links(settings.public_endpoint_url)
    url = client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.archive_bucket,
            "Key": job.archive_key,
            "ResponseContentType": "application/zip",
            "ResponseContentDisposition": content_disposition(job.filename),
        },
        ExpiresIn=seconds,
        HttpMethod=call.method,
    )
    return Link(url, seconds, why)


def content_disposition(filename: str) -> str:
    """Returns the header that makes a browser save the archive under this name (RFC 6266, with RFC
    5987's encoding).

    It is pure ASCII, whatever the name. Old clients read the first parameter, all others the
    second.
    """
    plain = _UNSAFE_IN_TOKEN.sub("_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe=_ATTR_CHAR)}"


def _not_ready(job: Job) -> LonghaulError:
    if job.status in OPEN:
        wait = str(job.check_after)
        return NotReady(
            f"the job is {job.status}, {job.percent} % done; ask again in {seconds(wait)} or more",
            headers={"Retry-After": wait},
        )
    return NotReady(f"the job is {job.status}, so there is no archive; export again")
