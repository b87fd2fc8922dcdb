"""Makes the S3 clients: the functions' own, the fast path, and one for presigned links."""

import os
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from chalicelib import aws
from chalicelib.aws import config, session, translated

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from chalicelib.s3.fastpath import FastPath

CONNECTIONS: Final = 48
"""The most open connections to S3 in one worker, which never has more requests under way."""

SESSION_SECONDS: Final = 900
"""How long the credentials of a session live at least, if nobody says when they end.

A Lambda function finds its credentials in its environment, without their end. AWS publishes no time
for them, and the session settings of the role do not count there. People saw 12 hours
(https://github.com/boto/boto3/issues/2392), from a start that nobody knows. But an invocation may
last 15 minutes, and it gets no others meanwhile.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://repost.aws/knowledge-center/presigned-url-s3-bucket-expiration"""

_READ_SECONDS: Final = 60


def s3(within: int = 0, region: str = "") -> "S3Client":
    """Returns the S3 client of this process for a region; empty: the stack's own. See `aws.config`
    for `within`."""
    return client(within, None if is_here(region) else region)


def fast_path(region: str = "") -> "FastPath | None":
    """Returns the shorter way to S3 in a region, for requests that are made by the thousand. None
    if there are no credentials, or if only botocore knows how to reach S3."""
    return fast(None if is_here(region) else region)


def is_here(region: str) -> bool:
    """Whether the client of the stack's own region reaches this one. An emulator has all regions at
    one endpoint."""
    return (
        not region
        or region == session().get_config_variable("region")
        or _custom_endpoint() is not None
    )


@cache
def client(within: int, region: str | None) -> "S3Client":
    """Returns the client. None: the region that the environment names."""
    made = aws.client(
        "s3",
        config(
            within,
            read_timeout=_READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            signature_version="s3v4",
            s3=_addressing(),
            # Content-MD5 or TLS protects the bodies. A CRC-32 trailer would cost CPU for each byte.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        region,
    )
    return cast("S3Client", made)


@cache
def fast(region: str | None) -> "FastPath | None":
    """Returns the fast path. None: the region that the environment names."""
    from chalicelib.s3.fastpath import made

    credentials = session().get_credentials()
    if not credentials:
        return None
    return made(client(0, region), credentials, lambda: datetime.now(UTC), time.monotonic)


def signer_lives(now: int) -> int | None:
    """Returns how many seconds the credentials that sign links surely live from `now` (ms); None:
    for good. What they sign ends with them. Raises Unavailable if they cannot be renewed."""
    credentials = session().get_credentials()
    if credentials is None:
        return None
    with translated("sign a link"):
        # Renews them first if they are about to end.
        token = credentials.get_frozen_credentials().token
    end: datetime | None = getattr(credentials, "_expiry_time", None)
    if end is not None:
        return max(1, int(end.timestamp()) - now // 1000)
    return SESSION_SECONDS if token else None


@cache
def for_links(endpoint_url: str | None) -> "S3Client":
    """Returns a client for presigned links only, at the endpoint where callers reach S3.

    It signs with SigV4. On a custom endpoint botocore would fall back to V2, which S3 refuses in
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
    """Returns path style on an emulator, where buckets have no host names of their own."""
    return {"addressing_style": "path" if _custom_endpoint() else "virtual"}


def _custom_endpoint() -> str | None:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None
