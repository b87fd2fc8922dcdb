"""The part of a link that has a choice of files, as `chalicelib/web/pick.js` reads it."""

import base64
import json
import zlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

_RAW = -15  # of zlib: deflate without a head (RFC 1951)


def packed(content: bytes) -> str:
    """Returns these bytes, deflated, in base64url."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return (
        base64.urlsafe_b64encode(deflate.compress(content) + deflate.flush()).rstrip(b"=").decode()
    )


def unpacked(pick: str) -> Any:
    """Returns the value of such a part."""
    content = base64.urlsafe_b64decode(pick + "=" * (-len(pick) % 4))
    return json.loads(zlib.decompress(content, _RAW))


def pick(
    ids: str = "",
    files: dict[str, int | None] | None = None,
    folders: Sequence[str] = (),
    *,
    source: str | None = None,
) -> str:
    """Returns the part for these ids, files with their sizes, and folders."""

    def folder(file: tuple[str, int | None]) -> str:
        return file[0][: file[0].rfind("/") + 1]

    groups = [
        [above, *(part for key, size in those for part in (key[len(above) :], size))]
        for above, those in groupby((files or {}).items(), folder)
    ]
    value = [ids, source, "own", groups, list(folders), []]
    return packed(json.dumps(value).encode())
