"""AWS for this process: its session, how its clients are configured, and what their errors mean.

It uses botocore and not boto3: Lambda's runtime has both, and botocore costs half as much to
import. S3's clients are made in s3/clients.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.errors import AccessDenied, Unavailable

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_sqs.client import SQSClient

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
def session() -> "Session":
    """Returns the session that all clients of this process share."""
    from botocore.session import Session

    return Session()


def config(within: int, *, read_timeout: int, **options: Any) -> Any:
    """Returns a botocore `Config` that makes six tries; `read_timeout` is in seconds.

    Where somebody waits for the answer, `within` is not 0: then there are three tries, which end
    within that many seconds, also against a service that takes requests and never answers.
    """
    from botocore.config import Config

    tries = 6
    if within:
        # The pauses between the tries, of 1 and 2 seconds at most, take as long as one try.
        tries = 3
        read_timeout = min(read_timeout, max(1, within // (tries + 1)))
    return Config(
        connect_timeout=min(3, read_timeout),
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": tries},
        **options,
    )


@cache
def dynamodb(within: int = 0) -> "DynamoDBClient":
    """Returns DynamoDB's client. For `within` see `config`."""
    client = session().create_client("dynamodb", config=config(within, read_timeout=5))
    return cast("DynamoDBClient", client)


@cache
def sqs(within: int = 0) -> "SQSClient":
    """Returns SQS's client. For `within` see `config`."""
    client = session().create_client("sqs", config=config(within, read_timeout=10))
    return cast("SQSClient", client)


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turns botocore's errors into the domain's: Unavailable (retry later) or AccessDenied (never).

    `action` says what was tried, for the message: "read downloads/10001". Any other ClientError
    passes as it is: the caller knows what it means.
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
    """Returns the code of a ClientError: "NoSuchKey", "412", …"""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def http_status(error: Exception) -> int:
    """Returns the HTTP status of a ClientError, 0 where there was none."""
    response: dict[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
