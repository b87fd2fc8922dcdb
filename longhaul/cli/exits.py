"""The exit codes, which scripts decide by."""

from typing import Final

from longhaul import errors

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
UNREACHABLE: Final = 4
BROKEN: Final = 5
NOT_NOW: Final = 6
CANNOT_SAVE: Final = 7
INTERRUPTED: Final = 130

PIPE_CLOSED: Final = 141
"""As a shell tells it of programs that SIGPIPE has ended."""

MEANINGS: Final = {
    OK: "it was done",
    FAILED: "the job failed or was cancelled",
    USAGE: "the command line or the request is wrong, or not permitted",
    NOT_FOUND: "no such job or file, or the archive has expired",
    UNREACHABLE: "no answer from the API or from S3, or not one of theirs",
    BROKEN: "the archive is broken",
    NOT_NOW: "this cannot be done now: the job's state, or too many open jobs",
    CANNOT_SAVE: "the file cannot be written, or is there already",
    INTERRUPTED: "Ctrl-C; the job goes on",
}


# The first that fits.
_CODES: Final[tuple[tuple[type[errors.LonghaulError], int], ...]] = (
    (errors.JobFailed, FAILED),
    (errors.NotFound, NOT_FOUND),
    (errors.Expired, NOT_FOUND),
    (errors.RequestGone, NOT_FOUND),
    (errors.NotPossibleNow, NOT_NOW),
    (errors.TooManyJobs, NOT_NOW),
    (errors.Unavailable, UNREACHABLE),
    (errors.Refused, USAGE),
    (errors.BrokenArchive, BROKEN),
    (errors.CannotSave, CANNOT_SAVE),
)


def of(error: errors.LonghaulError) -> int:
    """The exit code of a command that ended in this error of `longhaul.errors`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNREACHABLE)
