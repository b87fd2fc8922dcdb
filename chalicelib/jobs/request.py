"""What was asked for: a request, as it is stored beside the job. Pure."""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, Self

from chalicelib.jobs.model import ArchiveFormat, OnMissing

FileId = int | str

_LONG: Final = 4_096
"""Bytes of JSON of a request that no compression makes short."""

Names = Literal["key", "own"]
"""Where the last part of a file's name comes from, if the request gives the file none: from its
key, or from the file's own facts (sources/own_names.py)."""


Compression = Literal["none", "deflate", "auto"]
"""How files are compressed: not, all of them, or all but those that are compressed already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One of `files`: a file by its id or its key, or all files with a prefix. Exactly one of the
    three is set. `name` is the file's path in the archive, or the folder that the files go to;
    None: the usual one. `version` is a version id; None: the newest one."""

    id: FileId | None = None
    key: str | None = None
    prefix: str | None = None
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who is told when the job has ended: a webhook's URL, a mail address, or both."""

    url: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """A valid request. Exactly one of `file_ids`, `keys`, `prefix` and `files` is set. The lists
    have no repeats.

    Keys and prefixes are full ones of the source's bucket. `source` is the name of that source;
    None: the default one. `filename` is None if the caller sent none. `compression` None: the usual
    one of the format. `split` is the most bytes that one archive may have: the files go to as many
    archives as that takes; None: to one.
    """

    file_ids: tuple[FileId, ...] | None = None
    keys: tuple[str, ...] | None = None
    prefix: str | None = None
    files: tuple[Wanted, ...] | None = None
    source: str | None = None
    filename: str | None = None
    on_missing: OnMissing = "skip"
    on_unreadable: OnMissing = "fail"
    names: Names = "key"
    user_id: str = "anonymous"
    fresh: bool = False
    notify: Notify | None = None
    format: ArchiveFormat = "zip"
    compression: Compression | None = None
    split: int | None = None

    @property
    def compressing(self) -> Compression:
        """How the files are compressed."""
        return self.compression or ("deflate" if self.format == "tar.gz" else "none")

    @property
    def form(self) -> tuple[object, ...]:
        """What the archive is to be like: two requests for the same files with the same form may
        have the same archive."""
        return self.format, self.compressing, self.split

    @property
    def total_files(self) -> int:
        """How many files were asked for. It is 0 for a prefix, which is listed later."""
        if self.files:
            return 0 if any(one.prefix is not None for one in self.files) else len(self.files)
        return len(self.file_ids or self.keys or ())

    def to_json(self) -> bytes:
        """Returns the request as JSON; the same bytes for the same request."""
        asked = _said(self)
        if self.files:
            asked["files"] = [_said(one) for one in self.files]
        if self.notify:
            asked["notify"] = _said(self.notify)
        # As it was before there was a choice.
        if self.on_unreadable == "fail":
            del asked["on_unreadable"]
        if self.names == "key":
            del asked["names"]
        if self.format == "zip":
            del asked["format"]
        return json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Returns the request that `to_json` has turned into JSON."""
        asked: dict[str, Any] = json.loads(body)
        for name in ("file_ids", "keys"):
            if name in asked:
                asked[name] = tuple(asked[name])
        if "files" in asked:
            asked["files"] = tuple(Wanted(**one) for one in asked["files"])
        if "notify" in asked:
            asked["notify"] = Notify(**asked["notify"])
        return cls(**asked)

    def to_text(self, most: int) -> str | None:
        """Returns the request as a short text for the job's record; None if that takes more than
        `most` characters."""
        body = self.to_json()
        if len(body) > _LONG:
            return None
        text = base64.b64encode(zlib.compress(body, 9)).decode()
        return text if len(text) <= most else None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Returns the request that `to_text` has made this text of."""
        return cls.from_json(zlib.decompress(base64.b64decode(text)))

    @property
    def digest(self) -> str:
        """A digest of the content: two requests with the same digest ask for the same. The usual
        compression is the same, whether the request has said it or not."""
        unsaid = replace(self, compression=None)
        asked = unsaid if unsaid.compressing == self.compressing else self
        return hashlib.sha256(asked.to_json()).hexdigest()[:16]


USUAL: Final = ExportRequest().form
"""The form of a request that says nothing of it."""


def _said(one: ExportRequest | Wanted | Notify) -> dict[str, Any]:
    values = ((field.name, getattr(one, field.name)) for field in fields(one))
    return {name: value for name, value in values if value is not None}
