"""Presigned links: straight to the archive in S3, short-lived, made when asked for."""

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from chalicelib.archive import names
from chalicelib.jobs.model import Job
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_UNSAFE_IN_TOKEN: Final = re.compile(r"[^\w !#$&+.^`|~()\[\]{},;=@-]", re.ASCII)
_PATH_SEPARATORS: Final = re.compile(r"[/\\]")
_ATTR_CHAR: Final = "!#$&+-.^_`|~"  # RFC 5987, section 3.2.1, besides letters and digits


def presigned(client: "S3Client", job: Job, settings: Settings, now: int) -> tuple[str, int]:
    """(link, seconds it lives): `link_ttl_seconds`, but never longer than the archive."""
    seconds = max(1, min(settings.link_ttl_seconds, (job.expires_at - now) // 1000))
    link = client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.archive_bucket,
            "Key": job.archive_key,
            "ResponseContentType": "application/zip",
            "ResponseContentDisposition": content_disposition(job.filename),
        },
        ExpiresIn=seconds,
    )
    return link, seconds


def content_disposition(filename: str) -> str:
    """The header with which a browser saves under this name (RFC 6266, with RFC 5987's encoding).

    Pure ASCII, whatever the name; old clients take the first parameter, all others the second.
    """
    plain = _UNSAFE_IN_TOKEN.sub("_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe=_ATTR_CHAR)}"


def archive_filename(wanted: str | None, job_id: str) -> str:
    """The archive's name for downloads: what the caller wanted, as one path part that ends in
    .zip."""
    given = _PATH_SEPARATORS.sub("_", wanted or "").strip(" .")
    given = names.safe_name(given).strip(" .") if given else given
    is_zip = given.lower().endswith(".zip")
    stem, extension = (given[:-4], given[-4:]) if is_zip else (given, ".zip")
    return names.safe_name((stem or f"longhaul-{job_id[:8]}") + extension)
