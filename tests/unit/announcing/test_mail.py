"""A mail as it is sent, and what comes of sending it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.announcing import mail
from chalicelib.announcing.letters import Letter, letter
from chalicelib.announcing.outcomes import NotDelivered
from chalicelib.errors import AccessDenied, Unavailable
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.notices import Kind, Notice, State, new
from chalicelib.jobs.states import Status
from chalicelib.services import Services
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import JOB_ID, NOW, a_job, some_services, some_settings

SENDER = "longhaul@example.com"
TO = "ann@example.org"
BASE = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/api"
STOP = f"{BASE}/unsubscribe/{'0' * 32}.{'b' * 43}"
NOTICE = new(JOB_ID, Kind.MAIL, TO)
LINE_MAX = 998
"""Bytes of a line without its end. RFC 5322, section 2.1.1."""


@dataclass
class Ses:
    """Keeps what is sent, or refuses it."""

    sent: list[Mapping[str, Any]] = field(default_factory=list)
    refusal: Exception | None = None

    def send_raw_email(self, **asked: Any) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        self.sent.append(asked)
        return {"MessageId": "1"}


@pytest.fixture
def ses() -> Ses:
    return Ses()


def services_of(ses: Ses, **settings: str) -> Services:
    settings = {"MAIL_FROM": SENDER, **settings}
    table = DynamoDB("jobs", lambda: NOW)
    return some_services(
        some_settings(**settings), dynamodb=table, mail=lambda: ses, now=lambda: NOW
    )


def refused(code: str, status: int = 400) -> ClientError:
    facts: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(facts, "SendRawEmail")


def ready(**facts: Any) -> Job:
    return a_job(**{"status": Status.COMPLETED, **facts})


def failed(detail: str, **facts: Any) -> Job:
    return a_job(status=Status.FAILED, failure=Failure("given-up", "Given up", detail), **facts)


def written(job: Job, notice: Notice = NOTICE, stop: str = STOP) -> bytes:
    content = letter(job, NOW, page=f"{BASE}/#/jobs/{job.job_id}", stop=stop)
    return mail.written(content, notice, sender=SENDER, stop=stop, now=NOW)


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_envelope_and_the_fields_of_a_mail_that_a_machine_has_written() -> None:
    message = parsed(written(ready()))

    fields = {name: str(value) for name, value in message.items()}
    assert fields.pop("Content-Type").startswith("multipart/alternative;")
    assert fields == {
        "From": SENDER,
        "To": TO,
        "Subject": "The export is ready: export.zip",
        "Date": "Tue, 14 Nov 2023 22:13:20 +0000",
        "Message-ID": f"<{NOTICE.id}@example.com>",
        "X-Longhaul-Notice": NOTICE.id,
        "Content-Language": "en",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{STOP}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }


def test_the_text_comes_before_the_html() -> None:
    parts = [part.get_content_type() for part in parsed(written(ready())).walk()]

    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_that_is_written_again_is_the_same_to_the_byte() -> None:
    assert written(ready()) == written(ready())


def test_the_url_to_opt_out_stands_in_one_piece_however_long_it_is() -> None:
    stop = f"{BASE}/{'long/' * 100}unsubscribe/{'0' * 32}.{'b' * 43}"

    raw = written(ready(), stop=stop)

    assert f"List-Unsubscribe: <{stop}>\r\n".encode() in raw


def test_an_address_of_full_length_stands_in_one_piece() -> None:
    labels = ".".join(["d" * 61] * 3)
    to = f"{'l' * 64}@{labels}.de"

    raw = written(ready(), new(JOB_ID, Kind.MAIL, to))

    assert f"To: {to}\r\n".encode() in raw


@pytest.mark.parametrize(
    "name",
    [
        "Grüße.zip",
        "報告書 2026.zip",
        "تقرير.zip",
        "👩🏽‍🚀 fotos.zip",
        "=?utf-8?q?=0A?=.zip",
        "a  b   c.zip",
    ],
)
def test_a_filename_in_any_script_is_right_in_the_subject_and_in_both_parts(name: str) -> None:
    message = parsed(written(ready(filename=name)))

    assert message["Subject"] == f"The export is ready: {name}"
    assert name in body(message, "plain")
    assert name in re.sub("</?span>", "", body(message, "html"))


def test_a_long_filename_is_cut_in_the_subject_only() -> None:
    name = "ü" * 120 + ".zip"

    message = parsed(written(ready(filename=name)))

    assert "…" in message["Subject"]
    assert name in body(message, "plain")


@pytest.mark.parametrize(
    "line", ["\r\nBcc: eve@example.com", "\nBcc: a@b", "\r\n\r\nHello", "\x00"]
)
def test_no_line_of_a_filename_or_a_reason_becomes_a_field(line: str) -> None:
    message = parsed(written(failed(f"no file a{line}", filename=f"a{line}.zip")))

    assert message["Bcc"] is None
    assert len(message.keys()) == 12
    assert message["Subject"].startswith("The export failed: a ")


def test_a_filename_that_has_the_boundary_makes_no_part() -> None:
    boundary = f"--=_{NOTICE.id}"

    message = parsed(written(failed(boundary, filename=f"{boundary}--")))

    assert len(list(message.walk())) == 3
    assert boundary in body(message, "plain")


@given(filename=st.text(max_size=260), detail=st.text(max_size=1000))
def test_any_filename_and_reason_come_back_from_the_bytes(filename: str, detail: str) -> None:
    job = failed(detail, filename=filename)
    content = letter(job, NOW, page=f"{BASE}/#/jobs/{JOB_ID}", stop=STOP)

    raw = written(job)

    message = parsed(raw)
    assert _read(message) == content
    assert len(message.keys()) == 12
    assert not message.defects
    for line in raw.split(b"\r\n"):
        assert len(line) <= LINE_MAX
        assert b"\n" not in line
        assert b"\r" not in line
        assert line.isascii()


def _read(message: EmailMessage) -> Letter:
    return Letter(str(message["Subject"]), body(message, "plain"), body(message, "html"))


def test_the_mail_goes_from_the_setting_to_the_address_and_to_nobody_else(ses: Ses) -> None:
    mail.send(NOTICE, ready(), BASE, services_of(ses))

    (asked,) = ses.sent
    assert (asked["Source"], asked["Destinations"]) == (SENDER, [TO])
    message = parsed(asked["RawMessage"]["Data"])
    assert (message["From"], message["To"]) == (SENDER, TO)
    assert f"{BASE}/#/jobs/{JOB_ID}\n" in body(message, "plain")
    assert message["Date"].datetime == datetime.fromtimestamp(NOW // 1000, UTC)


def test_the_link_to_opt_out_is_the_addresss_own_and_stays_the_same(ses: Ses) -> None:
    services = services_of(ses)
    for job_id in ("a", "b"):
        mail.send(new(job_id, Kind.MAIL, TO), ready(), BASE, services)
    mail.send(new("a", Kind.MAIL, "bo@example.org"), ready(), BASE, services)

    links = [parsed(asked["RawMessage"]["Data"])["List-Unsubscribe"] for asked in ses.sent]
    assert links[0] == links[1] != links[2]
    assert re.fullmatch(rf"<{BASE}/unsubscribe/[0-9a-f]{{32}}\.[\w-]{{43}}>", links[0])


def test_without_a_url_of_the_request_the_setting_is_linked_to(ses: Ses) -> None:
    mail.send(NOTICE, ready(), "", services_of(ses, API_URL="https://exports.example.com"))

    message = parsed(ses.sent[0]["RawMessage"]["Data"])
    assert f"https://exports.example.com/#/jobs/{JOB_ID}\n" in body(message, "plain")


@pytest.mark.parametrize(
    ("notice", "job", "settings", "reason"),
    [
        (NOTICE, ready(), {"MAIL_FROM": ""}, "MAIL_FROM is not set"),
        (new(JOB_ID, Kind.MAIL, "ann@x\r\nBcc: eve@y"), ready(), {}, "no mail address"),
        (NOTICE, ready(deleted_at=NOW), {}, "the job was deleted"),
    ],
    ids=["no sender any more", "no address", "deleted"],
)
def test_a_mail_that_must_not_be_sent_is_given_up(
    ses: Ses, notice: Notice, job: Job, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(NotDelivered, match=reason) as caught:
        mail.send(notice, job, BASE, services_of(ses, **settings))

    assert caught.value.state is State.GIVEN_UP
    assert ses.sent == []


@pytest.mark.parametrize("to", [TO, "ANN@example.ORG"])
def test_an_address_that_wants_no_mail_gets_none_however_it_is_written(ses: Ses, to: str) -> None:
    services = services_of(ses)
    token = services.addresses.known(TO, "secret", NOW).token
    services.addresses.choose(token, NOW, opts_out=True)

    with pytest.raises(NotDelivered) as caught:
        mail.send(new(JOB_ID, Kind.MAIL, to), ready(), BASE, services)

    assert caught.value.state is State.OPTED_OUT
    assert ses.sent == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("MessageRejected", "in the sandbox the receiver too"),
        ("MailFromDomainNotVerifiedException", "MX"),
        ("MailFromDomainNotVerified", "MX"),
        ("InvalidParameterValue", "address"),
    ],
)
def test_what_ses_refuses_for_good_is_given_up_and_says_what_to_do(
    ses: Ses, code: str, says: str
) -> None:
    ses.refusal = refused(code)

    with pytest.raises(NotDelivered, match=says) as caught:
        mail.send(NOTICE, ready(), BASE, services_of(ses))

    assert caught.value.state is State.GIVEN_UP
    assert caught.value.reason.startswith(f"SES refused it: {code} (")


@pytest.mark.parametrize(
    "code",
    ["AccountSendingPausedException", "ConfigurationSetSendingPausedException", "Whatever"],
)
def test_what_ses_may_take_later_is_tried_again(ses: Ses, code: str) -> None:
    ses.refusal = refused(code)

    with pytest.raises(NotDelivered) as caught:
        mail.send(NOTICE, ready(), BASE, services_of(ses))

    assert (caught.value.state, caught.value.reason) == (State.RETRYING, f"SES refused it: {code}")


@pytest.mark.parametrize(
    ("refusal", "raised"),
    [
        (refused("Throttling"), Unavailable),
        (refused("InternalFailure", 500), Unavailable),
        (ConnectTimeoutError(endpoint_url="https://email"), Unavailable),
        (refused("AccessDenied", 403), AccessDenied),
    ],
    ids=["throttled", "broken", "no answer", "not allowed"],
)
def test_what_is_no_refusal_of_the_mail_is_the_domains_error(
    ses: Ses, refusal: Exception, raised: type[Exception]
) -> None:
    ses.refusal = refusal

    with pytest.raises(raised, match="send mail through SES"):
        mail.send(NOTICE, ready(), BASE, services_of(ses))
