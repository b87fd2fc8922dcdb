"""The demo as a client of the API: HTTP and nothing else."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from pathlib import Path
from typing import Any, TypedDict, cast

from infra.errors import InfraError

EMAIL = "ann@example.com"
"""Who is told by mail. The emulator keeps it, and sends it to nobody."""
FILENAME = "longhaul-demo.zip"

# This stack serves nobody else. So the bar waits a fifth of what Retry-After says: where it says 1,
# that is five polls a second.
_HASTE = 5
_PAUSE_MAX_SECONDS = 2.0

_STALLED_SECONDS = 120.0
_TIMEOUT_SECONDS = 60.0
_CHUNK = 1024**2

_RUNNING = ("queued", "processing")
_ENDINGS = {"cancelled": "been cancelled"}


class ApiError(InfraError):
    """The API did not answer, or not as it should."""


class Progress(TypedDict):
    """How far a job is."""

    percent: int
    currentFile: int
    totalFiles: int
    bytesDone: int
    bytesTotal: int
    stage: str
    etaSeconds: int | None


class Result(TypedDict):
    """What a completed job has made."""

    fileSize: int
    processedFiles: int
    missing: list[int]


class Job(TypedDict):
    """The part of a status answer that the demo looks at."""

    jobId: str
    status: str
    progress: Progress
    result: Result | None
    error: dict[str, str] | None
    updatedAt: str


class Accepted(TypedDict):
    """The answer to a new export."""

    jobId: str
    totalFiles: int
    statusUrl: str
    downloadUrl: str


# The environment may name a proxy, which is for other hosts than this one.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def export(api_url: str, file_ids: Sequence[int]) -> Accepted:
    """Asks for a new archive of these files."""
    asked = {
        "fileIds": file_ids,
        "filename": FILENAME,
        "fresh": True,
        "notify": {"email": EMAIL},
    }
    return cast("Accepted", _call(f"{api_url}/v1/export", asked)[0])


def watch(status_url: str) -> Iterator[Job]:
    """Yields the job as it is, again and again until it has completed.

    Raises ApiError if the job fails, with its reason, or if it does not move any more.
    """
    moved, updated = time.monotonic(), ""
    while True:
        body, headers = _call(status_url)
        job = cast("Job", body)
        yield job
        if job["status"] not in _RUNNING:
            break
        if job["updatedAt"] != updated:
            moved, updated = time.monotonic(), job["updatedAt"]
        if time.monotonic() - moved > _STALLED_SECONDS:
            raise ApiError(f"The job has not moved for {_STALLED_SECONDS:.0f} s. See: make logs")
        time.sleep(pause(headers["Retry-After"]))
    if job["status"] != "completed":
        error = job["error"] or {}
        why = sentences(error.get("title"), error.get("detail"))
        raise ApiError(f"The job has {_ENDINGS.get(job['status'], job['status'])}. {why}".rstrip())


def download(accepted: Accepted, to: Path, tick: Callable[[int, int], None]) -> None:
    """Downloads the archive to a file.

    Calls `tick` with the bytes that are there, and the bytes of all. Raises ApiError if the
    download breaks off.
    """
    unfinished = to.with_suffix(".part")
    with (
        _open(urllib.request.Request(accepted["downloadUrl"])) as answer,
        unfinished.open("wb") as file,
    ):
        total = int(answer.headers["Content-Length"])
        done = 0
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            tick(done, total)
    if done != total:
        raise ApiError(f"The download broke off after {done} of {total} bytes.")
    unfinished.replace(to)


def pause(retry_after: str | None) -> float:
    """Returns the seconds until the next poll."""
    seconds = int(retry_after) if retry_after and retry_after.isdigit() else 1
    return min(max(seconds, 1) / _HASTE, _PAUSE_MAX_SECONDS)


def sentences(*texts: str | None) -> str:
    """Returns the texts that are not empty, each with a full stop."""
    return " ".join(f"{text.rstrip('.')}." for text in texts if text)


def _call(url: str, body: object = None) -> tuple[Any, Message]:
    """Returns the API's answer: the JSON document, and the headers."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with _open(request) as answer:
        return json.load(answer), answer.headers


def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
    try:
        return cast("http.client.HTTPResponse", _opener.open(request, timeout=_TIMEOUT_SECONDS))
    except urllib.error.HTTPError as refusal:
        raise ApiError(_refusal(refusal)) from None
    except OSError as error:
        why = getattr(error, "reason", error)
        place = request.full_url.partition("?")[0]
        raise ApiError(f"{place} does not answer: {why}. See: make logs") from None


def _refusal(refusal: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(refusal)
        why = sentences(problem["title"], problem.get("detail"))
    except (ValueError, KeyError, TypeError):
        why = sentences(refusal.reason)
    return f"The API answered {refusal.code}. {why}"
