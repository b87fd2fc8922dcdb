"""JSON Schemas of requests.

Requests are checked against them, and the OpenAPI document shows them. So the two cannot say
different things. (OpenAPI 3.1 takes JSON Schema as it is; the checks use the draft-07 subset.)
"""

from typing import Any, Final

from chalicelib.settings import SHARE_DAYS_MAX

Schema = dict[str, Any]

FILES_MAX: Final = 10_000
FILE_ID_MIN: Final = 10_000
FILE_ID_MAX: Final = 100_000_000
FILENAME_MAX_BYTES: Final = 255
USER_ID_MAX_BYTES: Final = 128
"""The job's record holds the filename and the user id, and must stay below 2 KB."""

USER_MAX: Final = 255
"""Characters of the id of a user that a token names (OpenID Connect Core 1.0, section 2)."""

KEY_MAX: Final = 1_024
"""S3's limit, in bytes.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_NO_CONTROL_CHARACTERS: Final = r"^[^\u0000-\u001f\u007f]*$"

FILE_ID: Final[Schema] = {
    "type": "integer",
    "minimum": FILE_ID_MIN,
    "maximum": FILE_ID_MAX,
    "examples": [10001],
}

USER_ID: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": USER_ID_MAX_BYTES,
    "pattern": _NO_CONTROL_CHARACTERS,
    "description": "Whose job it is, where nobody has to prove who they are (AUTH=none).",
}

ANY_USER_ID: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": USER_MAX}

CURSOR: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
"""base64 without its padding. Only one that a list gave is taken (cursors.py)."""

IDEMPOTENCY_KEY: Final[Schema] = {
    "type": "string",
    "maxLength": 255,
    "pattern": "^[!-~]+$",  # printable ASCII without spaces
}

_KEY: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": KEY_MAX,
    "pattern": _NO_CONTROL_CHARACTERS,
}

PREFIX: Final[Schema] = {name: rule for name, rule in _KEY.items() if name != "minLength"}
"""A prefix to list, which may be empty."""

EXPORT_REQUEST: Final[Schema] = {
    "type": "object",
    "description": "Exactly one of file_ids, keys and prefix says which files to export.",
    "additionalProperties": False,
    "properties": {
        "file_ids": {
            "type": "array",
            "description": "Files by id; an id that comes twice counts once.",
            "minItems": 1,
            "maxItems": FILES_MAX,
            "items": FILE_ID,
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
        "filename": {
            "type": "string",
            "description": "The name under which the archive is downloaded. No control characters.",
            "minLength": 1,
            "maxLength": 200,
            "pattern": _NO_CONTROL_CHARACTERS,
        },
        "on_missing": {
            "description": "When a file does not exist: fail, or leave it out and list it.",
            "enum": ["fail", "skip"],
            "default": "skip",
        },
        "user_id": {**USER_ID, "default": "anonymous"},
        "fresh": {
            "type": "boolean",
            "description": "Build a new archive even if one of the same files is there already.",
            "default": False,
        },
    },
    "oneOf": [{"required": ["file_ids"]}, {"required": ["keys"]}, {"required": ["prefix"]}],
    "examples": [{"file_ids": [10001, 10002], "filename": "March.zip"}],
}

SELECTION_REQUEST: Final[Schema] = {
    "type": "object",
    "description": "What the caller's backend has signed. It needs no other proof.",
    "additionalProperties": False,
    "properties": {
        "selection": {
            "type": "string",
            "description": "A JWS, signed with HS256: docs/selections.md has its claims.",
            "minLength": 1,
        },
        "fresh": EXPORT_REQUEST["properties"]["fresh"],
    },
    "required": ["selection"],
}

CHECK_REQUEST: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"file_id": FILE_ID},
    "required": ["file_id"],
}

SHARE_SECONDS: Final = 24 * 3600
"""How long a share link lives if the request does not say it."""

SHARE_REQUEST: Final[Schema] = {
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
