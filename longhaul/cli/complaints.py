"""Prints an error for people: what went wrong, and what they can do about it."""

import os
import shlex
from collections.abc import Iterator
from typing import Final

import click

from longhaul import errors
from longhaul.cli import access
from longhaul.cli.options import PROGRAM
from longhaul.cli.screen import echo
from longhaul.printable import shown

_FIELDS_SHOWN: Final = 10

_HINTS: Final[tuple[tuple[type[errors.LonghaulError], str], ...]] = (
    (errors.Unreachable, "Does the network work, and is --url or LONGHAUL_URL right?"),
    (
        errors.Untrusted,
        "If your network has its own certificates, this machine must trust their authority: "
        "SSL_CERT_FILE can name its file.",
    ),
    (
        errors.UnexpectedAnswer,
        "Is --url or LONGHAUL_URL the API's base URL, without /v1? Does a login page or a proxy "
        "answer instead?",
    ),
    (errors.InvalidRequest, "Correct the command line."),
    (errors.NotFound, "`longhaul list` shows your jobs."),
    (errors.Expired, "Export it again: `longhaul retry JOB`."),
    (errors.RequestGone, "Name the files again: `longhaul export FILE...`."),
    (errors.TooManyJobs, "`longhaul list` shows them, `longhaul cancel JOB` ends one."),
    (errors.RateLimited, "Ask less often, or with a longer --patience."),
    (errors.QuotaExceeded, "Name fewer files, or try again when the limit ends."),
    (errors.Unavailable, "Try again later."),
    (errors.BrokenArchive, "Download it again. If it is still broken, export it again."),
    (errors.CannotSave, "Choose another place with -o, or replace the file with --force."),
)
_OF_JOBS: Final = {
    "urn:problem-type:longhaul:not-ready": "With --wait, the command waits for it.",
    "urn:problem-type:longhaul:already-ended": "`longhaul status JOB` shows how it ended.",
    "urn:problem-type:longhaul:no-notifications": "Name who: `longhaul notify JOB URL_OR_EMAIL`.",
    "urn:problem-type:longhaul:idempotency-key-reused": "Leave out --idempotency-key, or use "
    "another one.",
}
"""What to type if a job, or the one of an Idempotency-Key, is not as the command needs it."""

_LEFT_OUT: Final = {
    "source-missing": "To leave out what does not exist, export with `--on-missing skip`.",
    "source-unreadable": "To leave out what cannot be read, export with `--on-unreadable skip`.",
}
"""What to type if a job failed because of some files."""


def complain(error: errors.LonghaulError) -> None:
    """Prints the error on standard error."""
    text = str(error)
    if isinstance(error, errors.NotSignedIn) and not error.sent:
        text = "You are not signed in."
    echo(f"{click.style('✗', fg='red', bold=True)} {shown(text)}")
    for line in _more(error):
        echo(f"  {line}")
    for note in getattr(error, "__notes__", ()):
        echo(note)


def _more(error: errors.LonghaulError) -> Iterator[str]:
    if isinstance(error, errors.Refused):
        problem = error.problem
        if len(problem.errors) > 1:  # a single one is in the sentence already
            yield from (shown(f"{e.pointer}: {e.detail}") for e in problem.errors[:_FIELDS_SHOWN])
        if len(problem.errors) > _FIELDS_SHOWN:
            yield f"and {len(problem.errors) - _FIELDS_SHOWN} more"
        if any(e.pointer.startswith("/file_ids") for e in problem.errors):
            yield "For keys, use --keys."
        if problem.request_id:
            yield shown(f"Request {problem.request_id}")
        yield from filter(None, [_OF_JOBS.get(problem.type)])
    if isinstance(error, errors.JobFailed):
        yield from filter(None, [_LEFT_OUT.get(error.kind)])
        yield f"To try once more: `longhaul retry {shown(error.job.job_id)}`."
    if isinstance(error, errors.NotPermitted):
        yield from _who_asks(error)
    hint = next((words for kind, words in _HINTS if isinstance(error, kind)), None)
    if hint:
        yield hint


def _who_asks(error: errors.NotPermitted) -> Iterator[str]:
    if error.sent == "selection":
        yield "Ask for a new selection where this one comes from."
    elif error.sent == "ticket" and isinstance(error, errors.NotSignedIn):
        yield "The link has expired, was revoked, or is for another job. Ask for a new one."
    elif isinstance(error, errors.NotSignedIn):
        yield from _how_to_sign_in(error)
    elif error.sent == "token":
        yield "`longhaul whoami` says who you are."


def _how_to_sign_in(error: errors.NotSignedIn) -> Iterator[str]:
    is_given = bool(access.given_token())
    if is_given and error.sent:
        yield f"{access.VARIABLE} must be a valid token for this API."
    elif is_given:
        yield f"{access.VARIABLE} is sent only to the API that --url or LONGHAUL_URL names."
    elif not error.offers_login:
        yield f"This API offers no sign-in. If it takes tokens, set {access.VARIABLE} to one."
    if error.offers_login:
        is_known = os.environ.get("LONGHAUL_URL", "").rstrip("/") == error.api
        more = [] if is_known else ["--url", error.api]
        verb = "Or unset it and run" if is_given else "Run"
        yield f"{verb}: {shlex.join([PROGRAM, 'login', *more])}"
