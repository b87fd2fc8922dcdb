"""The ways in which a service can fail. Each function says what happens to one request."""

import json
import socket
import struct
import time
from typing import Final

from tests.wreck.asked import Service
from tests.wreck.proxy import Answer, Exchange, Fault

_SLOW_SECONDS: Final = 3.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

# The status and code with which each service throttles a caller.
_THROTTLED: Final[dict[Service, tuple[int, str]]] = {
    "s3": (503, "SlowDown"),
    "dynamodb": (400, "ThrottlingException"),
    "sqs": (400, "RequestThrottled"),
}


def throttled(exchange: Exchange) -> None:
    """The service throttles the caller, and does nothing."""
    service = exchange.asked.service
    status, code = _THROTTLED[service]
    if service == "s3":
        kind = "application/xml"
        body = f"<Error><Code>{code}</Code><Message>Reduce your rate</Message></Error>".encode()
    else:
        kind = "application/x-amz-json-1.0"
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "Slow down"}).encode()
    sent = b"" if exchange.asked.method == "HEAD" else body
    exchange.answer(Answer(status, (("Content-Type", kind),), len(body), sent))


def reset(exchange: Exchange) -> None:
    """The connection is reset, and the service does nothing."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    exchange.hang_up()


def black_hole(exchange: Exchange) -> None:
    """Nothing happens and no answer comes, even after the outage, until the caller hangs up."""
    exchange.wait_for_hang_up()


def slow(exchange: Exchange) -> None:
    """The service does what was asked, but answers late."""
    time.sleep(_SLOW_SECONDS)  # the fault itself
    exchange.answer(exchange.ask())


def cut(exchange: Exchange) -> None:
    """The service does what was asked, but its answer breaks off: in its body, if it has one."""
    answer = exchange.ask()
    if answer.body:
        exchange.answer(answer, cut_at=len(answer.body) // 2)
    exchange.hang_up()


def repeated(exchange: Exchange) -> None:
    """The service does what was asked three times."""
    exchange.ask()
    exchange.ask()
    exchange.answer(exchange.ask())


FAILURES: Final[tuple[Fault, ...]] = (throttled, reset, black_hole, slow, cut)


def name_of(failure: object) -> str:
    """Returns the name of a failure or a service, for the name of a test."""
    return str(getattr(failure, "__name__", failure))
