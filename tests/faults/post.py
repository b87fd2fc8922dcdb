"""SES in memory: takes mail, and looks at what is in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any, Final

from tests.faults.network import Network
from tests.faults.refusals import refused

DESTINATIONS_MAX: Final = 50
SIZE_MAX: Final = 10 * 1024**2


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that SES has taken. `text` is its plain text. `since` is when the invocation has begun
    that sent it, in ms."""

    to: str
    message: EmailMessage
    text: str
    since: int


class PostOffice:
    """`came` is called with each mail that SES has taken."""

    def __init__(self, network: Network, came: Callable[[Letter], None]) -> None:
        self._network = network
        self._came = came
        self._count = 0

    def send_raw_email(
        self,
        *,
        RawMessage: Mapping[str, bytes],
        Destinations: Sequence[str] = (),
        **_: Any,
    ) -> dict[str, str]:
        work = partial(self._send, bytes(RawMessage["Data"]), Destinations, self._network.since)
        answer: dict[str, str] = self._network.request("ses", "send_raw_email", work)
        return answer

    def _send(self, raw: bytes, destinations: Sequence[str], since: int) -> dict[str, str]:
        message = message_from_bytes(raw, policy=policy.default)
        named = destinations or re.findall(r"[^\s<>,]+@[^\s<>,]+", str(message["To"]))
        if not 1 <= len(named) <= DESTINATIONS_MAX or len(raw) > SIZE_MAX or not message["From"]:
            raise refused("SendRawEmail", "InvalidParameterValue", 400)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        for to in named:
            self._came(Letter(to, message, text, since))
        self._count += 1
        return {"MessageId": f"mail-{self._count}"}
