"""Reads an archive from S3 in order, each byte once. Survives broken connections, expired links."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import urllib3

from longhaul import http, names, refusals
from longhaul.answers import Problem
from longhaul.client import Client
from longhaul.entries import Tick
from longhaul.errors import LinkRefused, LonghaulError, Unavailable, UnexpectedAnswer, Unreachable

_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_S3_CODE: Final = re.compile(rb"<Code>(\w{1,60})</Code>")
_ERROR_BYTES: Final = 4096

_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416
_RETRYABLE: Final = frozenset({429, 500, 502, 503, 504})

Sink = Callable[[bytes], object]


class Changed(Exception):
    """The object in S3 has changed since its first bytes were read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What S3 says about an archive. `size` is in bytes; `name` is a safe file name."""

    size: int
    etag: str
    name: str


class StoredArchive:
    """A job's archive in S3. Gets a new link when the last one has expired."""

    def __init__(self, client: Client, job_id: str, number: int | None = None) -> None:
        """`number` is that of one of several archives; None: there is one."""
        self._client = client
        self._session = client.session
        self._job_id = job_id
        self._number = number
        self._link = ""

    def facts(self) -> Facts:
        """Asks S3 for the archive's facts. Retries as the client does."""
        return self._session.retries.keep_trying(self._facts)

    def copy(self, facts: Facts, sink: Sink, start: int, tick: Tick | None) -> None:
        """Passes all bytes from `start` on to `sink`.

        A broken connection is a failure only if it has brought no bytes. Raises Changed, or the
        client's errors once its patience is over.
        """
        done = start

        def take(chunk: bytes) -> None:
            nonlocal done
            sink(chunk)
            done += len(chunk)
            if tick:
                tick(done, facts.size)

        def attempt() -> None:
            before = done
            try:
                self._copy(facts, take, done)
            except LonghaulError as error:
                if done == before or not error.retryable:
                    raise
                self._session.retries.report(error)

        while done < facts.size:
            self._session.retries.keep_trying(attempt)

    def _facts(self) -> Facts:
        # The signed link allows GET only, not HEAD. A GET of one byte has the same headers.
        with self._open({"Range": "bytes=0-0"}) as answer:
            headers = answer.headers
            if answer.status == _PARTIAL:
                found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
                size = found[2] if found else None
            else:
                found = _LENGTH.fullmatch(headers.get("Content-Length", ""))
                size = found[0] if found else None
            if size is None:
                raise UnexpectedAnswer(f"{http.origin(self._link)} does not send a size.")
            name = names.from_disposition(headers.get("Content-Disposition"))
            return Facts(int(size), headers.get("ETag", ""), name)

    def _copy(self, facts: Facts, take: Sink, start: int) -> None:
        """Passes on the bytes that one request brings."""
        asked = {"Range": f"bytes={start}-"}
        if facts.etag.startswith('"'):  # If-Range allows no weak ETag (RFC 9110, section 13.1.5)
            asked["If-Range"] = facts.etag
        with self._open(asked) as answer:
            if answer.headers.get("ETag", "") != facts.etag:
                raise Changed
            at = 0
            if answer.status == _PARTIAL:
                found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
                if not found or (int(found[1]), int(found[2])) != (start, facts.size):
                    raise Changed
                at = start
            while at < facts.size:
                chunk = http.read(answer, self._link)
                if not chunk:
                    raise Unreachable(f"{http.origin(self._link)} ended its answer too early.")
                if new := chunk[max(start - at, 0) : facts.size - at]:
                    take(new)
                at += len(chunk)

    @contextmanager
    def _open(self, headers: dict[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """Yields S3's answer. If S3 refuses an older link, gets a new one and asks again."""
        is_fresh = not self._link
        if is_fresh:
            link = self._client.download_link(self._job_id, archive=self._number)
            self._link = link.download_url
        with self._session.network.open("GET", self._link, headers) as answer:
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
    """Returns the error in S3's XML. Raises Changed if the object is shorter than before."""
    place = http.origin(link)
    if answer.status == _RANGE_NOT_SATISFIABLE:
        raise Changed
    code = _S3_CODE.search(http.read(answer, link)[:_ERROR_BYTES])
    words = f"{answer.status} {code[1].decode()}" if code else str(answer.status)
    if answer.status in _RETRYABLE:
        return Unavailable(
            Problem(title=f"{place} answered {words}", status=answer.status),
            retry_after=refusals.seconds(answer.headers.get("Retry-After")),
        )
    why = f": {code[1].decode()}" if code else ""
    return LinkRefused(f"{place} refuses the download link that the API has made{why}.")
