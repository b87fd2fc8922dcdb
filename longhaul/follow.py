"""Follows a job to its end: by server-sent events, or by polling if there are no events."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import msgspec

from longhaul import answers, http, refusals
from longhaul.answers import Job
from longhaul.errors import Unreachable
from longhaul.events import Event, EventTooLong, Stream
from longhaul.retries import pause
from longhaul.session import Session, job_path

HOLD_SECONDS: Final = 20
"""How long a poll asks the API to wait for a change (RFC 7240), at most."""

_PAUSE_SECONDS: Final = 1.0
_PAUSE_MIN_SECONDS: Final = 0.2
_PAUSE_MAX_SECONDS: Final = 30.0

_OK = 200
_NOT_MODIFIED = 304


class _NoEvents(Exception):
    """No events come: the stack sends none, a proxy blocks them, or the last one has come."""


def follow(session: Session, job_id: str) -> Iterator[Job]:
    """Yields the job as it is now, and again after each change, until it has ended.

    Raises errors of `longhaul.errors`.
    """
    last = None
    try:
        for job in _by_events(session, job_id):
            last = job
            if _is_whole(job):
                yield job
            if not job.is_open:
                break
    except _NoEvents:
        pass
    if last is None or last.is_open or not _is_whole(last):
        yield from (job for job in _by_polling(session, job_id) if _without_notices(job) != last)


def _without_notices(job: Job) -> Job:
    """Returns the job as an event has it: without who is told."""
    return msgspec.structs.replace(job, notifications=None)


def _is_whole(job: Job) -> bool:
    """Whether the answer has all its fields. An event leaves out a long list of missing files."""
    return job.result is None or job.result.missing is not None


# -- server-sent events ----------------------------------------------------------------------------


def _by_events(session: Session, job_id: str) -> Iterator[Job]:
    """Yields the job of each event, over as many connections as are needed.

    Raises _NoEvents, or Unreachable if nothing has succeeded for the client's patience.
    """
    stream = Stream()

    def connect() -> tuple[Event | None, Iterator[Event]]:
        """Waits for the first event or the end of a connection. A failure before it is retried."""
        events = _connection(session, job_id, stream)
        return next(events, None), events

    while True:
        first, others = session.retries.keep_trying(connect)
        try:
            for event in chain([first] if first else [], others):
                yield _job_in(event)
        except Unreachable:
            pass  # The next connection brings what this one has lost.
        pause(_bounded(stream.retry_seconds))


def _connection(session: Session, job_id: str, stream: Stream) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if stream.last_id:
        headers["Last-Event-ID"] = stream.last_id
    path = f"{job_path(job_id)}/progress"
    with session.open(path, headers) as answer:
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.status != _OK or kind != "text/event-stream":
            raise _NoEvents
        try:
            yield from stream.events(iter(lambda: http.read(answer, session.url), b""))
        except EventTooLong as error:
            raise _NoEvents from error


def _job_in(event: Event) -> Job:
    try:
        return answers.read(event.data, Job)
    except ValueError as error:
        raise _NoEvents from error


# -- polling ---------------------------------------------------------------------------------------


def _by_polling(session: Session, job_id: str) -> Iterator[Job]:
    """Yields the job each time that the answer has changed, until the job has ended."""
    path, headers = job_path(job_id), dict[str, str]()
    while True:
        reply = session.call("GET", path, headers=headers)
        wait = refusals.seconds(reply.headers.get("Retry-After"))
        if reply.status != _NOT_MODIFIED:
            job = refusals.read(Job, reply, session.url + path)
            yield job
            if not job.is_open:
                return
            if etag := reply.headers.get("ETag"):
                headers = {"If-None-Match": etag, "Prefer": f"wait={HOLD_SECONDS}"}
        elif "Preference-Applied" in reply.headers:
            wait = 0.0  # The API has waited already.
        pause(_bounded(wait))


def _bounded(seconds: float | None) -> float:
    if seconds is None:
        return _PAUSE_SECONDS
    return min(max(seconds, _PAUSE_MIN_SECONDS), _PAUSE_MAX_SECONDS)
