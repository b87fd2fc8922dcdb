"""Sends mail about the end of a job, through Amazon SES.

The same notice is the same mail: it has the notice's id. SES puts a Message-ID and a Date of its
own in place of ours, so a field of our own has the id too.
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from chalicelib import receivers
from chalicelib.announcing.events import page_url
from chalicelib.announcing.letters import LANGUAGE, Letter, letter
from chalicelib.announcing.outcomes import NotDelivered
from chalicelib.aws import error_code, translated
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notice, State
from chalicelib.services import Services

ID_HEADER: Final = "X-Longhaul-Notice"

_ACTION: Final = "send mail through SES"

_FINAL: Final = {
    "MessageRejected": "MAIL_FROM must be verified there, in the sandbox the receiver too",
    "MailFromDomainNotVerifiedException": "the MAIL FROM domain of MAIL_FROM lacks its MX record",
    "MailFromDomainNotVerified": "the MAIL FROM domain of MAIL_FROM lacks its MX record",
    "InvalidParameterValue": "it takes no such address",
}
"""What SES refuses for good, and what to do. What it refuses while sending is paused is not here:
that ends. https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html"""


def send(notice: Notice, job: Job, base: str, services: Services) -> None:
    """Sends the mail. `base` is the API's URL. Raises NotDelivered, Unavailable and
    AccessDenied."""
    settings = services.settings
    if not settings.mail_from:
        raise _given_up("this stack sends no mail any more: MAIL_FROM is not set")
    if not receivers.is_address(notice.to):
        raise _given_up("this is no mail address")
    if job.is_deleted:
        raise _given_up("the job was deleted")
    now = services.now()
    address = services.addresses.known(notice.to, services.new_secret(), now)
    if address.is_opted_out:
        raise NotDelivered("this address wants no mail from here", state=State.OPTED_OUT)
    base = _url(base or settings.api_url)
    stop = f"{base}/unsubscribe/{address.token}"
    content = letter(job, now, page=page_url(base, job.job_id), stop=stop)
    _post(notice, written(content, notice, sender=settings.mail_from, stop=stop, now=now), services)


def written(content: Letter, notice: Notice, *, sender: str, stop: str, now: int) -> bytes:
    """Returns the mail as it is sent (RFC 5322). `stop` is the URL to opt out. `now` is Unix time
    in ms. No line has more than 998 bytes."""
    parts = EmailMessage(policy=SMTP)
    parts.set_content(content.text, cte="quoted-printable")
    parts.add_alternative(content.html, subtype="html", cte="quoted-printable")
    # No text in quoted-printable has "=_" (RFC 2045, section 6.7).
    parts.set_boundary(f"=_{notice.id}")
    # Written here, each on one line: `email` breaks and encodes URLs that are longer than 78
    # characters, and then nobody can opt out.
    headers = {
        "From": sender,
        "To": notice.to,
        "Subject": _subject(content.subject),
        "Date": format_datetime(datetime.fromtimestamp(now // 1000, UTC)),
        "Message-ID": f"<{notice.id}@{sender.rpartition('@')[2]}>",
        ID_HEADER: notice.id,
        "Content-Language": LANGUAGE,
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody answers that they are on holiday
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii") + parts.as_bytes()


def _subject(text: str) -> str:
    """Returns the subject as a header has it. What looks like an encoded word (RFC 2047) is encoded
    too: it would be shown as what it stands for."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _post(notice: Notice, raw: bytes, services: Services) -> None:
    from botocore.exceptions import ClientError

    try:
        with translated(_ACTION):
            services.mail().send_raw_email(
                Source=services.settings.mail_from,
                Destinations=[notice.to],
                RawMessage={"Data": raw},
            )
    except ClientError as error:
        code = error_code(error)
        if why := _FINAL.get(code):
            raise _given_up(f"SES refused it: {code} ({why})") from error
        raise NotDelivered(f"SES refused it: {code}") from error


def _given_up(reason: str) -> NotDelivered:
    return NotDelivered(reason, state=State.GIVEN_UP)


def _url(text: str) -> str:
    """Returns the URL in printable ASCII, without spaces."""
    return quote(text, safe="%:/?#[]@!$&'()*+,;=~")
