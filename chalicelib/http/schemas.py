"""JSON Schemas of requests.

Requests are checked against them, and the OpenAPI document shows them. So the two cannot say
different things. (OpenAPI 3.1 takes JSON Schema as it is; the checks use the draft-07 subset.)
"""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.jobs.model import ArchiveFormat
from chalicelib.jobs.request import Compression
from chalicelib.receivers import ADDRESS_MAX, URL_MAX
from chalicelib.settings import SHARE_DAYS_MAX

Schema = dict[str, Any]

FILES_MAX: Final = 10_000
CHECKED_MAX: Final = 100
"""The most files of one check."""

FILE_ID_MIN: Final = 10_000
FILE_ID_MAX: Final = 100_000_000
ID_MAX_BYTES: Final = 255
"""Of an id, where FILE_ID_PATTERN says what one looks like."""

NAME_MAX_BYTES: Final = 1_024
"""Of the name that a request gives a file, or a folder."""

VERSION_MAX: Final = 1_024
"""S3's limit of a version id, in bytes. S3 makes them of ASCII characters.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html"""

FILENAME_MAX_BYTES: Final = 255
USER_ID_MAX_BYTES: Final = 128
"""The job's record holds the filename and the user id, and must stay below 2 KB."""

USER_MAX: Final = 255
"""Characters of the id of a user that a token names (OpenID Connect Core 1.0, section 2)."""

KEY_MAX: Final = 1_024
"""S3's limit, in bytes.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

COMPRESSIONS: Final[dict[ArchiveFormat, tuple[Compression, ...]]] = {
    "zip": ("none", "deflate", "auto"),
    "tar": ("none",),
    "tar.gz": ("deflate", "auto"),
}
"""How the files of each format may be compressed. The first is the usual one."""

SPLIT_MIN: Final = 1024**2
"""Bytes. Below it, much of an archive would be its directory."""

SPLIT_MAX: Final = 5 * 1024**4
"""Bytes: the largest file that an export takes goes into one archive."""

_NO_CONTROL_CHARACTERS: Final = r"^[^\u0000-\u001f\u007f]*$"

NUMBER: Final[Schema] = {
    "type": "integer",
    "minimum": FILE_ID_MIN,
    "maximum": FILE_ID_MAX,
    "examples": [10001],
}
"""An id, where FILE_ID_PATTERN does not say what one looks like."""

TEXT_OR_NUMBER: Final[Schema] = {
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": ID_MAX_BYTES,
    "pattern": _NO_CONTROL_CHARACTERS,
}
"""An id, where it does. parse.py checks the pattern itself, and never against a longer text."""

USER_ID: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": USER_ID_MAX_BYTES,
    "pattern": _NO_CONTROL_CHARACTERS,
    "description": "Whose job it is, where nobody has to prove who they are (AUTH=none).",
}

ANY_USER_ID: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": USER_MAX,
    "pattern": _NO_CONTROL_CHARACTERS,
}

NATURAL_MAX: Final = 2**53 - 1
"""The largest whole number that JSON passes on exactly (RFC 8259, section 6)."""

NATURAL: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": NATURAL_MAX}

CURSOR: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
"""base64 without its padding. Only one that a list gave is taken (cursors.py)."""

IDEMPOTENCY_KEY: Final[Schema] = {
    "type": "string",
    "maxLength": 255,
    "pattern": "^[!-~]+$",  # printable ASCII without spaces
}

_KEY: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": KEY_MAX}
"""A key may hold any character, as in S3: what `GET /v1/files` lists can be asked for."""

PREFIX: Final[Schema] = {name: rule for name, rule in _KEY.items() if name != "minLength"}
"""A prefix to list, which may be empty."""

FILENAME: Final[Schema] = {
    "type": "string",
    "description": "The name under which the archive is downloaded. No control characters.",
    "minLength": 1,
    "maxLength": 200,
    "pattern": _NO_CONTROL_CHARACTERS,
}

_FRESH: Final[Schema] = {
    "type": "boolean",
    "description": "Build a new archive even if one of the same files is there already.",
    "default": False,
}

_RECEIVERS: Final[Schema] = {
    "type": "object",
    "description": "Who is told when the job has ended. GET /v1/notifications says who can be.",
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "description": "A webhook: a URL with https, of a host that the stack allows.",
            "minLength": 1,
            "maxLength": URL_MAX,
            "examples": ["https://hooks.example.com/longhaul"],
        },
        "email": {
            "type": "string",
            "description": "A mail address: the caller's own, or one that the stack allows.",
            "minLength": 1,
            "maxLength": ADDRESS_MAX,
            "examples": ["ann@example.com"],
        },
    },
}


def file_id(pattern: str) -> Schema:
    """Returns the schema of an id, as the OpenAPI document shows it. `pattern` is that of
    FILE_ID_PATTERN; empty: an id is a whole number."""
    if not pattern:
        return NUMBER
    return {
        **TEXT_OR_NUMBER,
        "allOf": [{"pattern": f"^(?:{pattern})$"}],
        "description": "A text that matches the pattern. A whole number counts as its digits.",
    }


def requests(an_id: Schema, sources: Sequence[str]) -> dict[str, Schema]:
    """Returns the schema of each request. `an_id` is the schema of an id, `sources` are the names
    of the sources."""
    source = {
        "description": "Where the files are; without it, the first of these.",
        "enum": list(sources),
    }
    return {
        "export": _export(an_id, source),
        "selection": _SELECTION,
        "check": _check(an_id, source),
        "share": _SHARE,
        "retry": _RETRY,
        "rename": _RENAME,
        "notify": {
            **_RECEIVERS,
            "description": "Who is told besides. Without a body, or with an empty object, all who "
            "were told are told again.",
        },
    }


_ON_MISSING: Final[Schema] = {
    "description": "When a file does not exist: fail, or leave it out and list it.",
    "enum": ["fail", "skip"],
}
_ON_UNREADABLE: Final[Schema] = {
    "description": "When a file is there and cannot be read (it is in cold storage, or access is "
    "denied): fail, or leave it out and list it.",
    "enum": ["fail", "skip"],
}

FORMAT: Final[Schema] = {
    "description": "What the archive is: a ZIP, a tar (PAX), or a tar that gzip compresses.",
    "enum": list(COMPRESSIONS),
}
COMPRESSION: Final[Schema] = {
    "description": "How the files are compressed: all of them (deflate), all but those that are "
    "compressed already (auto), or none. Without it, the files of a tar.gz are compressed, and "
    "those of a zip or tar are not. A tar is never compressed, a tar.gz always.",
    "enum": list(COMPRESSIONS["zip"]),
}
SPLIT: Final[Schema] = {
    "type": "integer",
    "description": "The most bytes of one archive. The files go to as many archives as that takes, "
    "each of which is whole by itself. Without it there is one archive.",
    "minimum": SPLIT_MIN,
    "maximum": SPLIT_MAX,
}

_RETRY: Final[Schema] = {
    "type": "object",
    "description": "What is to be different this time. Without a body, or with an empty object, it "
    "is the same again. With a format and no compression, that is the usual one of the format.",
    "additionalProperties": False,
    "properties": {
        "on_missing": _ON_MISSING,
        "on_unreadable": _ON_UNREADABLE,
        "filename": FILENAME,
        "format": FORMAT,
        "compression": COMPRESSION,
        "split": SPLIT,
    },
}

_RENAME: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"filename": FILENAME},
    "required": ["filename"],
}


def _check(an_id: Schema, source: Schema) -> Schema:
    """Returns the schema of the body of `POST /v1/download/check`."""
    several: Schema = {"type": "array", "minItems": 1, "maxItems": CHECKED_MAX}
    return {
        "type": "object",
        "description": "Exactly one of fileId, fileIds and keys says which files.",
        "additionalProperties": False,
        "properties": {
            "file_id": an_id,
            "file_ids": {**several, "items": an_id},
            "keys": {**several, "items": _KEY},
            "source": source,
        },
        "oneOf": [{"required": ["file_id"]}, {"required": ["file_ids"]}, {"required": ["keys"]}],
    }


def _export(an_id: Schema, source: Schema) -> Schema:
    """Returns the schema of the body of `POST /v1/export`."""
    return {
        "type": "object",
        "description": "Exactly one of fileIds, keys, prefix and files says which files to export.",
        "additionalProperties": False,
        "properties": {
            "file_ids": {
                "type": "array",
                "description": "Files by id; an id that comes twice counts once.",
                "minItems": 1,
                "maxItems": FILES_MAX,
                "items": an_id,
            },
            "keys": {
                "type": "array",
                "description": "Files by their key in the source bucket; each counts once.",
                "minItems": 1,
                "maxItems": FILES_MAX,
                "items": _KEY,
            },
            "prefix": {
                **_KEY,
                "description": "Every file of the source bucket whose key begins with this.",
            },
            "files": {
                "type": "array",
                "description": "Files and folders, each with a name of its own if you like. The "
                "same file may come under several names; what comes twice in the same way counts "
                "once.",
                "minItems": 1,
                "maxItems": FILES_MAX,
                "items": _wanted(an_id),
            },
            "source": source,
            "filename": FILENAME,
            "format": {**FORMAT, "default": "zip"},
            "compression": COMPRESSION,
            "split": SPLIT,
            "on_missing": {**_ON_MISSING, "default": "skip"},
            "on_unreadable": {**_ON_UNREADABLE, "default": "fail"},
            "names": {
                "description": "How the files of keys and prefixes are called to which the request "
                "gives no name: by their keys, or with their own names (as files by id) in the "
                "folders of their keys. If there are more than 100,000 files below the prefixes, "
                "these keep the names of their keys.",
                "enum": ["key", "own"],
                "default": "key",
            },
            "user_id": {**USER_ID, "default": "anonymous"},
            "fresh": _FRESH,
            "notify": {**_RECEIVERS, "minProperties": 1},
        },
        "oneOf": [
            {"required": ["file_ids"]},
            {"required": ["keys"]},
            {"required": ["prefix"]},
            {"required": ["files"]},
        ],
        "examples": EXAMPLES if an_id is NUMBER else _EXAMPLES_WITHOUT_IDS,
    }


# As the document spells them.
_EXAMPLES_WITHOUT_IDS: Final = [
    {
        "files": [
            {"key": "downloads/10001", "name": "Reports/March.pdf"},
            {"prefix": "downloads/", "name": "All"},
        ],
        "onUnreadable": "skip",
    }
]
EXAMPLES: Final = [
    {"fileIds": [10001, 10002], "filename": "March.zip"},
    {"files": [{"id": 10001, "name": "Reports/March.pdf"}, {"id": 10002}], "onMissing": "fail"},
    *_EXAMPLES_WITHOUT_IDS,
]


def _wanted(an_id: Schema) -> Schema:
    """Returns the schema of one of `files`."""
    return {
        "type": "object",
        "description": "Exactly one of id, key and prefix.",
        "additionalProperties": False,
        "properties": {
            "id": an_id,
            "key": _KEY,
            "prefix": {**_KEY, "description": "All files whose keys begin with this."},
            "name": {
                "type": "string",
                "description": "The path of the file in the archive, which may have folders. For a "
                "prefix: the folder that its files go to; . is the top. It is made safe for all "
                "systems. Without it the file has its own name.",
                "minLength": 1,
                "maxLength": NAME_MAX_BYTES,
                "pattern": _NO_CONTROL_CHARACTERS,
            },
            "version": {
                "type": "string",
                "description": "A version id of S3, in a bucket with versions; not for a prefix. "
                "Without it, the newest version counts.",
                "minLength": 1,
                "maxLength": VERSION_MAX,
                "pattern": _NO_CONTROL_CHARACTERS,
            },
        },
        "oneOf": [{"required": ["id"]}, {"required": ["key"]}, {"required": ["prefix"]}],
        "not": {"required": ["prefix", "version"]},
    }


_SELECTION: Final[Schema] = {
    "type": "object",
    "description": "What the caller's backend has signed. It needs no other proof.",
    "additionalProperties": False,
    "properties": {
        "selection": {
            "type": "string",
            "description": "A JWS, signed with HS256: docs/selections.md has its claims.",
            "minLength": 1,
        },
        "fresh": _FRESH,
    },
    "required": ["selection"],
}

SHARE_SECONDS: Final = 24 * 3600
"""How long a share link lives if the request does not say it."""

_SHARE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "expires_in": {
            "type": "integer",
            "description": "Seconds that the link lives. The setting SHARE_MAX_DAYS is the limit.",
            "minimum": 60,
            "maximum": SHARE_DAYS_MAX * 24 * 3600,
            "default": SHARE_SECONDS,
        },
    },
}
