"""The exit codes, for scripts."""

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
DENIED: Final = 8
PARTIAL: Final = 9
INTERRUPTED: Final = 130

PIPE_CLOSED: Final = 141
"""The code that a shell reports for a program that SIGPIPE has ended."""

MEANINGS: Final = {
    OK: "the command succeeded",
    FAILED: "the job failed or was cancelled; with --dry-run: it would fail",
    USAGE: "the command line or the request is wrong",
    NOT_FOUND: "no such job or file, the archive has expired, or check says no",
    UNREACHABLE: "no answer from the API or S3, or an answer from something else",
    BROKEN: "the archive is broken",
    NOT_NOW: "not possible now: because of the job's state, or a limit",
    CANNOT_SAVE: "the file cannot be written, or exists already",
    DENIED: "not signed in, or not permitted",
    PARTIAL: "the archive lacks files that were asked for; with --dry-run: it would",
    INTERRUPTED: "Ctrl-C, which cancels no job; or the answer no, where a command asks",
}

# The first match counts.
_CODES: Final[tuple[tuple[type[errors.LonghaulError], int], ...]] = (
    (errors.JobFailed, FAILED),
    (errors.NotFound, NOT_FOUND),
    (errors.Expired, NOT_FOUND),
    (errors.RequestGone, NOT_FOUND),
    (errors.NotPossibleNow, NOT_NOW),
    (errors.TooManyJobs, NOT_NOW),
    (errors.RateLimited, NOT_NOW),
    (errors.QuotaExceeded, NOT_NOW),
    (errors.NotPermitted, DENIED),
    (errors.SignInFailed, DENIED),
    (errors.CannotKeep, DENIED),
    (errors.Unavailable, UNREACHABLE),
    (errors.Refused, USAGE),
    (errors.BrokenArchive, BROKEN),
    (errors.CannotSave, CANNOT_SAVE),
)


def of(error: errors.LonghaulError) -> int:
    """Returns the exit code for an error of `longhaul.errors`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNREACHABLE)
