"""What the OpenAPI document says of each operation, and how they are grouped."""

from typing import Final

TAGS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "Exports": (
        "Ask for an archive, watch it grow, download it.",
        (
            *("createExport", "listExports", "getExport", "watchExport", "downloadArchive"),
            *("cancelExport", "renameExport", "exportRequest", "retryExport"),
        ),
    ),
    "Files": (
        "What there is to export, and what an export of it would take.",
        ("listFiles", "countFiles", "estimateExport", "checkAvailability"),
    ),
    "Sharing": (
        "Links by which others get an archive, for a time.",
        ("shareExport", "listShares", "revokeShare"),
    ),
    "Notifications": (
        "Who is told of a job's end.",
        ("listReceivers", "notifyAgain"),
    ),
    "Administration": ("For the operators of a stack.", ("eraseUser",)),
    "Stack": (
        "The stack itself. Nobody has to prove who they are for these.",
        ("health", "openapi", "protectedResource"),
    ),
}

_DESCRIPTIONS: Final = {
    "createExport": "Answers at once with a job, which builds the archive. The body names files by "
    "`fileIds`, `keys`, `prefix` or `files`. Or it has a `selection`, which your backend has "
    "signed: this is proof enough, needs no token, and is answered with a `ticket` for the job."
    "\n\nSend an `Idempotency-Key`, and you can repeat the request until an answer arrives. If the "
    "same archive is there already, the job completes with it at once, unless `fresh` is true.",
    "listExports": "Page by page: `cursor` of one answer is the parameter of the next. Long lists "
    "of files are left out; ask for the job itself.",
    "getExport": "Ask again after `Retry-After`. With `If-None-Match`, an answer that has not "
    "changed is 304. With `Prefer: wait=N` it comes as soon as something changes.",
    "watchExport": "For EventSource, or for fetch. Each answer has at most one event, and ends. "
    "The caller connects again after `retry` milliseconds, with the id that it has seen last. 204 "
    "says that there is nothing left to wait for.",
    "downloadArchive": "The link works for some minutes, for everybody who has it. With "
    "`redirect=true` the answer leads there: a browser or `curl -LOJ` then saves the archive, "
    "straight from S3.\n\nThe files of an export with `split` may go to several archives. Then the "
    "answer lists them, and `archive=1` gives a link to the first. The archives stay the same.",
    "cancelExport": "Which of the two is meant can be said with `only`. A deleted job takes its "
    "share links with it, and its archive unless another job has it.",
    "renameExport": "The archive itself stays as it is. Other jobs that share it keep their names.",
    "exportRequest": "createExport takes the answer as it is, or changed.",
    "retryExport": "The old job stays as it is. `onMissing` and `onUnreadable` say what is to be "
    "left out this time; `format`, `compression` and `split`, what the archive is to be like.",
    "listFiles": "Without `prefix`, the top of what the caller may have. `folders` can be looked "
    "into, or exported as a `prefix`; the `key` of a file goes into `keys`.",
    "countFiles": "Counts for some seconds. If there are more files then, `cursor` goes on, and "
    "the answers are added up.",
    "estimateExport": "It looks at no file: say how many there are. `exceeded` names what would be "
    "refused.",
    "checkAvailability": "Up to 100 files, each of which is looked up. If one cannot be exported, "
    "`reason` says why.",
    "shareExport": "Whoever has the link sees the job and downloads its archive, without signing "
    "in, until the link expires or is revoked.",
    "listShares": "The links themselves are not shown again.",
    "revokeShare": "It stops working at once.",
    "notifyAgain": "With a body, one more is told. Without, all who are to be told are told once "
    "more. It may be called before the job has ended, and after.",
    "listReceivers": "Says which `url` and `email` `notify` takes.",
    "eraseUser": "As many as fit into one request: repeat it while `more` is true.",
    "health": "Reads from the bucket, the table and the queue. For load balancers.",
    "openapi": "The description that this reference is made of.",
    "protectedResource": "The OpenID provider whose tokens this stack takes (AUTH=jwt), for "
    "clients that sign people in.",
}

_TAG_OF: Final = {name: tag for tag, (_, names) in TAGS.items() for name in names}


def tag_of(operation_id: str) -> str:
    """Returns the group of an operation."""
    return _TAG_OF[operation_id]


def of(operation_id: str) -> str:
    """Returns what is said of an operation besides its summary."""
    return _DESCRIPTIONS[operation_id]
