"""Prints an error for people: what went wrong, and what they can do about it."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

import click

from longhaul import errors
from longhaul.cli import access, inforce, phrases
from longhaul.cli.options import PROGRAM
from longhaul.cli.screen import echo
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Problem

_FIELDS_SHOWN: Final = 10
_OF_IDS: Final = ("/fileIds", "/file_ids")
_OF_FOLDER: Final = re.compile(r'"([^"\\]+/)" ')
"""How the API begins to say that a folder is no id."""
_OF_TOKENS: Final = ("the token", "this ticket", "this stack takes", "selection: the token")
"""How a text of the API begins that says what is wrong with a token."""

_HINTS: Final[tuple[tuple[type[errors.LonghaulError], str], ...]] = (
    (
        errors.Unreachable,
        "Does the network work, and is the URL right? `longhaul profiles` shows who has named it.",
    ),
    (
        errors.Untrusted,
        "If your network has its own certificates, this machine must trust their authority: "
        "SSL_CERT_FILE can name its file.",
    ),
    (
        errors.UnexpectedAnswer,
        "Is it the API's base URL, without /v1? Does a login page or a proxy answer instead? "
        "`longhaul profiles` shows who has named the URL.",
    ),
    (errors.NotFound, "`longhaul list` shows your jobs."),
    (errors.Expired, "Export it again: `longhaul retry JOB`."),
    (errors.RequestGone, "Name the files again: `longhaul export FILE...`."),
    (errors.TooManyJobs, "`longhaul list` shows them, `longhaul cancel JOB` ends one."),
    (errors.RateLimited, "Ask less often, or with a longer --patience."),
    (errors.QuotaExceeded, "Name fewer files, or try again when the limit ends."),
    (errors.Unavailable, "Try again later."),
    (
        errors.BrokenArchive,
        "Download it again. If it is still broken, build it anew: `longhaul export FILE... "
        "--fresh`.",
    ),
    (errors.CannotSave, "Choose another place with -o."),
)

_ANEW: Final = ("access_denied", "expired_token")
"""Why nobody was signed in, where another try can help (RFC 8628, section 3.5)."""


def complain(error: errors.LonghaulError) -> None:
    """Prints the error on standard error."""
    echo(f"{click.style('✗', fg='red', bold=True)} {shown(_sentence(error))}")
    for line in _more(error):
        echo(f"  {line}")
    for note in getattr(error, "__notes__", ()):
        echo(note)


def _sentence(error: errors.LonghaulError) -> str:
    if isinstance(error, errors.NotSignedIn):
        return _of_sign_in(error)
    if isinstance(error, errors.Refused):
        return phrases.sentence(error.problem)
    return phrases.without_numbers(str(error))


def _of_sign_in(error: errors.NotSignedIn) -> str:
    """Quotes the API only where it says what is wrong with the token: it speaks of headers."""
    if error.problem.type == "about:blank" and not error.problem.request_id:
        return str(error)  # It is not of the API, but of this program.
    if not error.sent:
        return "You are not signed in."
    detail = error.problem.detail.rstrip(".")
    if detail.startswith(_OF_TOKENS):
        return f"The API does not let you in: {detail}."
    return "The API does not let you in."


def _more(error: errors.LonghaulError) -> Iterator[str]:
    if isinstance(error, errors.Refused):
        problem = error.problem
        if len(problem.errors) > 1:  # a single one is in the sentence already
            faults = (phrases.fault(one.pointer, one.detail) for one in problem.errors)
            yield from map(shown, islice(faults, _FIELDS_SHOWN))
        if len(problem.errors) > _FIELDS_SHOWN:
            yield f"and {len(problem.errors) - _FIELDS_SHOWN} more"
        yield from _instead_of_ids(problem)
        if problem.request_id:
            yield shown(f"Request {problem.request_id}")
        yield from filter(None, [phrases.advice(problem)])
    if isinstance(error, errors.NotPermitted):
        yield from _who_asks(error)
    if isinstance(error, errors.SignInFailed) and error.reason in _ANEW:
        yield "To try again: `longhaul login`."
    hint = _hint(error)
    if hint:
        yield hint


def _instead_of_ids(problem: "Problem") -> Iterator[str]:
    """Yields what to write for what is no id: a folder, or a key."""
    of_ids = [one.detail for one in problem.errors if one.pointer.startswith(_OF_IDS)]
    folders = [found[1] for detail in of_ids if (found := _OF_FOLDER.match(detail))]
    if folders:
        yield f"For a folder: {PROGRAM} export --prefix {shlex.quote(shown(folders[0]))}"
    if len(of_ids) > len(folders):
        yield "For keys, use --keys."


def _hint(error: errors.LonghaulError) -> str | None:
    if isinstance(error, errors.NotFound) and phrases.is_unknown_command(error.problem):
        return None
    if isinstance(error, errors.NoSuchShare):
        return None  # The command says it, which knows the job.
    if isinstance(error, errors.CannotSave) and error.is_replaceable:
        return "Choose another place with -o, or replace the file with --force."
    if isinstance(error, errors.LinkRefused):
        return "Try again. If it fails again, tell the operator of the stack."
    return next((words for kind, words in _HINTS if isinstance(error, kind)), None)


def _who_asks(error: errors.NotPermitted) -> Iterator[str]:
    if error.sent == "selection":
        yield "Ask for a new selection where this one comes from."
    elif error.sent == "ticket" and isinstance(error, errors.NotSignedIn):
        yield "The link has expired, was revoked, or is for another job. Ask for a new one."
    elif isinstance(error, errors.NotSignedIn):
        yield from _how_to_sign_in(error)
    elif error.sent != "ticket":
        if error.sent == "token":
            yield "`longhaul whoami` says who you are."
        yield "If you need it, ask the operator of the stack."


def _how_to_sign_in(error: errors.NotSignedIn) -> Iterator[str]:
    is_given = bool(access.given_token())
    if is_given and error.sent:
        yield f"{access.VARIABLE} must be a valid token for this API."
    elif is_given:
        known = "--url, LONGHAUL_URL or a profile"
        yield f"{access.VARIABLE} is sent only to the API that {known} names."
    elif not error.offers_login:
        yield f"This API offers no sign-in. If it takes tokens, set {access.VARIABLE} to one."
    if error.offers_login:
        more = [] if _is_usual(error.api) else ["--url", error.api]
        verb = "Or unset it and run" if is_given else "Run"
        yield f"{verb}: {shlex.join([PROGRAM, 'login', *more])}"


def _is_usual(api: str) -> bool:
    """Whether a command line without options asks this API."""
    with suppress(click.ClickException):
        usual = inforce.resolved({}).configured
        return usual is not None and usual.rstrip("/") == api
    return False
