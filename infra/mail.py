"""The mail that a local target has caught instead of sending it, and who may send mail there."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string, policy
from http import HTTPStatus
from typing import Any

from infra.errors import EmulatorError, InfraError
from infra.targets import Target, TargetName

_PATHS: dict[TargetName, str] = {
    "ministack": "/_ministack/ses/messages",
    "localstack": "/_aws/ses",  # https://docs.localstack.cloud/aws/services/ses/
}
_TIMEOUT_SECONDS = 10.0

# The environment may name a proxy, which is for other hosts than this one.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Mail:
    """A mail that was caught. `text` is its plain text."""

    at: datetime
    to: str
    subject: str
    text: str

    def __str__(self) -> str:
        indented = "\n".join(f"  {line}".rstrip() for line in self.text.splitlines())
        return f"{self.at.astimezone():%H:%M:%S} to {self.to}\n{self.subject}\n\n{indented}\n"


def caught(target: Target) -> list[Mail]:
    """Returns the mail that the target's SES has taken, the oldest first.

    Raises InfraError for AWS, and EmulatorError if the target does not say.
    """
    if not target.is_local:
        raise InfraError("On AWS, SES delivers the mail. Only a local target keeps it: make mail")
    url = f"{target.endpoint_url}{_PATHS[target.name]}"
    try:
        with _direct.open(url, timeout=_TIMEOUT_SECONDS) as answer:
            messages = json.load(answer)["messages"]
    except urllib.error.HTTPError as error:
        if target.name == "localstack" and error.code == HTTPStatus.NOT_FOUND:
            return []  # its SES starts when it is first asked
        raise EmulatorError(f"{target.name} does not say what mail it has: {error}") from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise EmulatorError(f"{target.name} does not say what mail it has: {error!r}") from error
    try:
        read = _of_ministack if target.name == "ministack" else _of_localstack
        return sorted(read(messages), key=lambda mail: mail.at)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EmulatorError(f"{target.name} does not say what mail it has: {error!r}") from error


def allow_sender(target: Target, address: str) -> None:
    """Lets the SES of a local target take mail from this address.

    On AWS, SES asks the address or its domain first, and that is left to the operator.
    """
    target.session().client("ses").verify_email_identity(EmailAddress=address)


def _of_ministack(messages: dict[str, list[dict[str, Any]]]) -> Iterator[Mail]:
    for of_account in messages.values():
        for one in of_account:
            at = datetime.fromtimestamp(one["Timestamp"], UTC)
            yield Mail(at, ", ".join(one["To"]), one["Subject"], _lines(one["BodyText"]))


def _of_localstack(messages: list[dict[str, Any]]) -> Iterator[Mail]:
    for one in messages:
        if "RawData" not in one:  # sent by something else than Longhaul
            continue
        message = message_from_string(one["RawData"], policy=policy.default)
        part = message.get_body(("plain",))
        text = part.get_content() if part else ""
        at = datetime.fromisoformat(one["Timestamp"]).replace(tzinfo=UTC)
        yield Mail(at, str(message["To"]), str(message["Subject"]), _lines(text))


def _lines(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines())
