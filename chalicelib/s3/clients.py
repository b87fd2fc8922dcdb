"""Makes the S3 clients: the functions' own, the fast path, and one for presigned links."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from chalicelib.aws import config, session

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from chalicelib.s3.fastpath import FastPath

CONNECTIONS: Final = 48
"""Open connections to S3 in one worker: it has no more requests under way."""

_READ_SECONDS: Final = 60


@cache
def s3(within: int = 0) -> "S3Client":
    """Returns S3 as this process reaches it. For `within` see `aws.config`."""
    client = session().create_client(
        "s3",
        config=config(
            within,
            read_timeout=_READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            signature_version="s3v4",
            s3=_addressing(),
            # Bodies are checked by Content-MD5 or TLS; a CRC-32 trailer would cost CPU for each
            # byte.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    return cast("S3Client", client)


@cache
def fast_path() -> "FastPath | None":
    """Returns the shorter way to S3, for requests that come by the thousand. None without
    credentials, and where botocore alone knows how to reach S3."""
    from chalicelib.s3.fastpath import made

    credentials = session().get_credentials()
    return made(s3(), credentials, lambda: datetime.now(UTC)) if credentials else None


@cache
def for_links(endpoint_url: str | None) -> "S3Client":
    """Returns S3 as callers reach it, for presigned links only.

    It signs by SigV4. On a custom endpoint botocore would fall back to V2, which S3 refuses in
    newer regions.
    """
    client = session().create_client(
        "s3",
        endpoint_url=endpoint_url,
        config=config(
            0,
            read_timeout=_READ_SECONDS,
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint_url else "virtual"},
        ),
    )
    return cast("S3Client", client)


def _addressing() -> dict[str, str]:
    """Path style on an emulator: buckets have no host names of their own there."""
    custom = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return {"addressing_style": "path" if custom else "virtual"}
