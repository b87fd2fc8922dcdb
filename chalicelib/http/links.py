"""Which answer of the API leads to which request, as the OpenAPI document says it.
https://spec.openapis.org/oas/v3.1.0#link-object"""

from typing import Any, Final

Link = dict[str, Any]

_OF_A_JOB: Final = (
    "getExport",
    "watchExport",
    "downloadArchive",
    "retryExport",
    "shareExport",
    "listShares",
    "notifyAgain",
    "renameExport",
    "exportRequest",
    "cancelExport",
)
_JOB: Final = {"job_id": "$response.body#/jobId"}
_FIRST_JOB: Final = {"job_id": "$response.body#/jobs/0/jobId"}
_SAME_JOB: Final = {"job_id": "$request.path.job_id"}
_SOURCE: Final = {"source": "$response.body#/source"}
_FOLDER: Final = {**_SOURCE, "prefix": "$response.body#/folders/0/prefix"}
_SAME_FOLDER: Final = {**_SOURCE, "prefix": "$response.body#/prefix"}
_CURSOR: Final = {"cursor": "$response.body#/cursor"}


def _to(operation_id: str, said: str, parameters: dict[str, str], body: Any = None) -> Link:
    link: Link = {"operationId": operation_id, "description": said}
    if parameters:
        link["parameters"] = parameters
    return link if body is None else {**link, "requestBody": body}


def _of_a_job(parameters: dict[str, str], *left_out: str) -> dict[str, Link]:
    return {
        name: _to(name, "With the job's id.", parameters)
        for name in _OF_A_JOB
        if name not in left_out
    }


_OF_ITS_USER: Final = {
    "listExports": _to(
        "listExports", "Where the request names a user.", {"userId": "$request.body#/userId"}
    ),
    "eraseUser": _to(
        "eraseUser", "Where the request names a user.", {"user_id": "$request.body#/userId"}
    ),
}

_LINKS: Final[dict[tuple[str, int], dict[str, Link]]] = {
    ("createExport", 202): _of_a_job(_JOB) | _OF_ITS_USER,
    ("retryExport", 202): _of_a_job(_JOB),
    ("listExports", 200): {
        **_of_a_job(_FIRST_JOB),
        "nextPage": _to("listExports", "Null on the last page.", _CURSOR),
    },
    ("getExport", 200): {
        **_of_a_job(_JOB, "getExport"),
        "whetherChanged": _to(
            "getExport",
            "Whether the job has changed since.",
            {**_JOB, "If-None-Match": "$response.header.ETag"},
        ),
    },
    ("renameExport", 200): {
        name: _to(name, "With its new name.", _JOB) for name in ("getExport", "downloadArchive")
    },
    ("cancelExport", 202): {
        **_of_a_job(_JOB),
        "listExports": _to("listExports", "The caller's other jobs.", {}),
    },
    ("exportRequest", 200): {
        "createExport": _to("createExport", "The same export once more.", {}, "$response.body"),
    },
    ("shareExport", 201): {
        "revokeShare": _to(
            "revokeShare", "The link itself.", {**_SAME_JOB, "share_id": "$response.body#/id"}
        ),
        "listShares": _to("listShares", "With the job's id.", _SAME_JOB),
    },
    ("listShares", 200): {
        "revokeShare": _to(
            "revokeShare",
            "The oldest link.",
            {**_SAME_JOB, "share_id": "$response.body#/shares/0/id"},
        ),
    },
    ("notifyAgain", 202): {
        "getExport": _to("getExport", "What has come of each, in notifications.", _SAME_JOB),
    },
    ("listFiles", 200): {
        "lookInside": _to("listFiles", "A folder of this one.", _FOLDER),
        "nextPage": _to("listFiles", "Null on the last page.", {**_SAME_FOLDER, **_CURSOR}),
        "countFolder": _to("countFiles", "A folder of this one.", _FOLDER),
        "countFiles": _to("countFiles", "This folder.", _SAME_FOLDER),
        "exportFile": _to(
            "createExport",
            "A file of this folder.",
            {},
            {**_SOURCE, "keys": ["$response.body#/files/0/key"]},
        ),
        "exportFolder": _to("createExport", "A folder of this one.", {}, _FOLDER),
        "checkFile": _to(
            "checkAvailability",
            "A file of this folder.",
            {},
            {**_SOURCE, "keys": ["$response.body#/files/0/key"]},
        ),
    },
    ("countFiles", 200): {
        "countRest": _to("countFiles", "Null if all are counted.", {**_SAME_FOLDER, **_CURSOR}),
        "estimateExport": _to(
            "estimateExport",
            "How long an export of them takes.",
            {"files": "$response.body#/files", "bytes": "$response.body#/bytes"},
        ),
    },
    ("eraseUser", 200): {
        "eraseUser": _to("eraseUser", "If there are more.", {"user_id": "$request.path.user_id"}),
    },
}


def of(operation_id: str, status: int) -> dict[str, Link]:
    """Returns the links of an answer by their names."""
    return _LINKS.get((operation_id, status), {})
