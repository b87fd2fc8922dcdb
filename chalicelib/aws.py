"""AWS for this process: its session, the settings of its clients, and what their errors mean.

This module uses botocore and not boto3. Lambda's runtime has both, and botocore costs half as much
to import. s3/clients.py makes the S3 clients.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from chalicelib import slow_calls
from chalicelib.errors import AccessDenied, LonghaulError, Unavailable, shortened

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_sqs.client import SQSClient

T = TypeVar("T")

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
        "ConditionalRequestConflict",  # two write the same object at the same time
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "TransactionInProgressException",
        # The session gets new credentials.
        "ExpiredToken",
        "ExpiredTokenException",
        # Of KMS. S3 passes its codes on.
        "KMSInternalException",
        "KMSThrottlingException",
        "DependencyTimeoutException",
    }
)
_TRANSIENT_STATUSES: Final = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)


@cache
def session() -> "Session":
    """Returns the session that all clients of this process share."""
    from botocore.session import Session

    return Session()


_MAKING: Final = Lock()
"""A session makes one client at a time: botocore's sessions are not for several threads.
https://docs.aws.amazon.com/boto3/latest/guide/session.html"""


class _Lazy:
    """Stands for a client that is made when something is first asked of it."""

    def __init__(self, made: Callable[[], object]) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made(), name)


def lazily(made: Callable[[], T]) -> T:
    """Returns what stands for a client until it is needed. `made` returns the client, always the
    same one. So a cold start waits for no client that its request does not need: one takes as long
    to make as ten requests."""
    return cast("T", _Lazy(made))


def client(service: str, settings: Any, region: str | None = None) -> Any:
    """Returns a new client, whose slow calls are kept. `region` None: the one that the environment
    names."""
    with _MAKING:
        made = session().create_client(service, region_name=region, config=settings)
    slow_calls.watch(made)
    return made


def config(within: int, *, read_timeout: int, **options: Any) -> Any:
    """Returns a botocore `Config`. `within` and `read_timeout` are in seconds.

    If `within` is 0, a client makes six tries. Else somebody waits for the answer: the client makes
    three tries, which end within that time, even if a service takes requests and never answers.
    """
    from botocore.config import Config

    tries = 6
    if within:
        # The pauses between the tries are 1 and 2 seconds at most. Together they count as one more
        # try.
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
    """Returns the DynamoDB client. See `config` for `within`."""
    made = client("dynamodb", config(within, read_timeout=5))
    return cast("DynamoDBClient", made)


@cache
def sqs(within: int = 0) -> "SQSClient":
    """Returns the SQS client. See `config` for `within`."""
    made = client("sqs", config(within, read_timeout=10))
    return cast("SQSClient", made)


class SecretsManager(Protocol):
    """The client of Secrets Manager, as far as it is used here."""

    def get_secret_value(self, **asked: str) -> dict[str, Any]: ...


@cache
def secrets_manager(within: int = 0) -> SecretsManager:
    """Returns the Secrets Manager client. See `config` for `within`."""
    made = client("secretsmanager", config(within, read_timeout=5))
    return cast("SecretsManager", made)


class EventsClient(Protocol):
    """The client of EventBridge, as far as it is used here."""

    def put_events(self, **asked: Any) -> dict[str, Any]: ...


@cache
def events() -> EventsClient:
    """Returns the EventBridge client."""
    return cast("EventsClient", client("events", config(8, read_timeout=5)))


class FunctionsClient(Protocol):
    """The client of Lambda, as far as it is used here."""

    exceptions: Any

    def invoke(self, **asked: Any) -> dict[str, Any]: ...


@cache
def functions() -> FunctionsClient:
    """Returns the Lambda client. It has as many connections as queue/direct.py uses at once."""
    settings = config(8, read_timeout=5, max_pool_connections=16)
    return cast("FunctionsClient", client("lambda", settings))


class MailClient(Protocol):
    """The client of SES, as far as it is used here."""

    def send_raw_email(self, **asked: Any) -> dict[str, Any]: ...


@cache
def ses() -> MailClient:
    """Returns the SES client."""
    return cast("MailClient", client("ses", config(8, read_timeout=5)))


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turns botocore's errors into the domain's: Unavailable (a retry may help) or AccessDenied (no
    retry helps).

    `action` is for the message and says what was tried: "read downloads/10001". Any other
    ClientError passes unchanged, because the caller knows what it means.
    """
    try:
        yield
    except Exception as error:
        if meant := _meant(action, error):
            raise meant from error
        raise


def _meant(action: str, error: Exception) -> LonghaulError | None:
    """Returns the domain's error for one of botocore's; None if the caller knows what it means."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    if isinstance(error, ClientError):
        code = error_code(error)
        if code in _DENIED:
            return not_allowed_to(action)
        if code.removeprefix("KMS.") in _TRANSIENT or _passes(http_status(error)):
            return could_not(action, code, code)
    # A wrong parameter is our own mistake: no second try helps.
    elif isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        return could_not(action, type(error).__name__)
    return None


def not_allowed_to(action: str, code: str = "") -> AccessDenied:
    """Returns the error for an action that AWS denies. `code` is AWS's, if it says more."""
    return AccessDenied(f"not allowed to {shortened(action)}" + (f": {code}" if code else ""))


def could_not(action: str, why: str, code: str = "") -> Unavailable:
    """Returns the error for an action that may succeed later. `code` is the service's, if it has
    given one."""
    return Unavailable(f"could not {shortened(action)}: {why}", code=code)


def _passes(status: int) -> bool:
    """Returns whether an answer with this status may be another one later."""
    if status == HTTPStatus.NOT_IMPLEMENTED:
        return False
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRANSIENT_STATUSES


def error_code(error: BaseException | None) -> str:
    """Returns the code of a ClientError: "NoSuchKey", "412", …"""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def http_status(error: BaseException | None) -> int:
    """Returns the HTTP status of a ClientError; 0 if it has none."""
    response: dict[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
