"""Sends requests to one stack's API, with the caller's credentials and with retries."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import urllib3

from longhaul import credentials, refusals
from longhaul.answers import Answer
from longhaul.credentials import Token
from longhaul.errors import NotPermitted
from longhaul.http import Network, Reply
from longhaul.retries import Notice, Retries

A = TypeVar("A", bound=Answer)

_NOT_MODIFIED = 304
_UNAUTHORIZED = 401


class Session:
    """The connections to one API, its URL, the credentials and the retries. Not thread-safe."""

    def __init__(self, url: str, *, token: Token, patience: float, notice: Notice | None) -> None:
        """The parameters are those of `Client`. Raises ValueError if one cannot be right."""
        self.url = checked_url(url)
        self.credentials = credentials.of(token)
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
        is_anonymous: bool = False,
    ) -> Reply:
        """Sends a request, with `content` as JSON, and returns an answer of status 2xx or 304.

        If `is_anonymous`, it has no token.
        Retries as `Client` says. Raises errors of `longhaul.errors`.
        """
        sent = {"Accept": "application/json", **(headers or {})}
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            sent["Content-Type"] = "application/json"

        def attempt() -> Reply:
            token = None if is_anonymous else self.credentials.token(self.network)
            reply = self._ask(method, path, sent, body, token)
            if reply.status == _UNAUTHORIZED and (newer := self._renewed(token)):
                reply = self._ask(method, path, sent, body, newer)
            if reply.status != _NOT_MODIFIED:
                self._check(reply, path, token)
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

    @contextmanager
    def open(self, path: str, headers: Mapping[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """Yields the answer to a GET, whatever its status is. The caller reads its body. Does not
        retry. Raises like `Network.open`."""
        token = self.credentials.token(self.network)
        with ExitStack() as stack:
            answer = stack.enter_context(self._opened(path, headers, token))
            if answer.status == _UNAUTHORIZED and (newer := self._renewed(token)):
                stack.close()
                answer = stack.enter_context(self._opened(path, headers, newer))
            self.retries.had_an_answer = True
            yield answer

    def _ask(
        self, method: str, path: str, sent: Mapping[str, str], body: bytes | None, token: str | None
    ) -> Reply:
        own = credentials.header(token)
        wait = self.retries.answer_wait
        reply = self.network.ask(method, self.url + path, {**own, **sent}, body, wait=wait)
        self.retries.had_an_answer = True
        return reply

    def _opened(
        self, path: str, sent: Mapping[str, str], token: str | None
    ) -> AbstractContextManager[urllib3.BaseHTTPResponse]:
        own = credentials.header(token)
        wait = self.retries.answer_wait
        return self.network.open("GET", self.url + path, {**own, **sent}, wait=wait)

    def _renewed(self, refused: str | None) -> str | None:
        return self.credentials.renewed(refused, self.network) if refused else None

    def _check(self, reply: Reply, path: str, token: str | None) -> None:
        try:
            refusals.check(reply, self.url + path)
        except NotPermitted as error:
            error.api, error.sent = self.url, credentials.kind(token)
            raise


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
