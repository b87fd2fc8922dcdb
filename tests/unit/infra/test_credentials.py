"""The region and the credentials are checked before anything is done, and each fault is named."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import Stubber

from infra import credentials
from infra.credentials import Account
from infra.errors import AccountError

OF_THE_USER = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION")
OF_THE_KEY = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
IDENTITY = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada", "UserId": "A"}


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*OF_THE_USER, *OF_THE_KEY, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "config").write_text("[default]\nregion = us-west-2\n[profile empty]\n")


def _session() -> boto3.Session:
    return boto3.Session("AKIAEXAMPLE", "secret", region_name="eu-west-1")


def _stubbed(monkeypatch: pytest.MonkeyPatch) -> tuple[boto3.Session, Stubber]:
    """A session whose client for STS answers what the stubber is told."""
    session = _session()
    sts = session.client("sts")
    monkeypatch.setattr(session, "client", lambda *_, **__: sts)
    stubber = Stubber(sts)
    stubber.activate()
    return session, stubber


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-central-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_REGION": ""}, "us-west-2"),
        ({}, "us-west-2"),
        ({"AWS_REGION": "cn-north-1"}, "cn-north-1"),
    ],
)
def test_the_region_that_comes_first_is_taken(
    environment: dict[str, str], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert credentials.region(environment) == chosen


def test_without_a_region_the_command_says_how_to_choose_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "empty")

    with pytest.raises(AccountError, match="export AWS_REGION=eu-west-1") as refused:
        credentials.region({})

    # What the message says, done.
    variable, _, value = str(refused.value).rpartition("export ")[2].partition("=")
    assert credentials.region({variable: value}) == "eu-west-1"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AWS_REGION": "nonsense"}, "AWS_REGION is 'nonsense'"),
        ({"AWS_REGION": "EU-WEST-1"}, "AWS_REGION is 'EU-WEST-1'.* Did you mean eu-west-1"),
        ({"AWS_REGION": "eu-west1"}, "AWS_REGION is 'eu-west1'.* Did you mean eu-west-1"),
        ({"AWS_DEFAULT_REGION": "x"}, "AWS_DEFAULT_REGION is 'x'"),
    ],
)
def test_what_is_no_region_is_refused_by_its_name(
    environment: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(AccountError, match=message):
        credentials.region(environment)


def test_a_bad_region_in_the_profile_is_refused_by_the_profile(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = west\n")

    with pytest.raises(AccountError, match="The region of the AWS profile default is 'west'"):
        credentials.region({})


def test_a_profile_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(AccountError, match="AWS_PROFILE is 'nobody'"):
        credentials.region({"AWS_PROFILE": "nobody", "AWS_REGION": "eu-west-1"})


def test_good_credentials_tell_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    session, stubber = _stubbed(monkeypatch)
    stubber.add_response("get_caller_identity", IDENTITY)

    assert credentials.checked(session) == Account("123456789012", IDENTITY["Arn"])


def test_refused_credentials_are_named_by_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    session, stubber = _stubbed(monkeypatch)
    stubber.add_client_error("get_caller_identity", "ExpiredToken")

    with pytest.raises(AccountError, match=r"\(AWS_ACCESS_KEY_ID=AKIAEXAMPLE\)"):
        credentials.checked(session)


def test_without_credentials_the_command_says_how_to_name_them() -> None:
    with pytest.raises(AccountError, match="export AWS_PROFILE="):
        credentials.checked(boto3.Session(region_name="eu-west-1"))


def test_half_of_a_key_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")

    with pytest.raises(AccountError, match=r"not complete.*AWS_SECRET_ACCESS_KEY"):
        credentials.checked(boto3.Session(region_name="eu-west-1"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "have expired.*aws sso login"),
        ("ExpiredTokenException", "have expired"),
        ("RequestExpired", "clock"),
        ("InvalidClientTokenId", "are of no account"),
        ("SignatureDoesNotMatch", "are wrong: the secret"),
        ("SomethingElse", "were refused.*SomethingElse"),
    ],
)
def test_credentials_that_aws_refuses_are_named_with_what_is_wrong(
    code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    session, stubber = _stubbed(monkeypatch)
    stubber.add_client_error("get_caller_identity", code)

    with pytest.raises(AccountError, match=words) as refused:
        credentials.checked(session)

    assert "secret)" not in str(refused.value)


@pytest.mark.parametrize(
    "error",
    [
        SSOTokenLoadError(error_msg="no token", profile_name="work"),
        UnauthorizedSSOTokenError(),
        TokenRetrievalError(provider="sso", error_msg="it has expired"),
    ],
)
def test_a_sign_in_that_has_ended_is_to_be_repeated(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = _session()

    def client(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(session, "client", client)

    with pytest.raises(AccountError, match="aws sso login"):
        credentials.checked(session)


def test_if_aws_does_not_answer_the_region_that_was_meant_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing listens on this port.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    wrong = boto3.Session("AKIAEXAMPLE", "secret", region_name="eu-wset-1")

    with pytest.raises(AccountError, match="did not answer in the region eu-wset-1") as refused:
        credentials.checked(wrong)
    assert "Did you mean eu-west-1?" in str(refused.value)

    with pytest.raises(AccountError) as refused:
        credentials.checked(_session())
    assert "Did you mean" not in str(refused.value)
