"""An archive's bytes from S3, in order and once each, through cuts and links that end."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import urllib3

from longhaul import http, names, refusals
from longhaul.answers import Problem
from longhaul.archive import Tick
from longhaul.client import Client
from longhaul.errors import LonghaulError, Unavailable, UnexpectedAnswer, Unreachable

_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_S3_CODE: Final = re.compile(rb"<Code>(\w{1,60})</Code>")
_ERROR_BYTES: Final = 4096

_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416
_PASSING: Final = frozenset({429, 500, 502, 503, 504})

Sink = Callable[[bytes], object]


class Changed(Exception):
    """The object is not the one any more whose first bytes are there."""


@dataclass(frozen=True, slots=True)
class Remote:
    """What S3 says of an archive. `name` is safe to save it under."""

    size: int
    etag: str
    name: str


class Source:
    """An archive in S3, reached by a link for as long as that lives, and then by another."""

    def __init__(self, client: Client, job_id: str) -> None:
        self.client = client
        self._job_id = job_id
        self._link = ""

    def look(self) -> Remote:
        """What there is to download. Keeps trying as the client does."""
        return self.client.persistence.keep_trying(self._look)

    def copy(self, remote: Remote, sink: Sink, start: int, tick: Tick | None) -> None:
        """Gives `sink` all bytes from `start` on. A cut is no failure where bytes came before it,
        however often that happens.

        Raises Changed, or what the client raises when its patience is over.
        """
        done = start

        def take(chunk: bytes) -> None:
            nonlocal done
            sink(chunk)
            done += len(chunk)
            if tick:
                tick(done, remote.size)

        def attempt() -> None:
            before = done
            try:
                self._copy(remote, take, done)
            except LonghaulError as error:
                if done == before or not error.retryable:
                    raise
                self.client.persistence.tell(error)

        while done < remote.size:
            self.client.persistence.keep_trying(attempt)

    def _look(self) -> Remote:
        # A signed link is for GET alone, so that HEAD is out; one byte tells as much.
        with self._open({"Range": "bytes=0-0"}) as answer:
            headers = answer.headers
            if answer.status == _PARTIAL:
                found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
                size = found[2] if found else None
            else:
                found = _LENGTH.fullmatch(headers.get("Content-Length", ""))
                size = found[0] if found else None
            if size is None:
                raise UnexpectedAnswer(f"{http.origin(self._link)} does not tell a size.")
            name = names.from_disposition(headers.get("Content-Disposition"))
            return Remote(int(size), headers.get("ETag", ""), name)

    def _copy(self, remote: Remote, take: Sink, start: int) -> None:
        """One request's worth."""
        asked = {"Range": f"bytes={start}-"}
        if remote.etag.startswith('"'):  # If-Range takes no weak one (RFC 9110, section 13.1.5)
            asked["If-Range"] = remote.etag
        with self._open(asked) as answer:
            if answer.headers.get("ETag", "") != remote.etag:
                raise Changed
            at = 0
            if answer.status == _PARTIAL:
                found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
                if not found or (int(found[1]), int(found[2])) != (start, remote.size):
                    raise Changed
                at = start
            while at < remote.size:
                chunk = http.read(answer, self._link)
                if not chunk:
                    raise Unreachable(f"{http.origin(self._link)} ended too early.")
                if new := chunk[max(start - at, 0) : remote.size - at]:
                    take(new)
                at += len(chunk)

    @contextmanager
    def _open(self, headers: dict[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer to a request that S3 takes, after a new link if this one has ended."""
        is_fresh = not self._link
        if is_fresh:
            self._link = self.client.download_link(self._job_id).download_url
        with self.client.network.open("GET", self._link, headers) as answer:
            if answer.status in (_OK, _PARTIAL):
                yield answer
                return
            error = _refusal(answer, self._link)
        if is_fresh or error.retryable:
            raise error
        self._link = ""
        with self._open(headers) as answer:
            yield answer


def _refusal(answer: urllib3.BaseHTTPResponse, link: str) -> LonghaulError:
    """What S3's XML says. Raises Changed where it says that the object is shorter."""
    place = http.origin(link)
    if answer.status == _RANGE_NOT_SATISFIABLE:
        raise Changed
    code = _S3_CODE.search(http.read(answer, link)[:_ERROR_BYTES])
    words = f"{answer.status} {code[1].decode()}" if code else str(answer.status)
    if answer.status in _PASSING:
        return Unavailable(
            Problem(title=f"{place} answered {words}", status=answer.status),
            retry_after=refusals.seconds(answer.headers.get("Retry-After")),
        )
    return UnexpectedAnswer(f"{place} does not take its own download link ({words}).")
