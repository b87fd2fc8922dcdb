"""GET /v1/export/{jobId}/download: a presigned link straight to the archive in S3; of several
archives, the list of them.

A link is short-lived, and made when somebody asks for one. HEAD gets a link for HEAD, so that who
follows it (`curl -LI`, `wget --spider`) gets the archive's headers.
"""

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from chalicelib.archive.names import volume_filename
from chalicelib.errors import Expired, LonghaulError, NotFound, NotReady, invalid
from chalicelib.http import answers
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.exports import find_job
from chalicelib.http.faults import shown
from chalicelib.instants import seconds
from chalicelib.jobs import places
from chalicelib.jobs.model import ArchiveFormat, Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.s3 import clients
from chalicelib.services import Services
from chalicelib.settings import Settings

_UNSAFE_IN_TOKEN: Final = re.compile(r"[^\w !#$&+.^`|~()\[\]{},;=@-]", re.ASCII)
_ATTR_CHAR: Final = "!#$&+-.^_`|~"  # RFC 5987, section 3.2.1, besides letters and digits

MEDIA_TYPES: Final[dict[ArchiveFormat, str]] = {
    "zip": "application/zip",
    "tar": "application/x-tar",
    "tar.gz": "application/gzip",
}
INDEX_TYPE: Final = "text/csv"

_GONE: Final = "the archive was deleted before its time; export again"


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: an object of the archive bucket, and the name that it is saved under.
    It is there until `expires_at` (Unix time in ms)."""

    key: str
    filename: str
    media_type: str
    expires_at: int


def download(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/download: a link, or a redirect to it; or the list of several
    archives. Raises NotFound, NotReady, Expired, or InvalidRequest."""
    redirect, index = _flag(call, "redirect"), _flag(call, "index")
    number = _number(call.query.get("archive"))
    job = find_job(call, services, job_id)
    now = services.now()
    seen = job.status_at(now)
    if seen is Status.EXPIRED:
        raise Expired("the archive has expired and was deleted; export again")
    if seen is not Status.COMPLETED:
        raise _not_ready(job)
    if number is not None and number > job.archives:
        most = f"a whole number from 1 to {job.archives}" if job.archives > 1 else "1"
        raise invalid("archive", f"must be {most}, not {number}")
    if job.archives > 1 and number is None and not index and not redirect:
        return _listed(call, job, services)
    target = (_index if index else archive)(job, number or 1)
    if services.archive.head(target.key, checksum=False) is None:
        raise NotFound(f"the {job.format} has no index") if index else Expired(_GONE)
    link = presigned(call, target, services.settings, now, clients.signer_lives(now))
    if redirect:
        return Reply(303, None, {"Location": link.url, **uncached()})
    content = {
        "jobId": job.job_id,
        "status": "ready",
        "downloadUrl": link.url,
        "expiresIn": link.seconds,
        "filename": target.filename,
        "message": f"Download within {link.seconds} seconds, or ask for a new link.{link.why}",
    }
    return Reply(200, content, uncached())


def archive(job: Job, number: int) -> Target:
    """Returns archive `number` (from 1) of a job."""
    is_last = number == job.archives
    key = job.archive_key if is_last else places.archive(job.home, job.format, number)
    filename = volume_filename(job.filename, f".{job.format}", number, job.archives)
    return Target(key, filename, MEDIA_TYPES[job.format], job.expires_at)


def _index(job: Job, number: int) -> Target:
    """Returns the index beside archive `number` of a job. Raises NotFound if there is none in this
    format."""
    if job.format != "tar":
        raise NotFound(f"a {job.format} has no index; a tar has one")
    of = archive(job, number)
    key = places.archive_index(job.home, job.format, None if number == job.archives else number)
    return replace(of, key=key, filename=f"{of.filename}.index.csv", media_type=INDEX_TYPE)


def _listed(call: Call, job: Job, services: Services) -> Reply:
    """Returns the list of a job's archives. Raises Expired if one is gone."""
    found = services.archive.list_objects(places.archives(job.home))
    sizes = {facts.key: facts.size for facts in found}
    url = f"{answers.job_url(job, base_url(call.context, services.settings))}/download"
    listed = []
    for number in range(1, job.archives + 1):
        target = archive(job, number)
        if target.key not in sizes:
            raise Expired(f"archive {number} of {job.archives}: {_GONE}")
        listed.append(
            {
                "archive": number,
                "filename": target.filename,
                "size": sizes[target.key],
                "downloadUrl": f"{url}?archive={number}&redirect=true",
                "linkUrl": f"{url}?archive={number}",
            }
        )
    content = {
        "jobId": job.job_id,
        "status": "ready",
        "archives": listed,
        "message": f"The files are in {job.archives} archives. Ask for a link to each, with "
        f"archive=1 to {job.archives}.",
    }
    return Reply(200, content, uncached())


def _flag(call: Call, name: str) -> bool:
    """Returns a parameter that is true or false. Raises InvalidRequest."""
    given = call.query.get(name, "false")
    if given not in ("true", "false"):
        raise invalid(name, f"must be true or false, not {given[:20]!r}")
    return given == "true"


def _number(given: str | None) -> int | None:
    """Returns the number of an archive. Raises InvalidRequest."""
    if given is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < 1:
        raise invalid("archive", f"{shown(given)} must be a whole number from 1 on")
    return int(given)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an archive. `why` says why it is valid for less than LINK_TTL_SECONDS, if the
    credentials that signed it are the cause."""

    url: str
    seconds: int
    why: str = ""


def presigned(
    call: Call, target: Target, settings: Settings, now: int, signer_lives: int | None
) -> Link:
    """Returns a link for the method of the call: S3 takes no other one.

    It is valid for `link_ttl_seconds`, but never for longer than the archive has left, the caller's
    ticket, or the credentials that sign it (`signer_lives`, in seconds; None: for good).
    """
    until = call.caller.until
    end = target.expires_at if until is None else min(target.expires_at, until)
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
            "Key": target.key,
            "ResponseContentType": target.media_type,
            "ResponseContentDisposition": content_disposition(target.filename),
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
