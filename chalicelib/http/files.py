"""GET /v1/files: the source bucket as folders, to choose files from. POST /v1/download/check:
whether a file is there."""

from collections.abc import Iterable
from typing import Final

from chalicelib.errors import unknown_cursor
from chalicelib.http import answers, bounds, parse
from chalicelib.http.answers import Answer
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.cursors import from_cursor, to_cursor
from chalicelib.services import Services
from chalicelib.sources.ids import key_of

PAGE: Final = 100
"""The most folders and files on one page."""


def listing(call: Call, services: Services) -> Reply:
    """GET /v1/files: what is in one folder. A prefix may end within a name: then only the names
    that begin with it are listed. If the caller may have the files under several prefixes, these
    are the folders at the top. Raises InvalidRequest, or Forbidden."""
    source = services.settings.source()
    top, own = source.prefix, call.caller.prefixes
    if own is not None and len(own) == 1:
        top = own[0]
    prefix = parse.prefix(call.query.get("prefix", top), source.prefix)
    if own is not None and len(own) != 1 and prefix == top:
        return Reply(200, _folders(top, own), uncached())
    bounds.check_key(call.caller, "prefix", prefix)
    page = services.source().list_folder(prefix, PAGE, _position(call.query.get("cursor"), prefix))
    folder = prefix[: prefix.rfind("/") + 1]
    content = {
        **_folders(top, page.folders, folder),
        "prefix": prefix,
        "files": [
            {
                "name": file.key.removeprefix(folder),
                "key": file.key,
                "size": file.size,
                "lastModified": answers.iso(file.modified * 1000),
            }
            for file in page.files
            # An empty object with such a key marks a folder. An export by prefix skips it too.
            if file.size or not file.key.endswith("/")
        ],
        "cursor": to_cursor([prefix, page.next] if page.next else None),
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
    """POST /v1/download/check. Raises Forbidden, and what `parse.check_request` raises."""
    settings = services.settings
    file_id = parse.check_request(call.body, call.headers.get("content-type"), settings)
    key = key_of(file_id, settings.source())
    bounds.check_key(call.caller, "file_id", key, file_id)
    found = services.source().head(key, checksum=False)
    content = {
        "file_id": file_id,
        "available": found is not None,
        "s3Key": key if found else None,
        "size": found.size if found else None,
    }
    return Reply(200, content, uncached())


def _position(cursor: str | None, prefix: str) -> str | None:
    """Returns S3's own token. Raises InvalidRequest if the cursor is from another folder."""
    match from_cursor(cursor):
        case None:
            return None
        case [str(of), str(token)] if of == prefix and token and token.isprintable():
            return token
    raise unknown_cursor()
