"""The mail that a local target has caught."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from infra import __main__ as commands
from infra import emulators, mail, stack
from infra.errors import EmulatorError, InfraError
from infra.mail import Mail
from infra.targets import Target

AT = datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC)
MINISTACK = Target("ministack", "local", "us-east-1")
LOCALSTACK = Target("localstack", "local", "us-east-1")
RAW = (
    "From: longhaul@example.com\r\nTo: ann@example.com\r\n"
    "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nMIME-Version: 1.0\r\n"
    'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    "\r\nGr=C3=BC=C3=9Fe.\r\n"
)
OF_LOCALSTACK = {
    "messages": [
        {
            "Id": "1",
            "Region": "us-east-1",
            "Source": "longhaul@example.com",
            "RawData": RAW,
            "Timestamp": "2026-11-26T12:00:30",
        },
        {"Id": "2", "Subject": "Of another", "Body": {}, "Timestamp": "2026-11-26T12:00:31"},
    ]
}


def of_ministack(*seconds: int) -> dict[str, Any]:
    """What MiniStack answers: a mail of each of these seconds, each in an account of its own."""
    return {
        "messages": {
            f"{second:012}": [
                {
                    "MessageId": "1",
                    "To": ["ann@example.com"],
                    "Subject": f"The export is ready: {second}.zip",
                    "BodyText": "Ready.\r\n\r\nDownload it:\r\n",
                    "Timestamp": AT.timestamp() + second,
                }
            ]
            for second in seconds
        }
    }


class Emulator(HTTPServer):
    """Answers each request with `content`, and keeps the paths."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.content: object = {}
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Emulator

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = json.dumps(self.server.content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Logs nothing, so that it does not mix with the output of the tests."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_mail_of_ministack_is_listed_with_the_oldest_first(emulator: Emulator) -> None:
    emulator.content = of_ministack(5, 1)

    first, second = mail.caught(MINISTACK.at(emulator.url))

    assert emulator.asked == ["/_ministack/ses/messages"]
    assert first.subject == "The export is ready: 1.zip"
    assert (second.to, second.at.second) == ("ann@example.com", 35)


def test_the_mail_of_localstack_is_read_from_its_bytes(emulator: Emulator) -> None:
    emulator.content = OF_LOCALSTACK

    found = mail.caught(LOCALSTACK.at(emulator.url))

    assert emulator.asked == ["/_aws/ses"]
    assert found == [Mail(AT, "ann@example.com", "Grüße", "Grüße.\n")]


def test_a_proxy_of_the_environment_is_not_asked(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    emulator.content = of_ministack()

    assert mail.caught(MINISTACK.at(emulator.url)) == []


@pytest.mark.parametrize("content", [{}, [], {"messages": {"1": [{}]}}, {"messages": 7}])
def test_an_answer_that_is_not_understood_is_said(emulator: Emulator, content: object) -> None:
    emulator.content = content

    with pytest.raises(EmulatorError, match="ministack does not say what mail it has"):
        mail.caught(MINISTACK.at(emulator.url))


def test_an_emulator_that_does_not_answer_is_said() -> None:
    with pytest.raises(EmulatorError, match="localstack does not say"):
        mail.caught(LOCALSTACK.at("http://127.0.0.1:1"))


def test_aws_keeps_no_mail() -> None:
    with pytest.raises(InfraError, match="SES delivers the mail"):
        mail.caught(Target("aws", "prod", "eu-west-1"))


def test_a_mail_is_shown_with_its_subject_and_its_text_indented() -> None:
    shown = str(Mail(AT, "ann@example.com", "Ready", "One.\r\n\r\nTwo.\r\n"))

    assert shown.splitlines()[1:] == ["Ready", "", "  One.", "", "  Two."]
    assert shown.splitlines()[0].endswith(" to ann@example.com")


def test_the_sender_is_verified_so_that_the_local_ses_takes_its_mail() -> None:
    with mock_aws():
        allowed = Sessions()

        mail.allow_sender(allowed, "longhaul@example.com")  # type: ignore[arg-type]

        ses = boto3.client("ses", region_name="us-east-1")
        assert ses.list_identities()["Identities"] == ["longhaul@example.com"]


class Sessions:
    """Stands for a target: its sessions are moto's."""

    def session(self) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
        )


def _run(monkeypatch: pytest.MonkeyPatch, url: str) -> Result:
    monkeypatch.setattr(stack, "deployed", lambda *_: None)
    monkeypatch.setattr(emulators, "found", lambda target, _: target.at(url))
    return CliRunner().invoke(commands.cli, ["--target", "ministack", "mail"])


def test_the_command_prints_what_was_caught(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.content = of_ministack(1)

    output = _run(monkeypatch, emulator.url).stdout

    assert "The export is ready: 1.zip\n\n  Ready.\n\n  Download it:\n" in output


def test_without_mail_the_command_says_how_a_stack_sends_some(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(commands, "say", said.append)
    emulator.content = of_ministack()

    result = _run(monkeypatch, emulator.url)

    assert result.stdout == ""
    assert "make up MAIL_FROM=" in said[0]
