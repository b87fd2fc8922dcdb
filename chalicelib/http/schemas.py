"""JSON Schemas of requests and answers.

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


def _answer(properties: Schema, **perhaps: Schema) -> Schema:
    """Returns the schema of an object that has all of `properties`, perhaps some of `perhaps`, and
    nothing else."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties | perhaps,
        "required": list(properties),
    }


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_URL: Final[Schema] = {"type": "string", "format": "uri"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_JOB_ID: Final[Schema] = {"type": "string", "format": "uuid"}
_STATUS: Final[Schema] = {
    "enum": ["queued", "processing", "completed", "failed", "cancelled", "expired"]
}

EXPORT_ACCEPTED: Final = _answer(
    {
        "jobId": _JOB_ID,
        "status": _STATUS,
        "totalFiles": {**_COUNT, "description": "0 for a prefix, which is listed later."},
        "message": _TEXT,
        "statusUrl": _URL,
        "sseUrl": _URL,
        "downloadUrl": _URL,
    },
    ticket={
        **_TEXT,
        "description": "After a selection: a bearer token with which to follow this job, to "
        "download its archive, and to cancel or delete it.",
    },
    ticketExpiresAt=_TIME,
)

JOB: Final = _answer(
    {
        "jobId": _JOB_ID,
        "filename": {**_TEXT, "description": "The archive's name when it is downloaded."},
        "status": _STATUS,
        "progress": _answer(
            {
                "percent": {"type": "integer", "minimum": 0, "maximum": 100},
                "currentFile": {**_COUNT, "description": "How many files are in the archive."},
                "totalFiles": _COUNT,
                "bytesDone": {**_COUNT, "description": "Bytes of the archive that are there."},
                "bytesTotal": {**_COUNT, "description": "0 until the archive is planned."},
                "stage": {
                    "enum": ["queued", "planning", "reading", "assembling", "finalizing", "done"]
                },
                "message": _TEXT,
                "etaSeconds": _optional(_COUNT),
            }
        ),
        "result": _optional(
            _answer(
                {
                    "s3Key": _TEXT,
                    "fileSize": {**_COUNT, "description": "Bytes."},
                    "processedFiles": _COUNT,
                    "totalFiles": _COUNT,
                    "missing": _optional(
                        {
                            "type": "array",
                            "description": "The ids or keys that were asked for and do not exist. "
                            "A long list is null in a list of jobs and in an event: ask for the "
                            "job itself.",
                            "items": {"type": ["integer", "string"]},
                        }
                    ),
                    "downloadUrl": _optional(
                        {**_URL, "description": "Redirects to a fresh link; null once expired."}
                    ),
                },
                reusedFrom={
                    **_JOB_ID,
                    "description": "The job that the archive was built for, if it was there "
                    "already: same request, same files.",
                },
            )
        ),
        "error": _optional(_answer({"type": _URL, "title": _TEXT, "detail": _TEXT})),
        "createdAt": _TIME,
        "updatedAt": _TIME,
        "expiresAt": _TIME,
    },
    retryOf={**_JOB_ID, "description": "The job that this one is a retry of, if it is one."},
)

EVENT_STREAM: Final[Schema] = {
    "type": "string",
    "description": "Server-sent events: one at most, and then the stream ends. The event's type is "
    "the job's status, its data a Job as JSON, in which a list of missing files is null if it "
    "is long. The field retry says in how many milliseconds to connect again.",
    "contentMediaType": "text/event-stream",
}

JOB_LIST: Final = _answer(
    {
        "jobs": {"type": "array", "items": JOB},
        "cursor": _optional({**_TEXT, "description": "For the next page; null on the last."}),
    }
)

FILES: Final = _answer(
    {
        "prefix": {**_TEXT, "description": "What was asked for."},
        "topPrefix": {**_TEXT, "description": "Where the files begin; nothing above is shown."},
        "folders": {
            "type": "array",
            "items": _answer(
                {
                    "name": _TEXT,
                    "prefix": {**_TEXT, "description": "To look into it, or export it."},
                }
            ),
        },
        "files": {
            "type": "array",
            "items": _answer(
                {
                    "name": _TEXT,
                    "key": {**_TEXT, "description": "For `keys` of an export."},
                    "size": {**_COUNT, "description": "Bytes."},
                    "lastModified": _TIME,
                }
            ),
        },
        "cursor": _optional({**_TEXT, "description": "For the next page; null on the last."}),
    }
)

DOWNLOAD: Final = _answer(
    {
        "jobId": _JOB_ID,
        "status": {"const": "ready"},
        "downloadUrl": {**_URL, "description": "A presigned link straight to S3."},
        "expiresIn": {**_COUNT, "description": "Seconds."},
        "message": _TEXT,
    }
)

CHECK_ANSWER: Final = _answer(
    {
        "file_id": FILE_ID,
        "available": {"type": "boolean"},
        "s3Key": _optional(_TEXT),
        "size": _optional({**_COUNT, "description": "Bytes."}),
    }
)

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

_SHARE: Final[Schema] = {
    "id": {**_TEXT, "pattern": "^[0-9a-f]{8}$"},
    "createdAt": _TIME,
    "expiresAt": _TIME,
}

SHARE: Final = _answer(
    {
        **_SHARE,
        "ticket": {**_TEXT, "description": "As a bearer token: sees the job, and downloads it."},
        "url": {**_URL, "description": "The page, with the ticket. It is shown only this once."},
    }
)

SHARES: Final = _answer({"shares": {"type": "array", "items": _answer(_SHARE)}})

ERASED: Final = _answer(
    {
        "deletedJobs": _COUNT,
        "more": {"type": "boolean", "description": "Ask again: there are more."},
    }
)

_CHECK: Final[Schema] = {"enum": ["ok", "error"]}
HEALTH: Final = _answer(
    {
        "status": {"enum": ["healthy", "unhealthy"]},
        "checks": _answer({"storage": _CHECK, "database": _CHECK, "queue": _CHECK}),
    }
)

PROTECTED_RESOURCE: Final = _answer(
    {
        "resource": _URL,
        "authorization_servers": {"type": "array", "items": _URL},
        "bearer_methods_supported": {"type": "array", "items": _TEXT},
        "scopes_supported": {"type": "array", "items": _TEXT},
        "longhaul_client_id": _optional(
            {**_TEXT, "description": "The public client as which people sign in."}
        ),
        "longhaul_audience": {**_TEXT, "description": "For whom the tokens must be (aud)."},
    }
)

OPENAPI: Final[Schema] = {
    "type": "object",
    "description": "https://spec.openapis.org/oas/v3.1.0",
    "required": ["openapi", "info", "paths"],
}

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": _URL,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "requestId": _TEXT,
        "errors": {
            "type": "array",
            "items": _answer({"pointer": _TEXT, "detail": _TEXT}),
        },
    },
    "required": ["type", "title", "status", "detail", "requestId"],
}
