"""Does what a browser does: sends requests, and follows server-sent events. Keeps their times."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from infra.errors import InfraError

_TIMEOUT_SECONDS = 600.0
"""Longer than any proxy waits, so that the browser is never the first to give up."""

_RECONNECTION_SECONDS = 3.0
"""Used until the server names another one by `retry:`."""

# The environment may name a proxy, which is for other hosts than this one.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AnswerError(InfraError):
    """An answer that the scenario cannot go on with."""


@dataclass(frozen=True)
class Request:
    """One request, from its first byte to the last byte of its answer, in monotonic seconds."""

    what: str
    start: float
    end: float
    status: int

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass
class Browser:
    """A person's browser. `requests` are all that it has sent and that had an answer."""

    requests: list[Request] = field(default_factory=list)

    def ask(
        self,
        what: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> tuple[int, bytes]:
        """Returns the answer's status and body. Raises AnswerError only if there is no answer."""
        asked = urllib.request.Request(url, headers=dict(headers or {}))
        if body is not None:
            asked.data = json.dumps(body).encode()
            asked.add_header("Content-Type", "application/json")
        start = time.monotonic()
        try:
            with _opener.open(asked, timeout=_TIMEOUT_SECONDS) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                status, content = refusal.code, refusal.read()
        except OSError as error:
            raise AnswerError(f"{what}: no answer. {error}") from error
        self.requests.append(Request(what, start, time.monotonic(), status))
        return status, content

    def ask_json(self, what: str, url: str, *, body: object = None) -> Any:
        """Returns the JSON document of the answer. Raises AnswerError for any other answer."""
        status, content = self.ask(what, url, body=body)
        if status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
            raise AnswerError(f"{what} was answered {status}: {content[:300]!r}")
        return json.loads(content)

    def watch(self, url: str, deadline: float) -> Iterator[Any]:
        """Yields each state of a job that an EventSource gets, until the server says: the last one.

        docs/progress.md has the protocol. To leave the loop is to close the tab. Raises AnswerError
        at the `deadline` (monotonic seconds).
        """
        seen, pause = "", _RECONNECTION_SECONDS
        while time.monotonic() < deadline:
            headers = {"Accept": "text/event-stream"}
            if seen:
                headers["Last-Event-ID"] = seen
            status, content = self.ask("watch", url, headers=headers)
            if status == HTTPStatus.NO_CONTENT:
                return
            if status != HTTPStatus.OK:
                raise AnswerError(f"Watching was answered {status}: {content[:300]!r}")
            fields = event(content.decode())
            pause = int(fields["retry"]) / 1000 if "retry" in fields else pause
            if "data" in fields:
                seen = fields.get("id", seen)
                yield json.loads(fields["data"])
            time.sleep(pause)
        raise AnswerError(f"The job has not ended in time: {url}")


def event(text: str) -> dict[str, str]:
    """Returns the fields of an answer. Longhaul sends one event or none, a line for each field."""
    fields = (line.partition(":") for line in text.splitlines())
    return {name: value.removeprefix(" ") for name, _, value in fields if name}
