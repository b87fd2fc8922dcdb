"""What there is to export: folders, sums, and whether files can be exported."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from longhaul.answers import (
    Availability,
    Checked,
    CheckedFiles,
    Folder,
    Listing,
    Problem,
    SourceFile,
    Totals,
)
from longhaul.errors import InvalidRequest, UnexpectedAnswer
from longhaul.http import Reply, origin
from longhaul.session import Session

CHECKED_AT_ONCE: Final = 100
"""The most files that the API checks in one request."""

LISTED_AT_ONCE: Final = 1_000
"""Folders and files of a page: one request to S3."""

_CHECK = "/v1/download/check"
_INDEX: Final = re.compile(r"^(/\w+/)([0-9]{1,3})(?=/|$)")


def page(
    session: Session, prefix: str | None, source: str | None, limit: int | None, cursor: str | None
) -> Listing:
    """Returns a page of a folder."""
    asked = {"prefix": prefix, "source": source, "limit": limit, "cursor": cursor}
    return session.read(Listing, "GET", f"/v1/files{query(asked)}")


def entries(
    session: Session, prefix: str | None, source: str | None
) -> Iterator[Folder | SourceFile]:
    """Yields all that is in a folder, page by page."""
    cursor: str | None = None
    while True:
        found = page(session, prefix, source, LISTED_AT_ONCE, cursor)
        yield from found.folders
        yield from found.files
        cursor = found.cursor
        if cursor is None:
            return


def totals(session: Session, prefix: str | None, source: str | None) -> Iterator[Totals]:
    """Yields the sums of what is below a prefix, as far as they are counted."""
    asked = {"prefix": prefix, "source": source, "cursor": None}
    files = size = unreadable = 0
    while True:
        found = session.read(Totals, "GET", f"/v1/files/totals{query(asked)}")
        files, size = files + found.files, size + found.bytes
        unreadable += found.unreadable_files
        yield msgspec.structs.replace(found, files=files, bytes=size, unreadable_files=unreadable)
        if found.cursor is None:
            return
        asked["cursor"] = found.cursor


def checked(
    session: Session, file_ids: Sequence[int | str], keys: Sequence[str], source: str | None
) -> Iterator[Checked]:
    """Yields whether each of these files can be exported."""
    more = {} if source is None else {"source": source}
    for field, files in (("fileIds", file_ids), ("keys", keys)):
        for number, some in enumerate(_hundreds(files)):
            content = {field: some, **more}
            try:
                found = session.read(CheckedFiles, "POST", _CHECK, content=content)
            except InvalidRequest as error:
                if field != "fileIds" or not _is_of_an_older_api(error):
                    error.problem = _counted_on(error.problem, number * CHECKED_AT_ONCE)
                    raise
                yield from (_checked_alone(session, file_id, more) for file_id in some)
            else:
                yield from found.files


def _hundreds(files: Iterable[int | str]) -> Iterator[list[int | str]]:
    rest = iter(files)
    while some := list(islice(rest, CHECKED_AT_ONCE)):
        yield some


def _counted_on(problem: Problem, before: int) -> Problem:
    """Returns the problem with pointers into all files. Its own know those of one request only,
    and so many were in requests before it."""
    return problem.repointed(
        lambda pointer: _INDEX.sub(lambda found: f"{found[1]}{int(found[2]) + before}", pointer)
    )


def _is_of_an_older_api(error: InvalidRequest) -> bool:
    """Returns whether the API has missed the only field that an older one knows."""
    return any(one.pointer == "/file_id" for one in error.problem.errors)


def _checked_alone(session: Session, file_id: int | str, more: Mapping[str, str]) -> Checked:
    one = session.read(Availability, "POST", _CHECK, content={"file_id": file_id, **more})
    return Checked(
        one.file_id, one.available, one.s3_key, one.size, reason=one.reason, detail=one.detail
    )


def query(asked: Mapping[str, object]) -> str:
    """Returns the query of a URL, with its question mark; empty if nothing is asked."""
    text = urlencode({name: value for name, value in asked.items() if value is not None})
    return text and f"?{text}"


def parameters(reply: Reply, url: str) -> dict[str, Any]:
    """Returns a request of the API as parameters of `Client.create`. Raises UnexpectedAnswer."""
    try:
        asked = json.loads(reply.body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise UnexpectedAnswer(f"{origin(url)} answered with no request of an export.")
    return {re.sub("[A-Z]", lambda it: f"_{it[0].lower()}", name): it for name, it in asked.items()}
