"""GET /v1/files: a source as folders, to choose files from. GET /v1/files/totals: how many files
are below a prefix, and how large they are."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.archive.manifest import MISSING
from chalicelib.errors import Reason, invalid, unknown_cursor
from chalicelib.http import bounds, parse
from chalicelib.http.answers import Answer
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.cursors import from_cursor, to_cursor
from chalicelib.http.faults import shown
from chalicelib.instants import iso
from chalicelib.named_sources import Source
from chalicelib.s3.bucket import LISTED_AT_ONCE
from chalicelib.s3.objects import FolderPage, ObjectFacts
from chalicelib.services import Services
from chalicelib.sources.looking import Seen, Unreadable, judged

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 5_000
"""Folders and files in one answer. It takes five requests to S3, less than a second."""

ANSWER_BYTES: Final = 4_000_000
"""The most bytes of one answer. A function may return 6 MB.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_ROW_BYTES: Final = 400
"""What a row has besides its name and key, at most."""

LONGEST_MS: Final = 5_000
"""After this time no further page is asked for. API Gateway waits for 29 seconds, and one page may
take most of them if S3 does not answer."""

PAGES_MAX: Final = 50
"""The most requests to S3 for one answer. They cost $0.00025."""

_TOTALS: Final = "totals"
"""What the cursors of totals begin with, so that none is taken for one of a listing."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a listing goes on: with S3's own token (None: at the beginning), after `last`, which is
    what was told last of the page there; empty: nothing was."""

    token: str | None
    last: str = ""


_Row = tuple[str, ObjectFacts | None]
"""A prefix of a folder, or a key and what a listing says of the file."""


def listing(call: Call, services: Services) -> Reply:
    """GET /v1/files: what is in one folder of a source. A prefix may end within a name: then only
    the names that begin with it are listed. If the caller may have the files under several
    prefixes, these are the folders at the top. Raises InvalidRequest, or Forbidden."""
    source = parse.source(call.query.get("source"), services.settings)
    named = {"source": source.name, "sources": [one.name for one in services.settings.sources]}
    limit = _limit(call.query.get("limit"))
    top, own = _top(call, source)
    prefix = parse.prefix(call.query.get("prefix", top), source.prefix)
    if own is not None and len(own) != 1 and prefix == top:
        return Reply(200, named | _folders(top, own), uncached())
    bounds.check_key(call.caller, "prefix", prefix)
    begin = _place(call.query.get("cursor"), source, prefix)
    rows, end = _listed(services, source, prefix, limit, begin)
    folder = prefix[: prefix.rfind("/") + 1]
    content = {
        **named,
        **_folders(top, (key for key, file in rows if file is None), folder),
        "prefix": prefix,
        "files": [
            {
                "name": file.key.removeprefix(folder),
                "key": file.key,
                "size": file.size,
                "lastModified": iso(file.modified * 1000),
                "unreadable": why(judged(file)),
            }
            for _, file in rows
            if file
        ],
        "cursor": to_cursor(_position(source, prefix, end)),
    }
    return Reply(200, content, uncached())


def totals(call: Call, services: Services) -> Reply:
    """GET /v1/files/totals: how many files an export of a prefix takes, and their bytes, as far as
    a listing tells. Counts for some seconds; if there are more files then, the cursor leads on, and
    the caller adds the answers up. Raises InvalidRequest, or Forbidden."""
    source = parse.source(call.query.get("source"), services.settings)
    top, _ = _top(call, source)
    prefix = parse.prefix(call.query.get("prefix", top), source.prefix)
    bounds.check_key(call.caller, "prefix", prefix)
    token = _counted_to(call.query.get("cursor"), source, prefix)
    files = size = unreadable = 0
    for page in _pages(services, source, prefix, token, is_deep=True):
        for facts in page.files:
            if _is_mark(facts):
                continue
            if isinstance(judged(facts), Unreadable):
                unreadable += 1
            else:
                files += 1
                size += facts.size
        token = page.next
    content = {
        "prefix": prefix,
        "source": source.name,
        "files": files,
        "bytes": size,
        "unreadableFiles": unreadable,
        "cursor": to_cursor([_TOTALS, source.name, prefix, token] if token else None),
    }
    return Reply(200, content, uncached())


def _top(call: Call, source: Source) -> tuple[str, tuple[str, ...] | None]:
    """Returns the prefix where the caller's files of this source begin, and their own prefixes
    (`bounds.own_prefixes`)."""
    own = bounds.own_prefixes(call.caller, source)
    return (own[0] if own is not None and len(own) == 1 else source.prefix), own


def _pages(
    services: Services, source: Source, prefix: str, token: str | None, *, is_deep: bool
) -> Iterator[FolderPage]:
    """Yields full pages, from the token on, until the last one or until it takes too long."""
    bucket, until = services.source(source.name), services.now() + LONGEST_MS
    for _ in range(PAGES_MAX):
        page = bucket.list_folder(prefix, LISTED_AT_ONCE, token, is_deep=is_deep)
        yield page
        token = page.next
        if token is None or services.now() >= until:
            return


def _listed(
    services: Services, source: Source, prefix: str, limit: int, begin: _Place
) -> tuple[list[_Row], _Place | None]:
    """Returns at most `limit` folders and files of a folder, in the order of their prefixes and
    keys; and where the listing goes on, None at its end."""
    bucket, until = services.source(source.name), services.now() + LONGEST_MS
    rows: list[_Row] = []
    room, at = ANSWER_BYTES, begin
    for _ in range(PAGES_MAX):
        # The rest of a page is asked for as a whole page: nobody knows how long it is.
        asked = LISTED_AT_ONCE if at.last else min(LISTED_AT_ONCE, limit - len(rows))
        page = bucket.list_folder(prefix, asked, at.token)
        for row in _rows(page, at.last):
            room -= _bytes(row)
            if len(rows) == limit or (room < 0 and rows):
                return rows, _Place(at.token, rows[-1][0])
            rows.append(row)
        if page.next is None:
            return rows, None
        at = _Place(page.next)
        if len(rows) == limit or services.now() >= until:
            break
    return rows, at


def _rows(page: FolderPage, last: str) -> list[_Row]:
    """Returns what is on the page after `last`, without the marks of folders. S3 sorts folders and
    files together, LocalStack sorts the folders not at all."""
    folders: list[_Row] = [(folder, None) for folder in page.folders]
    files: list[_Row] = [(facts.key, facts) for facts in page.files if not _is_mark(facts)]
    return sorted((row for row in (*folders, *files) if row[0] > last), key=lambda row: row[0])


def why(seen: Seen) -> Answer | None:
    """Returns why a file cannot be exported; None if it can."""
    if seen is None:
        return {"reason": Reason.MISSING, "detail": MISSING}
    return {"reason": seen.reason, "detail": seen.why} if isinstance(seen, Unreadable) else None


def _is_mark(facts: ObjectFacts) -> bool:
    """Whether it is an empty object that marks a folder. An export by prefix skips it too."""
    return not facts.size and facts.key.endswith("/")


def _bytes(row: _Row) -> int:
    """Returns the bytes that a row has in an answer, at most. The answer is JSON, and is a text in
    the JSON that a function returns, whose runtime may escape all that is not ASCII."""
    inner = json.dumps(row[0], ensure_ascii=False)
    return 2 * len(json.dumps(inner)) + _ROW_BYTES


def _folders(top: str, folders: Iterable[str], within: str | None = None) -> Answer:
    """Returns a page of folders, without files. `within` is the folder that they are in."""
    above = top if within is None else within
    return {
        "prefix": top,
        "topPrefix": top,
        "folders": [
            {"name": found.removeprefix(above)[:-1], "prefix": found} for found in sorted(folders)
        ],
        "files": [],
        "cursor": None,
    }


def _limit(given: str | None) -> int:
    if given is None:
        return LIMIT_DEFAULT
    if not re.fullmatch(r"\d{1,4}", given, re.ASCII) or not 1 <= int(given) <= LIMIT_MAX:
        raise invalid("limit", f"{shown(given)} is not a whole number from 1 to {LIMIT_MAX}")
    return int(given)


def _place(cursor: str | None, source: Source, prefix: str) -> _Place:
    """Returns where a listing begins. Raises InvalidRequest if the cursor is from another
    folder."""
    match from_cursor(cursor):
        case None:
            return _Place(None)
        case [str(name), str(of), str(token)] if _is_token(token):
            if (name, of) == (source.name, prefix):
                return _Place(token)
        case [str(name), str(of), str() | None as token, str(rest)] if prefix + rest:
            is_right = token is None or _is_token(token)
            if is_right and (name, of) == (source.name, prefix):
                return _Place(token, prefix + rest)
    raise unknown_cursor()


def _position(source: Source, prefix: str, end: _Place | None) -> list[str | None] | None:
    """Returns what `_place` reads."""
    if end is None:
        return None
    more = [end.last.removeprefix(prefix)] if end.last else []
    return [source.name, prefix, end.token, *more]


def _counted_to(cursor: str | None, source: Source, prefix: str) -> str | None:
    """Returns S3's own token. Raises InvalidRequest if the cursor is from other totals."""
    match from_cursor(cursor):
        case None:
            return None
        case [str(kind), str(name), str(of), str(token)] if _is_token(token):
            if (kind, name, of) == (_TOTALS, source.name, prefix):
                return token
    raise unknown_cursor()


def _is_token(text: str) -> bool:
    return bool(text) and text.isprintable()
