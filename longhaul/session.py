"""Sends requests to one stack's API, with the caller's credentials and with retries."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from longhaul import refusals
from longhaul.answers import Answer
from longhaul.http import Network, Reply
from longhaul.retries import Notice, Retries

A = TypeVar("A", bound=Answer)

_NOT_MODIFIED = 304


class Session:
    """The connections to one API, its URL, the credentials and the retries. Not thread-safe."""

    def __init__(
        self, url: str, *, token: str | None, patience: float, notice: Notice | None
    ) -> None:
        """The parameters are those of `Client`. Raises ValueError if `url` is not a URL."""
        self.url = checked_url(url)
        self.credentials = {"Authorization": f"Bearer {token}"} if token else {}
        self.network = Network()
        self.retries = Retries(patience, notice)

    def close(self) -> None:
        """Closes the connections."""
        self.network.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends a request, with `content` as JSON, and returns an answer of status 2xx or 304.

        Retries as `Client` says. Raises errors of `longhaul.errors`.
        """
        sent = {"Accept": "application/json", **self.credentials, **(headers or {})}
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            sent["Content-Type"] = "application/json"

        def attempt() -> Reply:
            reply = self.network.ask(method, self.url + path, sent, body)
            self.retries.had_an_answer = True
            if reply.status != _NOT_MODIFIED:
                refusals.check(reply, self.url + path)
            return reply

        return self.retries.keep_trying(attempt)

    def read(
        self,
        kind: type[A],
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> A:
        """Sends a request as `call` does, and returns the record in the answer."""
        reply = self.call(method, path, content=content, headers=headers)
        return refusals.read(kind, reply, self.url + path)


def job_path(job_id: str) -> str:
    """Returns the path of a job's route. The id is one path segment, whatever it contains."""
    return f"/v1/export/{quote(job_id, safe='')}"


def checked_url(url: str) -> str:
    """Returns the URL without a slash at its end. Raises ValueError if it is not an HTTP URL."""
    parsed = urlsplit(url)
    is_http = parsed.scheme in ("http", "https") and parsed.hostname
    if not is_http or parsed.query or parsed.fragment:
        raise ValueError(f"{url!r} is not a URL like https://api.example.com/prod")
    return url.rstrip("/")
