"""EventBridge in memory: a bus that takes events, or refuses some of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from tests.faults.audience import BUS
from tests.faults.network import Network
from tests.faults.refusals import refused

Entry = Mapping[str, Any]

ENTRIES_MAX: Final = 10
SIZE_MAX: Final = 256 * 1024
"""Bytes of all entries of one request. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""

_TIME_BYTES: Final = 14


class Bus:
    """`heard(entry, since)` is called for each event that the bus has taken. `since` is when the
    invocation has begun that sent it, in ms. `refuses` says for each event whether it is
    refused."""

    def __init__(
        self,
        network: Network,
        heard: Callable[[Entry, int], None],
        refuses: Callable[[], bool],
    ) -> None:
        self._network = network
        self._heard = heard
        self._refuses = refuses
        self._count = 0

    def put_events(self, *, Entries: Sequence[Entry]) -> dict[str, Any]:
        put = partial(self._put, Entries, self._network.since)
        answer: dict[str, Any] = self._network.request("events", "put_events", put)
        return answer

    def _put(self, entries: Sequence[Entry], since: int) -> dict[str, Any]:
        is_too_large = sum(map(_size, entries)) > SIZE_MAX
        if not 1 <= len(entries) <= ENTRIES_MAX or is_too_large:
            raise refused("PutEvents", "ValidationException", 400)
        rows = [self._row(entry, since) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in row for row in rows), "Entries": rows}

    def _row(self, entry: Entry, since: int) -> dict[str, str]:
        if not _is_valid(entry):
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": "invalid"}
        if self._refuses():
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        self._count += 1
        self._heard(entry, since)
        return {"EventId": f"event-{self._count}"}


def _is_valid(entry: Entry) -> bool:
    if entry.keys() != {"EventBusName", "Source", "DetailType", "Time", "Detail"}:
        return False
    is_json = isinstance(json.loads(entry["Detail"]), dict)
    is_time = isinstance(entry["Time"], datetime) and entry["Time"].tzinfo is not None
    return is_json and is_time and entry["EventBusName"] == BUS


def _size(entry: Entry) -> int:
    texts = (str(entry.get(name, "")) for name in ("Source", "DetailType", "Detail"))
    return _TIME_BYTES + sum(len(text.encode()) for text in texts)
