"""What the errors of AWS mean to the domain."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from chalicelib import aws
from chalicelib.aws import error_code, http_status, translated
from chalicelib.errors import AccessDenied, Unavailable
from chalicelib.s3 import clients


def _client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # what is read of it
        "Operation",
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("503", 503),  # of HEAD, whose answer has no body
        ("500", 500),
        ("InternalError", 200),  # of a copy that failed after it had begun to answer
        ("RequestTimeout", 400),
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("TransactionInProgressException", 400),
        ("RequestThrottled", 403),
        ("SomethingNew", 502),
        ("KMS.ThrottlingException", 400),
        ("ExpiredToken", 400),
        ("408", 408),
        ("TooManyRequests", 429),
    ],
)
def test_what_passes_by_itself_is_unavailable(code: str, status: int) -> None:
    error = _client_error(code, status)

    with (
        pytest.raises(Unavailable, match=f"could not read x: {code}") as caught,
        translated("read x"),
    ):
        raise error

    assert caught.value.__cause__ is error
    assert caught.value.retryable
    assert caught.value.code == code


def test_what_was_tried_is_short_and_the_code_is_said() -> None:
    with pytest.raises(Unavailable) as caught, translated(f"look at {'x/' * 500}z.bin"):
        raise _client_error("SlowDown", 503)

    assert caught.value.detail.startswith("could not look at x/x/")
    assert caught.value.detail.endswith("/x/z.bin: SlowDown")
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDenied", 403),
        ("AccessDeniedException", 400),
        ("403", 403),
        ("AllAccessDisabled", 403),
    ],
)
def test_what_is_denied_stays_denied(code: str, status: int) -> None:
    with pytest.raises(AccessDenied, match="not allowed to read x") as caught, translated("read x"):
        raise _client_error(code, status)

    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NoSuchKey", 404),
        ("404", 404),
        ("NoSuchUpload", 404),
        ("PreconditionFailed", 412),
        ("InvalidRange", 416),
        ("ConditionalCheckFailedException", 400),
        ("ValidationException", 400),
        ("EntityTooSmall", 400),
        ("NotImplemented", 501),
    ],
)
def test_what_the_caller_must_judge_passes_as_it_is(code: str, status: int) -> None:
    error = _client_error(code, status)

    with pytest.raises(ClientError) as caught, translated("read x"):
        raise error

    assert caught.value is error


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://x"),
        ConnectTimeoutError(endpoint_url="http://x"),
        ReadTimeoutError(endpoint_url="http://x"),
    ],
)
def test_a_connection_that_was_not_made_is_unavailable(error: Exception) -> None:
    name = type(error).__name__

    with pytest.raises(Unavailable, match=f"could not read x: {name}"), translated("read x"):
        raise error


def test_errors_of_ours_pass_as_they_are() -> None:
    with pytest.raises(KeyError), translated("read x"):
        raise KeyError("x")


def test_an_error_has_a_code_and_a_status() -> None:
    error = _client_error("NoSuchKey", 404)

    assert (error_code(error), http_status(error)) == ("NoSuchKey", 404)


def test_an_error_of_another_kind_has_neither() -> None:
    assert (error_code(ValueError()), http_status(ValueError())) == ("", 0)


def test_where_somebody_waits_all_tries_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    within, longest_pauses = 20, 1 + 2

    for client in (clients.s3(within), aws.dynamodb(within), aws.sqs(within)):
        config = client.meta.config

        assert config.connect_timeout <= config.read_timeout  # type: ignore[attr-defined]  # set by its name
        assert 3 * config.read_timeout + longest_pauses <= within  # type: ignore[attr-defined]  # set by its name
        assert config.retries == {"mode": "standard", "total_max_attempts": 3}  # type: ignore[attr-defined]  # set by its name
