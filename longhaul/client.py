"""The API as an object: a method for each thing that can be asked of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

from longhaul import refusals
from longhaul.answers import Accepted, Answer, Availability, Job, Link, Page
from longhaul.errors import NotPossibleNow
from longhaul.http import Network, Reply
from longhaul.retries import PATIENCE_SECONDS, Notice, Persistence

A = TypeVar("A", bound=Answer)

PAGE_JOBS: Final = 100
"""Jobs that the API puts on one page at most."""

_NOT_MODIFIED = 304


class Client:
    """One Longhaul stack, as one user sees it. A context manager; not to be shared by threads.

    Every method raises an error of `longhaul.errors`. What fails for a reason that passes (no
    network, 429, 5xx) is tried again until nothing has succeeded for `patience` seconds; `notice`
    is told of each such failure.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        token: str | None = None,
        patience: float = PATIENCE_SECONDS,
        notice: Notice | None = None,
    ) -> None:
        """`url` is the API's base URL, up to and without `/v1`. `user` is the `user_id` of requests
        where the stack has no authorizer; where it has one, `token` is sent as a bearer token.

        Raises ValueError if `url` is not one.
        """
        self.url = checked_url(url)
        self.user = user
        self.network = Network()
        self.persistence = Persistence(patience, notice)
        self.credentials = {"Authorization": f"Bearer {token}"} if token else {}

    def close(self) -> None:
        """Closes the connections."""
        self.network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- jobs -----------------------------------------------------------------------------------

    def create(  # noqa: PLR0913 - the fields of the request
        self,
        *,
        file_ids: Sequence[int] | None = None,
        keys: Sequence[str] | None = None,
        prefix: str | None = None,
        filename: str | None = None,
        on_missing: Literal["fail", "skip"] | None = None,
        fresh: bool = False,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Asks for an export of exactly one of `file_ids`, `keys` and `prefix`.

        It makes one job, however often the network loses the answer: the request carries
        `idempotency_key`, or else a key of its own.
        """
        asked = {
            "file_ids": file_ids,
            "keys": keys,
            "prefix": prefix,
            "filename": filename,
            "on_missing": on_missing,
            "user_id": self.user,
            "fresh": fresh or None,
        }
        content = {name: value for name, value in asked.items() if value is not None}
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        return self._read(Accepted, "POST", "/v1/export", content=content, headers=headers)

    def status(self, job_id: str) -> Job:
        """The job as it is now."""
        return self._read(Job, "GET", job_path(job_id))

    def watch(self, job_id: str) -> Iterator[Job]:
        """The job as it is, then each time it has changed; the last one is not open any more.

        By server-sent events where the stack has them, else by asking again and again.
        """
        from longhaul.watch import watch

        return watch(self, job_id)

    def download_link(self, job_id: str) -> Link:
        """A fresh link to the archive. Raises NotPossibleNow if there is none yet, Expired if there
        is none any more."""
        return self._read(Link, "GET", f"{job_path(job_id)}/download")

    def list(self) -> Iterator[Job]:
        """The user's jobs, newest first; pages are asked for as they are needed."""
        query: dict[str, str] = {"limit": str(PAGE_JOBS)}
        if self.user is not None:
            query["user_id"] = self.user
        while True:
            page = self._read(Page, "GET", f"/v1/export?{urlencode(query)}")
            yield from page.jobs
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    def cancel(self, job_id: str) -> Job:
        """Cancels. Raises NotPossibleNow if the job has ended in another way."""
        try:
            return self._read(Job, "DELETE", job_path(job_id))
        except NotPossibleNow:
            # Cancelled all the same, perhaps by this very call, if its first answer was lost.
            job = self.status(job_id)
            if job.status != "cancelled":
                raise
            return job

    def retry(self, job_id: str) -> Accepted:
        """Asks for the same export again, once: the next time gives the same new job.

        Raises NotPossibleNow if the job is open or has completed, RequestGone if it is not known
        any more what it was asked for.
        """
        return self._read(Accepted, "POST", f"{job_path(job_id)}/retry")

    def check(self, file_id: int) -> Availability:
        """Whether a file can be exported."""
        return self._read(Availability, "POST", "/v1/download/check", content={"file_id": file_id})

    # -- requests -------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """An answer that is no refusal: 2xx, or 304. Keeps trying, as the class says."""
        sent = {"Accept": "application/json", **self.credentials, **(headers or {})}
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            sent["Content-Type"] = "application/json"

        def attempt() -> Reply:
            reply = self.network.ask(method, self.url + path, sent, body)
            self.persistence.has_met_somebody = True
            if reply.status != _NOT_MODIFIED:
                refusals.check(reply, self.url + path)
            return reply

        return self.persistence.keep_trying(attempt)

    def _read(
        self,
        kind: type[A],
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> A:
        reply = self.call(method, path, content=content, headers=headers)
        return refusals.read(kind, reply, self.url + path)


def job_path(job_id: str) -> str:
    """The route of a job."""
    return f"/v1/export/{quote(job_id, safe='')}"


def checked_url(url: str) -> str:
    """The URL without a slash at its end. Raises ValueError if it is not one of HTTP."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not a URL like https://api.example.com/prod")
    return url.rstrip("/")
