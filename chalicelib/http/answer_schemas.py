"""JSON Schemas of answers. The OpenAPI document shows them, and tests check the answers."""

from typing import Final

from chalicelib import errors
from chalicelib.errors import Reason
from chalicelib.http.problems import type_uri
from chalicelib.http.schemas import COMPRESSIONS, Schema
from chalicelib.jobs.notices import Kind, State
from chalicelib.jobs.remedies import Remedy
from chalicelib.jobs.states import Stage


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


def _types(root: type[errors.LonghaulError]) -> list[str]:
    """Returns the types of all problems that are of this kind."""
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    named = (kind for kind in kinds if issubclass(kind, root) and "slug" in vars(kind))
    return sorted({type_uri(kind.slug) for kind in named})


_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_URL: Final[Schema] = {"type": "string", "format": "uri"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_JOB_ID: Final[Schema] = {"type": "string", "format": "uuid"}
_TRACE_ID: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9a-f]{32}$",
    "description": "The id of the job's trace. Unlike the job's id it opens nothing: support may "
    "be shown it.",
}
_DOWNLOAD_URL: Final[Schema] = {
    **_URL,
    "description": "GET it and follow redirects: these are the archive's bytes, once there is one. "
    "Of several archives it is the first.",
}
_LINK_URL: Final[Schema] = {
    **_URL,
    "description": "Answers with a link to the archive, as JSON; of several archives, with the "
    "list of them.",
}
_FORMAT: Final[Schema] = {"enum": list(COMPRESSIONS)}
_FILE: Final[Schema] = {"type": ["integer", "string"], "description": "The file's id, or its key."}
_FILE_ID: Final[Schema] = {"type": ["integer", "string"]}
_WHY: Final[Schema] = {
    "reason": {
        "enum": [reason.value for reason in Reason],
        "description": "Why the file is not in the archive, or cannot be exported. For missing it "
        "does not exist, for archived it is in cold storage, for encrypted only the customer has "
        "the key (SSE-C), for key-unusable its KMS key cannot be used.",
    },
    "detail": {**_TEXT, "description": "The same for people."},
}
_STATUS: Final[Schema] = {
    "enum": ["queued", "processing", "completed", "failed", "cancelled", "expired"]
}

EXPORT_ACCEPTED: Final = _answer(
    {
        "jobId": _JOB_ID,
        "status": _STATUS,
        "totalFiles": {**_COUNT, "description": "0 if there is a prefix, which is listed later."},
        "message": _TEXT,
        "statusUrl": _URL,
        "sseUrl": _URL,
        "downloadUrl": _DOWNLOAD_URL,
        "linkUrl": _LINK_URL,
        "traceId": _TRACE_ID,
    },
    ticket={
        **_TEXT,
        "description": "After a selection: a bearer token with which to follow this job, to "
        "download its archive, and to cancel or delete it.",
    },
    ticketExpiresAt=_TIME,
)

_NOTIFICATIONS: Final[Schema] = {
    "type": "array",
    "description": "Who is told of the job's end, and what has come of it. A job that nobody asked "
    "to be told of has none. Nor has a job in a list, in an event, or by a share link.",
    "items": _answer(
        {
            "kind": {"enum": [kind.value for kind in Kind]},
            "to": {
                **_TEXT,
                "description": "The URL or the mail address. Of the stack's own webhook only the "
                "origin, or nothing if it has none any more.",
            },
            "status": {
                "enum": [state.value for state in State],
                "description": "For pending it is sent when the job ends, or is being sent. For "
                "given-up no other try is made. For opted-out the address wants no mail.",
            },
            "attempts": {**_COUNT, "description": "Tries since it was last asked for."},
            "lastError": _optional({**_TEXT, "description": "Why the last try failed."}),
            "nextAttemptAt": _optional(_TIME),
        }
    ),
}

JOB: Final = _answer(
    {
        "jobId": _JOB_ID,
        "filename": {**_TEXT, "description": "The archive's name when it is downloaded."},
        "format": _FORMAT,
        "archives": {
            **_COUNT,
            "minimum": 1,
            "description": "How many archives the files go to. It is 1 until the job is planned.",
        },
        "status": _STATUS,
        "progress": _answer(
            {
                "percent": {"type": "integer", "minimum": 0, "maximum": 100},
                "currentFile": {**_COUNT, "description": "How many files are in the archive."},
                "totalFiles": {**_COUNT, "description": "Those that are skipped count too."},
                "bytesDone": {
                    **_COUNT,
                    "description": "Bytes of the archives that are there. While files are "
                    "compressed nobody knows how long the archives will be: until the job "
                    "completes, these are then bytes of the files, and so are `bytesTotal`.",
                },
                "bytesTotal": {**_COUNT, "description": "0 until the archive is planned."},
                "stage": {"enum": [stage.value for stage in Stage]},
                "message": _TEXT,
                "etaSeconds": _optional(_COUNT),
            }
        ),
        "result": _optional(
            _answer(
                {
                    "s3Key": {**_TEXT, "description": "Of several archives, the last one's."},
                    "fileSize": {**_COUNT, "description": "Bytes, of all archives together."},
                    "processedFiles": _COUNT,
                    "totalFiles": _COUNT,
                    "missing": _optional(
                        {
                            "type": "array",
                            "description": "The ids, keys or prefixes that were asked for and do "
                            "not exist. A long list is null in a list of jobs and in an event: "
                            "ask for the job itself. Of some ten thousand files it is null there "
                            "too: the manifest has it.",
                            "items": {"type": ["integer", "string"]},
                        }
                    ),
                    "skipped": _optional(
                        {
                            "type": "array",
                            "description": "All files that were asked for and are not in the "
                            "archive, the missing ones first. Null where `missing` may be.",
                            "items": _answer({"file": _FILE, **_WHY}),
                        }
                    ),
                    "downloadUrl": {
                        **_optional(_DOWNLOAD_URL),
                        "description": f"{_DOWNLOAD_URL['description']} Null once expired.",
                    },
                    "linkUrl": {
                        **_optional(_LINK_URL),
                        "description": f"{_LINK_URL['description']} Null once expired.",
                    },
                    "indexUrl": {
                        **_optional(_URL),
                        "description": "GET it and follow redirects: a table (CSV) of where each "
                        "file is in a tar; of several archives, in the first. Null for other "
                        "formats, and once expired.",
                    },
                },
                reusedFrom={
                    **_JOB_ID,
                    "description": "The job that the archive was built for, if it was there "
                    "already: same request, same files.",
                },
            )
        ),
        "error": _optional(
            _answer(
                {
                    "type": {"enum": _types(errors.JobFailed)},
                    "title": _TEXT,
                    "detail": _TEXT,
                    "remedies": {
                        "type": "array",
                        "description": "What can be done about it, the best first. skip-missing "
                        "and skip-unreadable: a retry with onMissing or onUnreadable as skip; with "
                        "both where both are there. retry: the same again may succeed. edit: "
                        "another request may.",
                        "items": {"enum": [remedy.value for remedy in Remedy]},
                    },
                    "affectedFiles": {
                        **_COUNT,
                        "description": "How many files are to blame; 0 if it is for other reasons.",
                    },
                    "affected": _optional(
                        {
                            "type": "array",
                            "description": "These files, the missing ones first. Null if they are "
                            "too many, or if the archive was planned before: `detail` names some.",
                            "items": _answer({"file": _FILE, **_WHY}),
                        }
                    ),
                }
            )
        ),
        "createdAt": _TIME,
        "updatedAt": _TIME,
        "expiresAt": _TIME,
        "traceId": _TRACE_ID,
    },
    retryOf={**_JOB_ID, "description": "The job that this one is a retry of, if it is one."},
    notifications=_NOTIFICATIONS,
)

_ONE_OF_FILES: Final[Schema] = _answer(
    {}, id=_FILE_ID, key=_TEXT, prefix=_TEXT, name=_TEXT, version=_TEXT
)
_CHOICE: Final[Schema] = {"enum": ["fail", "skip"]}

ASKED_FOR: Final = _answer(
    {
        "onMissing": _CHOICE,
        "onUnreadable": _CHOICE,
        "names": {"enum": ["key", "own"]},
        "fresh": {"type": "boolean"},
    },
    fileIds={"type": "array", "items": _FILE_ID},
    keys={"type": "array", "items": _TEXT},
    prefix=_TEXT,
    files={"type": "array", "items": _ONE_OF_FILES},
    source=_TEXT,
    names={"enum": ["key", "own"]},
    format={**_FORMAT, "description": "Not there for a zip."},
    compression={"enum": list(COMPRESSIONS["zip"])},
    split=_COUNT,
    filename={**_TEXT, "description": "The name that somebody has given the archive, if any."},
)

NOTIFICATIONS: Final = _answer({"notifications": _NOTIFICATIONS})

RECEIVERS: Final = _answer(
    {
        "webhook": {
            **_optional(
                _answer(
                    {
                        "hosts": {
                            "type": "array",
                            "description": "Where webhooks may go. `*.` stands for the beginning "
                            "of a name, `*` for every host. Without a port it is 443.",
                            "items": _TEXT,
                        }
                    }
                )
            ),
            "description": "Null if the stack sends none.",
        },
        "mail": {
            **_optional(
                _answer(
                    {
                        "address": _optional({**_TEXT, "description": "The caller's own."}),
                        "to": {
                            "type": "array",
                            "description": "The addresses that may be told besides. `@` and a "
                            "domain stands for all of its addresses.",
                            "items": _TEXT,
                        },
                    }
                )
            ),
            "description": "Null if the stack sends none, or none that this caller may ask for.",
        },
    }
)

EVENT_STREAM: Final[Schema] = {
    "type": "string",
    "description": "Server-sent events: one at most, and then the stream ends. The event's type is "
    "the job's status, its data a Job as JSON, in which a list of files that are not in the "
    "archive is null if it is long. The field retry says in how many milliseconds to connect "
    "again.",
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
        "source": {**_TEXT, "description": "The name of the source that is listed."},
        "sources": {
            "type": "array",
            "description": "The names of all sources. The first is the default one.",
            "items": _TEXT,
        },
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
                    "unreadable": {
                        **_optional(_answer(_WHY)),
                        "description": "Why it cannot be exported, as far as a listing tells.",
                    },
                }
            ),
        },
        "cursor": _optional({**_TEXT, "description": "For the next page; null on the last."}),
    }
)

_LIMITS: Final[dict[str, str]] = {
    "entries": "Rows of a request: ids, keys, or `files`.",
    "listedFiles": "Files that the prefixes of `files` may find.",
    "bodyBytes": "Bytes of a request.",
    "archiveBytes": "Bytes of an archive; with `split`, of all archives together, unless files "
    "are compressed.",
    "filesPerJob": "Files of an export, if the stack has such a limit.",
    "bytesPerJob": "Bytes of the files of an export, if the stack has such a limit.",
    "bytesLeftToday": "Bytes that the caller may still export on this day (UTC), if there is such "
    "a limit.",
}
ESTIMATE: Final = _answer(
    {
        "files": _COUNT,
        "bytes": _COUNT,
        "seconds": {
            **_COUNT,
            "description": "About how long such an export takes on AWS, if its files have about "
            "the same size.",
        },
        "limits": _answer(
            {
                name: {**_optional(_COUNT), "description": f"{said} Null: no limit."}
                for name, said in _LIMITS.items()
            }
        ),
        "exceeded": {
            "type": "array",
            "description": "The limits that such an export would exceed.",
            "items": _answer(
                {
                    "limit": {"enum": list(_LIMITS)},
                    "most": _COUNT,
                    "detail": {**_TEXT, "description": "The same for people."},
                }
            ),
        },
    }
)

_READY: Final[Schema] = {"jobId": _JOB_ID, "status": {"const": "ready"}}

DOWNLOAD: Final[Schema] = {
    "description": "Of several archives, without `archive` and `index`: the list of them.",
    "oneOf": [
        _answer(
            {
                **_READY,
                "downloadUrl": {
                    **_URL,
                    "description": "A presigned link straight to S3: GET it for the archive's "
                    "bytes.",
                },
                "expiresIn": {**_COUNT, "description": "Seconds."},
                "filename": {**_TEXT, "description": "The name that it is saved under."},
                "message": _TEXT,
            }
        ),
        _answer(
            {
                **_READY,
                "archives": {
                    "type": "array",
                    "description": "All archives, in their order.",
                    "minItems": 2,
                    "items": _answer(
                        {
                            "archive": {**_COUNT, "description": "Its number, from 1."},
                            "filename": {**_TEXT, "description": "Its name when it is saved."},
                            "size": {**_COUNT, "description": "Bytes."},
                            "downloadUrl": {
                                **_URL,
                                "description": "GET it and follow redirects: these are the "
                                "archive's bytes.",
                            },
                            "linkUrl": {
                                **_URL,
                                "description": "Answers with a link to this archive, as JSON.",
                            },
                        }
                    ),
                },
                "message": _TEXT,
            }
        ),
    ],
}

TOTALS: Final = _answer(
    {
        "prefix": {**_TEXT, "description": "What was asked for."},
        "source": {**_TEXT, "description": "The name of the source."},
        "files": {
            **_COUNT,
            "description": "Files that an export takes, as far as a listing tells: those that were "
            "counted for this answer.",
        },
        "bytes": {**_COUNT, "description": "How many bytes these files have."},
        "unreadableFiles": {
            **_COUNT,
            "description": "Files besides that cannot be exported, as far as a listing tells.",
        },
        "cursor": _optional(
            {
                **_TEXT,
                "description": "There are more files: ask again with it, and add the answers up. "
                "Null if all are counted.",
            }
        ),
    }
)

_CHECKED: Final[Schema] = {
    "available": {"type": "boolean", "description": "Whether it is there and can be read."},
    "s3Key": _optional(_TEXT),
    "size": _optional({**_COUNT, "description": "Bytes."}),
    "name": _optional(
        {
            **_TEXT,
            "description": "What it is called in an archive that has no other file of that name; "
            "null if S3 does not tell.",
        }
    ),
    "reason": _optional(_WHY["reason"]),
    "detail": _optional(_WHY["detail"]),
}

_ONCE_SPELLED: Final[Schema] = {
    **_FILE,
    "deprecated": True,
    "description": "The same, as it was once spelled.",
}

CHECK_ANSWER: Final[Schema] = {
    "description": "For fileIds or keys a list: each once, in their order.",
    "oneOf": [
        _answer({"files": {"type": "array", "items": _answer({"file": _FILE, **_CHECKED})}}),
        _answer({"fileId": _FILE, "file_id": _ONCE_SPELLED, **_CHECKED}),
    ],
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

# Of what a job fails for, a request is refused for a quota alone.
_PROBLEM_TYPES: Final = sorted(
    {*_types(errors.LonghaulError)}.difference(
        _types(errors.JobFailed), [type_uri(errors.PlanReplaced.slug)]
    ).union(_types(errors.QuotaExceeded))
)

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {
            **_URL,
            "enum": [*_PROBLEM_TYPES, "about:blank"],
            "description": "Decide by this. A later version may have more of them: take one that "
            "you do not know by its status. For about:blank the request did not reach the stack's "
            "functions.",
        },
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": {**_TEXT, "description": "The same for people, in English."},
        "requestId": {**_TEXT, "description": "For the operator: the log has it too."},
        "errors": {
            "type": "array",
            "description": "What is wrong with a request, the first 20 at most. A pointer is a "
            "JSON pointer into the body, or the name of a header or parameter.",
            "items": _answer({"pointer": _TEXT, "detail": _TEXT}),
        },
    },
    "required": ["type", "title", "status", "detail", "requestId"],
}
