"""What the API answers, as frozen typed records.

Names are snake_case where the API's are camelCase. Fields that a newer API adds are passed over;
fields that an older one lacks and nobody needs have a default. Sizes count bytes.
"""

from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

OPEN: Final = frozenset({"queued", "processing"})
"""A job in one of these is not done: something will still happen to it."""


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The root of all of them: immutable, and equal where all fields are."""


class Accepted(Answer, frozen=True):
    """The job that a request for an export made, or had made before."""

    job_id: str
    status: str
    total_files: int = 0
    message: str = ""
    status_url: str = ""
    sse_url: str = ""
    download_url: str = ""


class Progress(Answer, frozen=True):
    """How far a job is. `bytes_total` is 0 until the archive is planned, `eta_seconds` None while
    nobody can tell."""

    percent: int
    current_file: int = 0
    total_files: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    stage: str = ""
    message: str = ""
    eta_seconds: int | None = None


class Result(Answer, frozen=True):
    """What a job has made. `missing` holds ids or keys that do not exist; it is None where the list
    is too long for this answer, and `Client.status` then tells it. `reused_from` is the job that
    the archive was built for, where it was there already."""

    s3_key: str
    file_size: int
    processed_files: int
    total_files: int
    missing: tuple[int | str, ...] | None = None
    reused_from: str | None = None
    download_url: str | None = None


class Reason(Answer, frozen=True):
    """Why a job failed. `type` is stable, `detail` is for people."""

    type: str
    title: str
    detail: str = ""


class Job(Answer, frozen=True):
    """A job as it was when it was asked for; `retry_of` is the job in whose place it was made."""

    job_id: str
    status: str
    progress: Progress
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    result: Result | None = None
    error: Reason | None = None
    filename: str | None = None
    retry_of: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something will still happen to it."""
        return self.status in OPEN


class Page(Answer, frozen=True):
    """Some of a user's jobs, newest first; `cursor` leads to the next page."""

    jobs: tuple[Job, ...]
    cursor: str | None = None


class Link(Answer, frozen=True):
    """A presigned link to an archive, good for `expires_in` seconds."""

    job_id: str
    download_url: str
    expires_in: int


class Availability(Answer, frozen=True):
    """Whether a file can be exported; `s3_key` and `size` are None where it cannot."""

    file_id: int = msgspec.field(name="file_id")
    available: bool
    s3_key: str | None = None
    size: int | None = None


class FieldProblem(Answer, frozen=True):
    """One thing wrong with a request: where (a JSON pointer, a header, a parameter), and what."""

    pointer: str
    detail: str


class Problem(Answer, frozen=True):
    """An error as RFC 9457 tells it."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    request_id: str = ""
    errors: tuple[FieldProblem, ...] = ()


A = TypeVar("A", bound=Answer)


def read(body: bytes | str, kind: type[A]) -> A:
    """The record that this JSON tells. Raises ValueError with what is wrong, and where in it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def plain(answer: Answer) -> dict[str, Any]:
    """The record as JSON values, under the API's own names."""
    fields: dict[str, Any] = msgspec.to_builtins(answer)
    return fields
