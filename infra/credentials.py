"""In which AWS account and region a command works: checked before it does anything."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnknownRegionError,
)
from botocore.exceptions import ConnectionError as NotConnectedError

from infra.errors import AccountError

REGION_VARIABLE: Final = "AWS_REGION"

_NO_CREDENTIALS: Final = (
    "There are no AWS credentials. Name a profile: export AWS_PROFILE=my-profile "
    "(aws configure makes one), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)

_REFUSED: Final = {
    "ExpiredToken": "have expired. Get new ones (with SSO: aws sso login), then repeat the command",
    "ExpiredTokenException": "have expired. Get new ones (with SSO: aws sso login), then repeat "
    "the command",
    "RequestExpired": "were refused, as this machine's clock is wrong by minutes. Set it",
    "InvalidClientTokenId": "are of no account, or of one that has not enabled this region",
    "UnrecognizedClientException": "are of no account, or of one that has not enabled this region",
    "SignatureDoesNotMatch": "are wrong: the secret is not that of the access key",
    "IncompleteSignature": "are wrong: the access key or the secret was not copied whole",
}
"""What is wrong with credentials that STS refuses, by its code.
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""


@dataclass(frozen=True)
class Account:
    """An AWS account, and the ARN of who works in it."""

    number: str
    arn: str


def region(environment: Mapping[str, str]) -> str:
    """Returns the region to work in: AWS_REGION, AWS_DEFAULT_REGION, or that of the profile.

    boto3 itself does not read AWS_REGION, which all other tools of AWS put first. Raises
    AccountError if there is none, or if its name can be none.
    """
    try:
        session = boto3.Session()
    except ProfileNotFound:
        raise AccountError(
            f"AWS_PROFILE is {environment.get('AWS_PROFILE')!r}, and there is no such profile. "
            "Those that there are: aws configure list-profiles"
        ) from None
    named = environment.get(REGION_VARIABLE) or session.region_name
    if not named:
        raise AccountError("No AWS region is set. Choose one: export AWS_REGION=eu-west-1")
    try:
        session.get_partition_for_region(named)
    except UnknownRegionError:
        raise AccountError(
            f"{_source(named, environment)} is {named!r}, which is no region of AWS.{_meant(named)}"
        ) from None
    return named


def checked(session: boto3.Session) -> Account:
    """Returns the account of the session's credentials. Asks STS, for some seconds at most.

    Raises AccountError if there are none, or if AWS does not take them.
    """
    quick = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        identity = session.client("sts", config=quick).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        reason = explained(error, session.region_name, _whose(session))
        raise AccountError(reason or f"The AWS credentials were refused. {error}") from error
    return Account(identity["Account"], identity["Arn"])


def explained(error: BotoCoreError | ClientError, where: str, whose: str = "") -> str | None:
    """Returns what is wrong, and what to do, if credentials or the region are the cause.

    `where` is the region. `whose` says where the credentials come from. None: something else is
    the cause.
    """
    named = f" ({whose})" if whose else ""
    if isinstance(error, ClientError):
        wrong = _REFUSED.get(error.response.get("Error", {}).get("Code", ""))
        return f"The AWS credentials {wrong}{named}." if wrong else None
    if isinstance(error, NoCredentialsError):
        return _NO_CREDENTIALS
    if isinstance(error, PartialCredentialsError):
        return f"The AWS credentials are not complete. {error}"
    if isinstance(error, (CredentialRetrievalError, SSOError, TokenRetrievalError)):
        return f"The AWS credentials could not be read{named}. {error} With SSO: aws sso login"
    if isinstance(error, (NotConnectedError, HTTPClientError)):
        return f"AWS did not answer in the region {where}. {error}{_meant(where)}"
    return None


def _source(named: str, environment: Mapping[str, str]) -> str:
    """Returns what names the region."""
    for variable in (REGION_VARIABLE, "AWS_DEFAULT_REGION"):
        if environment.get(variable) == named:
            return variable
    return f"The region of the AWS profile {os.environ.get('AWS_PROFILE', 'default')}"


def _meant(named: str) -> str:
    """Returns a sentence with the region that was probably meant. Empty if the name is known."""
    session = boto3.Session()
    known = {
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("sts", partition_name=partition)
    }
    if named in known:
        return ""
    near = difflib.get_close_matches(named.lower(), known, n=1)
    return f" Did you mean {near[0]}?" if near else " One is called eu-west-1."


def _whose(session: boto3.Session) -> str:
    """Returns where the credentials come from, without what is secret of them."""
    if "AWS_ACCESS_KEY_ID" in os.environ and session.profile_name == "default":
        return f"AWS_ACCESS_KEY_ID={os.environ['AWS_ACCESS_KEY_ID']}"
    return f"profile {session.profile_name}"
