"""Lazily made, tuned botocore clients: the only place that makes one.

botocore rather than boto3: Lambda's runtime has both, and this one costs half as much to import.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.errors import AccessDenied, Unavailable

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

    from chalicelib.fastpath import FastPath

S3_CONNECTIONS: Final = 48
"""Open connections to S3 in one worker: as many as it has requests under way."""

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "403", "AllAccessDisabled"})
_TRANSIENT: Final = frozenset(
    {
        "SlowDown",
        "InternalError",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "OperationAborted",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR: Final = 500


@cache
def _session() -> "Session":
    from botocore.session import Session

    return Session()


def _config(within: int, *, read_timeout: int, **options: Any) -> Any:
    """Six tries; where somebody waits for the answer, three, which end within so many seconds
    (if not 0), also against a service that takes requests and never answers."""
    from botocore.config import Config

    tries = 6
    if within:
        # One share is for the pauses between the tries, of 1 and 2 seconds at most.
        tries = 3
        read_timeout = min(read_timeout, max(1, within // (tries + 1)))
    return Config(
        connect_timeout=min(3, read_timeout),
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": tries},
        **options,
    )


@cache
def s3(within: int = 0) -> "S3Client":
    """S3, as this process sees it. For `within`, here and below, see `_config`."""
    client = _session().create_client(
        "s3",
        config=_config(
            within,
            read_timeout=60,
            max_pool_connections=S3_CONNECTIONS,
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
def s3_fast_path() -> "FastPath | None":
    """The shorter way to S3 for requests that come by the thousand; None without credentials."""
    from chalicelib.fastpath import fast_path

    credentials = _session().get_credentials()
    return fast_path(s3(), credentials) if credentials else None


@cache
def s3_for_links(endpoint_url: str | None) -> "S3Client":
    """S3, as callers see it: for presigned links only. SigV4 always (botocore would fall back to V2
    on a custom endpoint, which S3 refuses in newer regions)."""
    client = _session().create_client(
        "s3",
        endpoint_url=endpoint_url,
        config=_config(
            0,
            read_timeout=60,
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint_url else "virtual"},
        ),
    )
    return cast("S3Client", client)


@cache
def dynamodb(within: int = 0) -> "DynamoDBClient":
    client = _session().create_client("dynamodb", config=_config(within, read_timeout=5))
    return cast("DynamoDBClient", client)


@cache
def sqs(within: int = 0) -> "SQSClient":
    client = _session().create_client("sqs", config=_config(within, read_timeout=10))
    return cast("SQSClient", client)


def _addressing() -> dict[str, str]:
    """Path style on an emulator: buckets have no host names of their own there."""
    custom = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return {"addressing_style": "path" if custom else "virtual"}


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turns botocore's errors into the domain's: Unavailable (retry later) or AccessDenied (never).

    `action` says what was tried, for the message: "read downloads/10001". Any other ClientError
    passes as it is, for who called knows what it means.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in _DENIED:
            raise AccessDenied(f"not allowed to {action}") from error
        if code in _TRANSIENT or http_status(error) >= _SERVER_ERROR:
            raise Unavailable(f"could not {action}: {code}") from error
        raise
    except ParamValidationError:
        raise  # a mistake of ours, which no second try corrects
    except BotoCoreError as error:
        raise Unavailable(f"could not {action}: {type(error).__name__}") from error


def error_code(error: Exception) -> str:
    """The code of a ClientError: "NoSuchKey", "412", …"""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def http_status(error: Exception) -> int:
    """The HTTP status of a ClientError, 0 where there was none."""
    response: dict[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
