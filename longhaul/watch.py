"""Following a job to its end: by server-sent events, or by polling where there are none."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from longhaul import answers, http, refusals
from longhaul.answers import Job
from longhaul.client import Client, job_path
from longhaul.errors import Unreachable
from longhaul.events import Event, EventTooLong, Stream
from longhaul.retries import pause

HOLD_SECONDS: Final = 20
"""How long the API may hold the answer to a poll for a change (RFC 7240), at most."""

_PAUSE_SECONDS: Final = 1.0
_PAUSE_MIN_SECONDS: Final = 0.2
_PAUSE_MAX_SECONDS: Final = 30.0

_OK = 200
_NOT_MODIFIED = 304


class _NoEvents(Exception):
    """There are no events to be had here: this stack does not send any, or something on the way
    does not let them through, or the last one has been sent."""


def watch(client: Client, job_id: str) -> Iterator[Job]:
    """What Client.watch gives."""
    last = None
    try:
        for job in _by_events(client, job_id):
            last = job
            if _is_whole(job):
                yield job
            if not job.is_open:
                break
    except _NoEvents:
        pass
    if last is None or last.is_open or not _is_whole(last):
        yield from (job for job in _by_polling(client, job_id) if job != last)


def _is_whole(job: Job) -> bool:
    """Whether nothing was left out for its length, as an event does with a long list."""
    return job.result is None or job.result.missing is not None


# -- server-sent events ----------------------------------------------------------------------------


def _by_events(client: Client, job_id: str) -> Iterator[Job]:
    """The job each time that the stack tells of it, through as many connections as it takes.

    Raises _NoEvents, or Unreachable once the client's patience is over.
    """
    stream = Stream()

    def connect() -> tuple[Event | None, Iterator[Event]]:
        """Fails, and is tried again, as long as it has brought neither an event nor an end."""
        events = _connection(client, job_id, stream)
        return next(events, None), events

    while True:
        first, others = client.persistence.keep_trying(connect)
        try:
            for event in chain([first] if first else [], others):
                yield _told(event)
        except Unreachable:
            pass  # It is open again in a moment, and says what was missed.
        pause(_bounded(stream.retry_seconds))


def _connection(client: Client, job_id: str, stream: Stream) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **client.credentials}
    if stream.last_id:
        headers["Last-Event-ID"] = stream.last_id
    url = f"{client.url}{job_path(job_id)}/progress"
    with client.network.open("GET", url, headers) as answer:
        client.persistence.has_met_somebody = True
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.status != _OK or kind != "text/event-stream":
            raise _NoEvents
        try:
            yield from stream.events(iter(lambda: http.read(answer, url), b""))
        except EventTooLong as error:
            raise _NoEvents from error


def _told(event: Event) -> Job:
    try:
        return answers.read(event.data, Job)
    except ValueError as error:
        raise _NoEvents from error


# -- polling ---------------------------------------------------------------------------------------


def _by_polling(client: Client, job_id: str) -> Iterator[Job]:
    """The job each time that an answer is another one than the last, until it has ended."""
    path, headers = job_path(job_id), dict[str, str]()
    while True:
        reply = client.call("GET", path, headers=headers)
        wait = refusals.seconds(reply.headers.get("Retry-After"))
        if reply.status != _NOT_MODIFIED:
            job = refusals.read(Job, reply, client.url + path)
            yield job
            if not job.is_open:
                return
            if etag := reply.headers.get("ETag"):
                headers = {"If-None-Match": etag, "Prefer": f"wait={HOLD_SECONDS}"}
        elif "Preference-Applied" in reply.headers:
            wait = 0.0  # The answer has waited already.
        pause(_bounded(wait))


def _bounded(seconds: float | None) -> float:
    if seconds is None:
        return _PAUSE_SECONDS
    return min(max(seconds, _PAUSE_MIN_SECONDS), _PAUSE_MAX_SECONDS)
