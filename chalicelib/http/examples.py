"""Examples of requests and answers, as the OpenAPI document shows them.
tests/integration/test_examples.py compares them with what the API really answers."""

import json
from typing import Any, Final

from chalicelib.http import schemas
from chalicelib.http.example_values import (
    BASE,
    CREATED,
    EXPIRES,
    JOB_ID,
    JOB_URL,
    LINK,
    SHARE_ID,
    TICKET,
    TOMORROW,
    TRACE_ID,
    UPDATED,
    WEBHOOK,
)

Example = dict[str, Any]
Examples = dict[str, Example]

SELECTION: Final = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.bWFkZSB1cA"
"""A selection for nothing, signed with no key."""


def _shown(summary: str, value: Any) -> Example:
    return {"summary": summary, "value": value}


def requests(*, by_number: bool) -> dict[str, Examples]:
    """Returns the examples of bodies, by operation. `by_number`: ids are whole numbers. Where they
    are not, no example has an id: only the stack's operator knows what one looks like."""
    return {
        "createExport": (_BY_ID if by_number else {})
        | _ALWAYS
        | {"selection": _shown("What your backend has signed", {"selection": SELECTION})},
        "renameExport": {"another": _shown("Another name", {"filename": "March.zip"})},
        "retryExport": {
            "same": _shown("The same again", {}),
            "skip": _shown("Without the files that are missing", {"onMissing": "skip"}),
        },
        "shareExport": {
            "day": _shown("For a day", {}),
            "hour": _shown("For an hour", {"expiresIn": 3600}),
        },
        "notifyAgain": {
            "all": _shown("All who were told, once more", {}),
            "webhook": _shown("One more webhook", {"url": WEBHOOK}),
            "mail": _shown("A mail", {"email": "ann@example.com"}),
        },
        "checkAvailability": (_CHECK_BY_ID if by_number else {})
        | {"keys": _shown("By key", {"keys": ["downloads/10001", "downloads/10003"]})},
    }


_BY_ID: Final = {
    "ids": _shown("Files by id", schemas.EXAMPLES[0]),
    "named": _shown("Files by id, with names of their own", schemas.EXAMPLES[1]),
}
_ALWAYS: Final = {
    "folders": _shown("Files and folders by key", schemas.EXAMPLES[2]),
    "prefix": _shown("A whole folder", {"prefix": "downloads/", "names": "own"}),
    "compressed": _shown(
        "A tar.gz, without compressing again what is compressed already",
        {"prefix": "downloads/", "format": "tar.gz", "compression": "auto"},
    ),
    "split": _shown(
        "Archives of at most 4 GB each", {"prefix": "downloads/", "split": 4_000_000_000}
    ),
    "told": _shown(
        "And tell a webhook when it is done",
        {"prefix": "downloads/", "notify": {"url": WEBHOOK}},
    ),
}
_CHECK_BY_ID: Final = {
    "id": _shown("One file", {"fileId": 10001}),
    "ids": _shown("Several files", {"fileIds": [10001, 10003]}),
}

_ACCEPTED: Final = {
    "jobId": JOB_ID,
    "status": "queued",
    "totalFiles": 2,
    "message": "The export is queued; follow statusUrl.",
    "statusUrl": JOB_URL,
    "sseUrl": f"{JOB_URL}/progress",
    "downloadUrl": f"{JOB_URL}/download?redirect=true",
    "linkUrl": f"{JOB_URL}/download",
    "traceId": TRACE_ID,
}


def _progress(percent: int, stage: str, message: str, eta: int | None, size: int) -> Example:
    """Returns the progress of two files, of which one is there half way."""
    return {
        "percent": percent,
        "currentFile": percent // 50,
        "totalFiles": 2,
        "bytesDone": size * percent // 100,
        "bytesTotal": size,
        "stage": stage,
        "message": message,
        "etaSeconds": eta,
    }


def _job(status: str, progress: Example, result: Example | None, error: Example | None) -> Example:
    return {
        "jobId": JOB_ID,
        "filename": "March.zip",
        "format": "zip",
        "archives": 1,
        "status": status,
        "progress": progress,
        "result": result,
        "error": error,
        "createdAt": CREATED,
        "updatedAt": UPDATED,
        "expiresAt": EXPIRES,
        "traceId": TRACE_ID,
    }


def _result(skipped: list[Example]) -> Example:
    return {
        "s3Key": f"archives/{JOB_ID}.zip",
        "fileSize": _SIZE,
        "processedFiles": 2 - len(skipped),
        "totalFiles": 2,
        "missing": [one["file"] for one in skipped],
        "skipped": skipped,
        "downloadUrl": f"{JOB_URL}/download?redirect=true",
        "linkUrl": f"{JOB_URL}/download",
        "indexUrl": None,
    }


_SIZE: Final = 78_244_607
_MISSING: Final = {"file": 10003, "reason": "missing", "detail": "does not exist"}
_DONE: Final = _progress(100, "done", "The archive is ready.", None, _SIZE)
_QUEUED: Final = _job(
    "queued", _progress(0, "queued", "Waiting for a worker.", None, 0), None, None
)
_COMPLETED: Final = _job("completed", _DONE, _result([]), None)
_FAILED: Final = _job(
    "failed",
    _progress(0, "planning", "The export failed.", None, 0),
    None,
    {
        "type": "urn:problem-type:longhaul:source-missing",
        "title": "A source file is missing",
        "detail": "1 of 2 files do not exist: 10003. Leave them out, or have what is missing "
        "skipped.",
        "remedies": ["skip-missing", "edit"],
        "affectedFiles": 1,
        "affected": [_MISSING],
    },
)
_CANCELLED: Final = _job(
    "cancelled", _progress(0, "queued", "The export was cancelled.", None, 0), None, None
)
_NOTICES: Final = [
    {
        "kind": "webhook",
        "to": WEBHOOK,
        "status": "pending",
        "attempts": 0,
        "lastError": None,
        "nextAttemptAt": None,
    }
]
_SHARE: Final = {"id": SHARE_ID, "createdAt": CREATED, "expiresAt": TOMORROW}
_FILE: Final = {
    "available": True,
    "s3Key": "downloads/10001",
    "size": 53_227_520,
    "name": "March.pdf",
    "reason": None,
    "detail": None,
}
_NO_FILE: Final = {
    "available": False,
    "s3Key": None,
    "size": None,
    "name": None,
    "reason": "missing",
    "detail": "does not exist",
}


def _volume(number: int, size: int) -> Example:
    """Returns one of two archives."""
    url = f"{JOB_URL}/download?archive={number}"
    return {
        "archive": number,
        "filename": f"March-{number}-of-2.zip",
        "size": size,
        "downloadUrl": f"{url}&redirect=true",
        "linkUrl": url,
    }


ANSWERS: Final[dict[tuple[str, int], Examples]] = {
    ("createExport", 202): {
        "queued": _shown("A new job", _ACCEPTED),
        "ticket": _shown(
            "A new job of a selection, with its ticket",
            _ACCEPTED | {"ticket": TICKET, "ticketExpiresAt": EXPIRES},
        ),
    },
    ("listExports", 200): {
        "page": _shown("The last page", {"jobs": [_COMPLETED], "cursor": None}),
        "more": _shown("There are more", {"jobs": [_COMPLETED], "cursor": "WzE3ODAwMDAwMDBd"}),
    },
    ("getExport", 200): {
        "queued": _shown("It waits", _QUEUED),
        "processing": _shown(
            "It is half done",
            _job(
                "processing",
                _progress(50, "assembling", "Building the archive: 1 of 2 files.", 3, _SIZE),
                None,
                None,
            ),
        ),
        "completed": _shown("It is done", _COMPLETED),
        "skipped": _shown(
            "It is done, and a file was left out",
            _job("completed", _DONE | {"currentFile": 1}, _result([_MISSING]), None),
        ),
        "failed": _shown("It has failed, and can be mended", _FAILED),
        "told": _shown("Somebody is told of its end", _QUEUED | {"notifications": _NOTICES}),
    },
    ("renameExport", 200): {"renamed": _shown("With its new name", _COMPLETED)},
    ("cancelExport", 202): {"cancelled": _shown("It is cancelled", _CANCELLED)},
    ("watchExport", 200): {
        "event": _shown(
            "Its state has changed",
            "retry: 1000\nid: 23cf0dfc6614fb9a\nevent: completed\n"
            f"data: {json.dumps(_COMPLETED)}\n\n",
        ),
        "nothing": _shown("Nothing is new", "retry: 1000\n: nothing new\n"),
    },
    ("retryExport", 202): {"queued": _shown("A new job", _ACCEPTED)},
    ("exportRequest", 200): {
        "ids": _shown(
            "What was asked for",
            {
                "fileIds": [10001, 10002],
                "source": "default",
                "filename": "March.zip",
                "onMissing": "skip",
                "onUnreadable": "fail",
                "names": "key",
                "fresh": False,
            },
        )
    },
    ("downloadArchive", 200): {
        "link": _shown(
            "A link",
            {
                "jobId": JOB_ID,
                "status": "ready",
                "downloadUrl": LINK,
                "expiresIn": 900,
                "filename": "March.zip",
                "message": "Download within 900 seconds, or ask for a new link.",
            },
        ),
        "several": _shown(
            "Several archives",
            {
                "jobId": JOB_ID,
                "status": "ready",
                "archives": [_volume(1, 4_000_000_000), _volume(2, 1_244_607)],
                "message": "The files are in 2 archives. Ask for a link to each, with archive=1 "
                "to 2.",
            },
        ),
    },
    ("shareExport", 201): {
        "share": _shown(
            "A link for a day",
            _SHARE | {"ticket": TICKET, "url": f"{BASE}/#/jobs/{JOB_ID}?ticket={TICKET}"},
        )
    },
    ("listShares", 200): {"shares": _shown("One link", {"shares": [_SHARE]})},
    ("notifyAgain", 202): {
        "pending": _shown("It is told when the job ends", {"notifications": _NOTICES})
    },
    ("listReceivers", 200): {
        "both": _shown(
            "Webhooks, and mail to some",
            {
                "webhook": {"hosts": ["hooks.example.com"]},
                "mail": {"address": "ann@example.com", "to": ["@example.org"]},
            },
        ),
        "neither": _shown("Nobody can be told", {"webhook": None, "mail": None}),
    },
    ("listFiles", 200): {
        "top": _shown(
            "Folders",
            {
                "source": "default",
                "sources": ["default"],
                "topPrefix": "",
                "prefix": "",
                "folders": [{"name": "downloads", "prefix": "downloads/"}],
                "files": [],
                "cursor": None,
            },
        ),
        "folder": _shown(
            "Files",
            {
                "source": "default",
                "sources": ["default"],
                "topPrefix": "",
                "prefix": "downloads/",
                "folders": [],
                "files": [
                    {
                        "name": "10001",
                        "key": "downloads/10001",
                        "size": 53_227_520,
                        "lastModified": CREATED,
                        "unreadable": None,
                    }
                ],
                "cursor": None,
            },
        ),
    },
    ("countFiles", 200): {
        "all": _shown(
            "All are counted",
            {
                "prefix": "downloads/",
                "source": "default",
                "files": 182,
                "bytes": 854_323,
                "unreadableFiles": 0,
                "cursor": None,
            },
        )
    },
    ("estimateExport", 200): {
        "fits": _shown(
            "It fits",
            {
                "files": 5_200,
                "bytes": 73_000_000_000,
                "seconds": 19,
                "limits": {
                    "entries": 10_000,
                    "listedFiles": 1_000_000,
                    "bodyBytes": 2_097_152,
                    "archiveBytes": 53_687_091_200_000,
                    "filesPerJob": None,
                    "bytesPerJob": None,
                    "bytesLeftToday": None,
                },
                "exceeded": [],
            },
        )
    },
    ("checkAvailability", 200): {
        "one": _shown("One file", {"fileId": 10001, "file_id": 10001, **_FILE}),
        "several": _shown(
            "Several files", {"files": [{"file": 10001, **_FILE}, {"file": 10003, **_NO_FILE}]}
        ),
    },
    ("eraseUser", 200): {"erased": _shown("All are deleted", {"deletedJobs": 3, "more": False})},
    ("health", 200): {
        "healthy": _shown(
            "All is well",
            {
                "status": "healthy",
                "checks": {"storage": "ok", "database": "ok", "queue": "ok"},
            },
        )
    },
    ("health", 503): {
        "unhealthy": _shown(
            "The table does not answer",
            {
                "status": "unhealthy",
                "checks": {"storage": "ok", "database": "error", "queue": "ok"},
            },
        )
    },
    ("protectedResource", 200): {
        "issuer": _shown(
            "An OpenID provider",
            {
                "resource": BASE,
                "authorization_servers": ["https://id.example.com"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["openid", "profile"],
                "longhaul_client_id": "longhaul",
                "longhaul_audience": "longhaul",
            },
        )
    },
    ("openapi", 200): {
        "short": _shown(
            "The beginning of it",
            {"openapi": "3.1.0", "info": {"title": "Longhaul", "version": "1.0.0"}, "paths": {}},
        )
    },
}

HEADERS: Final = {
    "Location": JOB_URL,
    "Retry-After": "1",
    "ETag": '"b1404b703c274a29543a"',
    "Preference-Applied": "wait=2",
    "WWW-Authenticate": 'Bearer realm="longhaul", error="invalid_token", error_description="the '
    'token has expired"',
    "RateLimit-Limit": "60",
    "RateLimit-Remaining": "59",
    "RateLimit-Reset": "1",
}
"""A value of each header that an answer may have."""

REDIRECT: Final = LINK
"""Where downloadArchive leads with redirect=true."""
