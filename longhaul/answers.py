"""The answers of the API, as frozen typed records.

Names are snake_case here and camelCase in the API. Fields that a newer API adds are ignored. Fields
that an older API lacks have a default, unless a caller needs them. Sizes are in bytes.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar

import msgspec

OPEN: Final = frozenset({"queued", "processing"})
"""The statuses of a job that has not ended."""

MISSING: Final = "missing"
"""The reason of a skipped file that does not exist."""

_MISSING_DETAIL: Final = "does not exist"


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The base of all answers: immutable, and equal if all fields are equal.

    The text of an answer, as in a log, has no secret.
    """

    secret: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (
            f"{name}={'…' if name in self.secret else repr(getattr(self, name))}"
            for name in self.__struct_fields__
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class Accepted(Answer, frozen=True):
    """The job for an export request: a new one, or the one that an earlier try made.

    A GET of `download_url` leads to the archive's bytes, when there are any: follow redirects.
    `link_url` answers with a `Link`. An older API has no `link_url`, and its `download_url` is that
    one; `Client.download_link` asks both alike. `trace_id` is the id of the job's trace, by which
    support finds it. It opens nothing.
    """

    job_id: str
    status: str
    total_files: int = 0
    message: str = ""
    status_url: str = ""
    sse_url: str = ""
    download_url: str = ""
    trace_id: str = ""
    link_url: str = ""


class Selected(Accepted, frozen=True, kw_only=True):
    """The job for a selection. `ticket` is a secret: the token for this job alone, for a while."""

    secret = frozenset({"ticket"})

    ticket: str
    ticket_expires_at: datetime


class Progress(Answer, frozen=True):
    """How far a job is.

    `bytes_total` is 0 until the archive is planned. `eta_seconds` is None while it is unknown.
    """

    percent: int
    current_file: int = 0
    total_files: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    stage: str = ""
    message: str = ""
    eta_seconds: int | None = None


class Skipped(Answer, frozen=True):
    """A file that was asked for and is not in the archive: its id, or its key.

    `reason` is a word: `missing`, `archived`, `denied`, `encrypted`, `key-unusable`, `changed`,
    `too-large`, `refused`, or one of a newer API. `detail` is a text for people; it may be empty.
    """

    file: int | str
    reason: str
    detail: str = ""


class Result(Answer, frozen=True):
    """What a completed job has produced.

    `skipped` holds the files that were asked for and are not in the archive, each with its reason;
    `missing` holds the ids, keys or prefixes of those that do not exist. Both are None if the
    lists are too long for this answer; `Client.status` then returns them. An older API sends no
    `skipped`: then it is made of `missing`. `reused_from` is the earlier job that built the
    archive; it is None if this job built it. `file_size` counts the bytes of all archives. A GET of
    `download_url` leads to the archive's bytes; of several, to the first one's. `index_url` leads
    to the table of where each file is in a tar; None: there is none.
    """

    s3_key: str
    file_size: int
    processed_files: int
    total_files: int
    missing: tuple[int | str, ...] | None = None
    skipped: tuple[Skipped, ...] | None = None
    reused_from: str | None = None
    download_url: str | None = None
    link_url: str | None = None
    index_url: str | None = None

    def __post_init__(self) -> None:
        if self.skipped is None and self.missing is not None:
            msgspec.structs.force_setattr(self, "skipped", skipped_of(self.missing))

    @property
    def is_partial(self) -> bool:
        """Whether files that were asked for are not in the archive."""
        if self.skipped is None:
            return self.processed_files < self.total_files
        return bool(self.skipped)


class Reason(Answer, frozen=True):
    """Why a job failed. `type` is stable; `detail` is a text for people.

    `remedies` are words for what can help, the best first: `skip-missing`, `skip-unreadable`,
    `retry`, `edit`, or one of a newer API. `affected_files` counts the files that are to blame;
    `affected` holds them, or is None if the list is too long for this answer: `Client.status` then
    returns it. An older API says nothing of the three.
    """

    type: str
    title: str
    detail: str = ""
    remedies: tuple[str, ...] = ()
    affected_files: int = 0
    affected: tuple[Skipped, ...] | None = None


class Notification(Answer, frozen=True):
    """Who is told of a job's end, and what came of it.

    `kind` is `webhook` or `mail`; `to` is the URL or the address. `status` is a word: `pending`,
    `retrying`, `sent`, `given-up`, `opted-out`, or one of a newer API. `attempts` counts the tries.
    `last_error` says why the last one failed. `next_attempt_at` is None if none is planned.
    """

    secret = frozenset({"to"})

    kind: str
    to: str
    status: str
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = None


class Notifications(Answer, frozen=True):
    """Who is told of a job's end."""

    notifications: tuple[Notification, ...]


class Job(Answer, frozen=True):
    """A job at the time of the answer. `retry_of` is the id of the job that it retries. `trace_id`
    is the id of its trace, by which support finds it; empty from an older API.

    `notifications` is None if this answer does not say who is told: lists, events and an older API
    do not. `Client.status` then returns them, if the API has them. `format` is `zip`, `tar` or
    `tar.gz`. `archives` is how many archives the files go to; 1 until the job is planned.
    """

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
    notifications: tuple[Notification, ...] | None = None
    trace_id: str = ""
    format: str = "zip"
    archives: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the job has not ended yet."""
        return self.status in OPEN


class Page(Answer, frozen=True):
    """One page of a user's jobs, newest first. `cursor` asks for the next page; None at the end."""

    jobs: tuple[Job, ...]
    cursor: str | None = None


class Link(Answer, frozen=True):
    """A presigned link to an archive. It works for `expires_in` seconds. `filename` is the name
    that it is saved under; empty from an older API."""

    job_id: str
    download_url: str
    expires_in: int
    filename: str = ""


class Volume(Answer, frozen=True):
    """One of several archives of a job. `archive` is its number, from 1; `size` counts its bytes.

    The URLs are the API's own, and want the token of this client: a GET of `download_url` leads to
    the archive's bytes, and `link_url` answers with a `Link`.
    """

    archive: int
    filename: str
    size: int
    download_url: str = ""
    link_url: str = ""


class Volumes(Answer, frozen=True):
    """The archives of a job that has several, in their order."""

    job_id: str
    archives: tuple[Volume, ...]


class Share(Answer, frozen=True):
    """A share link of a job, without its secret."""

    id: str
    created_at: datetime
    expires_at: datetime


class NewShare(Share, frozen=True):
    """A share link that was just made. `url` and `ticket` are secrets, and never shown again."""

    secret = frozenset({"ticket", "url"})

    url: str
    ticket: str


class Shares(Answer, frozen=True):
    """The share links of a job that still work."""

    shares: tuple[Share, ...]


class Availability(Answer, frozen=True):
    """Whether a file can be exported. If not, `reason` and `detail` say why, as in `Skipped`.

    If the file does not exist, `s3_key` and `size` are None. An older API sends no `reason`.
    """

    file_id: int | str = msgspec.field(name="file_id")
    available: bool
    s3_key: str | None = None
    size: int | None = None
    reason: str | None = None
    detail: str | None = None


class Checked(Answer, frozen=True):
    """Whether one of many files can be exported. If not, `reason` and `detail` say why, as in
    `Skipped`.

    `file` is the id or the key that was asked for. `name` is what an archive calls it, if it has no
    other file of that name; None if that is not known. If the file does not exist, `s3_key` and
    `size` are None.
    """

    file: int | str
    available: bool
    s3_key: str | None = None
    size: int | None = None
    name: str | None = None
    reason: str | None = None
    detail: str | None = None


class CheckedFiles(Answer, frozen=True):
    """The files that were asked for, each once, in their order."""

    files: tuple[Checked, ...]


class Unreadable(Answer, frozen=True):
    """Why a file cannot be read, as in `Skipped`."""

    reason: str
    detail: str = ""


class SourceFile(Answer, frozen=True):
    """A source file in a folder. `unreadable` is None if nothing is known against reading it."""

    name: str
    key: str
    size: int
    last_modified: datetime
    unreadable: Unreadable | None = None


class Folder(Answer, frozen=True):
    """A folder within a folder: all keys that begin with `prefix`."""

    name: str
    prefix: str


class Listing(Answer, frozen=True):
    """A page of what is in one folder of a source. `cursor` asks for the next page.

    `source` is the source's name, and `sources` are the names of all that the API has. An older API
    has one without a name: then they are empty.
    """

    prefix: str
    top_prefix: str
    folders: tuple[Folder, ...]
    files: tuple[SourceFile, ...]
    cursor: str | None = None
    source: str = ""
    sources: tuple[str, ...] = ()


class Totals(Answer, frozen=True):
    """How many files are below a prefix, in all its folders, and their bytes.

    `files` and `bytes` are those that an export takes. `unreadable_files` are there besides, and
    cannot be read. `cursor` is None if all are counted.
    """

    prefix: str
    source: str
    files: int
    bytes: int
    unreadable_files: int = 0
    cursor: str | None = None


class Limits(Answer, frozen=True):
    """The limits of an export; None: there is no such limit, or an older API does not know it.

    `entries` are rows of a request; `listed_files` are those that its prefixes find. `body_bytes`
    is the longest request. `archive_bytes`, `files_per_job` and `bytes_per_job` are those of one
    export; `bytes_left_today` is what the caller may still export today.
    """

    entries: int | None = None
    listed_files: int | None = None
    body_bytes: int | None = None
    archive_bytes: int | None = None
    files_per_job: int | None = None
    bytes_per_job: int | None = None
    bytes_left_today: int | None = None


class Exceeded(Answer, frozen=True):
    """A limit that an export would exceed: its name in the API, what it is, and a text for
    people."""

    limit: str
    most: int
    detail: str = ""


class Estimate(Answer, frozen=True):
    """About how many seconds an export takes, and the limits that it would exceed."""

    files: int
    bytes: int
    seconds: int
    limits: Limits = Limits()
    exceeded: tuple[Exceeded, ...] = ()


class FieldProblem(Answer, frozen=True):
    """One error in a request. `pointer` is a JSON pointer, a header or a query parameter."""

    pointer: str
    detail: str


class Problem(Answer, frozen=True):
    """An error, in the form of RFC 9457."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    request_id: str = ""
    errors: tuple[FieldProblem, ...] = ()

    def repointed(self, change: Callable[[str], str]) -> "Problem":
        """Returns the problem with other pointers, as `change` makes them of its own."""
        errors = (msgspec.structs.replace(one, pointer=change(one.pointer)) for one in self.errors)
        return msgspec.structs.replace(self, errors=tuple(errors))


A = TypeVar("A", bound=Answer)


def skipped_of(missing: Iterable[int | str]) -> tuple[Skipped, ...]:
    """Returns the skipped files of an answer or a manifest that names only the missing ones."""
    return tuple(Skipped(file, MISSING, _MISSING_DETAIL) for file in missing)


def read(body: bytes | str, kind: type[A]) -> A:
    """Parses JSON into a record. Raises ValueError, which says what is wrong and where."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def plain(answer: Answer) -> dict[str, Any]:
    """Returns the record as JSON values, with the names of the API."""
    fields: dict[str, Any] = msgspec.to_builtins(answer)
    return fields
