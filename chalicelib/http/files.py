"""GET /v1/files: a source as folders, to choose files from. POST /v1/download/check: whether a file
can be exported."""

from collections.abc import Iterable
from typing import Final

from chalicelib.archive.manifest import MISSING
from chalicelib.errors import AccessDenied, Reason, unknown_cursor
from chalicelib.http import bounds, parse
from chalicelib.http.answers import Answer
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.cursors import from_cursor, to_cursor
from chalicelib.instants import iso
from chalicelib.named_sources import Source
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services
from chalicelib.sources.ids import key_of
from chalicelib.sources.looking import Looks, Seen, Unreadable, judged

PAGE: Final = 100
"""The most folders and files on one page."""


def listing(call: Call, services: Services) -> Reply:
    """GET /v1/files: what is in one folder of a source. A prefix may end within a name: then only
    the names that begin with it are listed. If the caller may have the files under several
    prefixes, these are the folders at the top. Raises InvalidRequest, or Forbidden."""
    source = parse.source(call.query.get("source"), services.settings)
    named = {"source": source.name, "sources": [one.name for one in services.settings.sources]}
    top, own = source.prefix, bounds.own_prefixes(call.caller, source)
    if own is not None and len(own) == 1:
        top = own[0]
    prefix = parse.prefix(call.query.get("prefix", top), source.prefix)
    if own is not None and len(own) != 1 and prefix == top:
        return Reply(200, named | _folders(top, own), uncached())
    bounds.check_key(call.caller, "prefix", prefix)
    after = _position(call.query.get("cursor"), source, prefix)
    page = services.source(source.name).list_folder(prefix, PAGE, after)
    folder = prefix[: prefix.rfind("/") + 1]
    content = {
        **named,
        **_folders(top, page.folders, folder),
        "prefix": prefix,
        "files": [
            {
                "name": file.key.removeprefix(folder),
                "key": file.key,
                "size": file.size,
                "lastModified": iso(file.modified * 1000),
                "unreadable": _why(judged(file)),
            }
            for file in page.files
            # An empty object with such a key marks a folder. An export by prefix skips it too.
            if file.size or not file.key.endswith("/")
        ],
        "cursor": to_cursor([source.name, prefix, page.next] if page.next else None),
    }
    return Reply(200, content, uncached())


def _folders(top: str, folders: Iterable[str], within: str | None = None) -> Answer:
    """Returns a page of folders, without files. `within` is the folder that they are in."""
    above = top if within is None else within
    return {
        "prefix": top,
        "topPrefix": top,
        "folders": [
            {"name": found.removeprefix(above)[:-1], "prefix": found}
            for found in sorted(folders)  # S3 sorts them, LocalStack does not
        ],
        "files": [],
        "cursor": None,
    }


def check(call: Call, services: Services) -> Reply:
    """POST /v1/download/check: whether a file is there and can be read, as far as an export finds
    out before it reads files. Raises Forbidden, Unavailable, and what `parse.check_request`
    raises."""
    file_id, name = parse.check_request(
        call.body, call.headers.get("content-type"), services.settings
    )
    source, bucket = services.settings.source(name), services.source(name)
    key = key_of(file_id, source)
    bounds.check_key(call.caller, "fileId", key, file_id)
    looks = Looks(services, bucket, lambda: None, thorough=True)
    try:
        (seen,) = looks.at([(key, None)]).values()
        if seen is None:
            # Fails if the bucket is gone, where a HEAD does not. `check` would name the bucket.
            bucket.list_folder(source.prefix, 1)
    except AccessDenied:
        seen = Unreadable(Reason.DENIED, "S3 denies it")
    content = {
        "fileId": file_id,
        "file_id": file_id,  # as it was once spelled
        "available": isinstance(seen, ObjectFacts),
        "s3Key": key if seen else None,
        "size": seen.size if isinstance(seen, ObjectFacts) else None,
        **(_why(seen) or {"reason": None, "detail": None}),
    }
    return Reply(200, content, uncached())


def _why(seen: Seen) -> Answer | None:
    """Returns why a file cannot be exported; None if it can."""
    if seen is None:
        return {"reason": Reason.MISSING, "detail": MISSING}
    return {"reason": seen.reason, "detail": seen.why} if isinstance(seen, Unreadable) else None


def _position(cursor: str | None, source: Source, prefix: str) -> str | None:
    """Returns S3's own token. Raises InvalidRequest if the cursor is from another folder."""
    match from_cursor(cursor):
        case None:
            return None
        case [str(name), str(of), str(token)] if (name, of) == (source.name, prefix):
            if token and token.isprintable():
                return token
    raise unknown_cursor()
