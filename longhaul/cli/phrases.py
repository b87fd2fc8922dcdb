"""What the command line says of each problem of the API: in words of options, as nobody has typed
an HTTP request. Pure.

The API's own `detail` is quoted where it names something: a file, a limit, a time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from longhaul.answers import Job, Problem

_PREFIX: Final = "urn:problem-type:longhaul:"

_OTHER_VERSION: Final = "Is it an older one? `longhaul --version` says the version of this program."


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said of a problem. `says` is a sentence without its end; empty: the problem's own
    title and detail. `advice` is what to do."""

    says: str = ""
    advice: str = ""


_PHRASES: Final = {
    "malformed-body": Phrase("The API could not read the request", _OTHER_VERSION),
    "unsupported-media-type": Phrase("The API could not read the request", _OTHER_VERSION),
    "method-not-allowed": Phrase("This API does not know this command", _OTHER_VERSION),
    "too-many-notifications": Phrase(advice="`longhaul status JOB` shows who they are."),
    "expired": Phrase("The archive is gone: it has expired, or somebody has deleted it"),
    "gateway-forbidden": Phrase("The API does not allow this"),
    "gateway-throttled": Phrase("The API gets too many requests at the moment"),
    "gateway-failed": Phrase(
        "The API did not answer in time, or has failed",
        "If it fails again, tell the operator of the stack.",
    ),
    "body-too-large": Phrase(
        "The list of files is too long for one export", "Name fewer files, or a --prefix."
    ),
    "idempotency-key-reused": Phrase(
        "The --idempotency-key was used before, for another export or for one that was deleted",
        "Leave out --idempotency-key, or use another one.",
    ),
    "no-notifications": Phrase(
        "Nobody is told of this job", "Name who: `longhaul notify JOB URL_OR_EMAIL`."
    ),
    "too-many-shares": Phrase(
        advice="`longhaul share JOB --list` shows them, `longhaul share JOB --revoke ID` ends one."
    ),
    "not-ready": Phrase(advice="With --wait, the command waits for it."),
    "already-ended": Phrase(advice="`longhaul status JOB` shows how it ended."),
    "not-ended": Phrase(advice="With --cancel, `longhaul delete JOB` cancels it first."),
    "request-gone": Phrase("What the job was asked for is not kept any more"),
    "internal-error": Phrase(
        "The API has failed", "If it fails again, tell the operator of the stack."
    ),
    "invalid-request": Phrase("The command line is not right"),
}
"""By the last part of the problem's type. Of all others, title and detail are said as they are."""

_OF_GATEWAY: Final = {
    403: "gateway-forbidden",
    404: "method-not-allowed",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "gateway-throttled",
}
"""What the gateway means that stands before the API: it knows statuses only."""

_SERVER_ERRORS: Final = range(500, 600)

_PLACES: Final = {
    "fileIds": "FILE",
    "fileId": "FILE",
    "keys": "--keys",
    "files": "--files",
    "prefix": "the prefix",
    "source": "--source",
    "filename": "the archive's name",
    "onMissing": "--on-missing",
    "onUnreadable": "--on-unreadable",
    "names": "--names",
    "fresh": "--fresh",
    "notify": "--notify",
    "url": "the URL",
    "email": "the mail address",
    "userId": "--user",
    "expiresIn": "--for",
    "selection": "--selection",
    "Idempotency-Key": "--idempotency-key",
    "limit": "--limit",
    "": "what was asked for",
}
"""What the fields of the API are in the command line."""

_FIELD: Final = re.compile(
    r"(?<![\w./-])(file_ids?|on_missing|on_unreadable|user_id|expires_in|fileIds?|onMissing|"
    r"onUnreadable|userId|expiresIn)(?![\w.-])"
)
_LEADING: Final = re.compile(r"^(?:[\w-]+)((?:/[\w~-]+)*): ")
_UNKNOWN: Final = "is not known; known are "
_OLDER: Final = "this API is older than that option, and does not know it"
_NO_ROUTE: Final = "/openapi.json"
_STATUS: Final = re.compile(
    r"\banswered [1-5]\d\d\b(?: [A-Z][A-Za-z' -]*?)?( with\b| to\b|(?=\.|$))"
)


def sentence(problem: "Problem") -> str:
    """Returns what to say of a problem, as one sentence."""
    kind = _kind(problem)
    if kind == "invalid-request":
        says = _PHRASES[kind].says
        if len(problem.errors) > 1:
            return f"{says}."
        one = problem.errors[0] if problem.errors else None
        why = fault(one.pointer, one.detail) if one else _translated(problem.detail.rstrip("."))
        return f"{says}: {why}."
    phrase = _PHRASES.get(kind, Phrase())
    if phrase.says:
        return f"{phrase.says}."
    says, detail = without_numbers(problem.title.rstrip(".")), _translated(problem.detail)
    detail = detail.rstrip(".")
    return f"{says}: {detail}." if detail and detail != says else f"{says}."


def is_unknown_command(problem: "Problem") -> bool:
    """Whether the API has no such route, and no job is missing."""
    return _kind(problem) == "method-not-allowed"


def advice(problem: "Problem") -> str:
    """Returns what to do about a problem; empty if there is nothing to say."""
    return _PHRASES.get(_kind(problem), Phrase()).advice


def fault(pointer: str, detail: str) -> str:
    """Returns what is wrong with one option, or with one of many FILEs."""
    first, *more = pointer.removeprefix("/").split("/")
    place = _PLACES.get(_camel(first), first)
    if more and more[0].isdigit():
        place = f"{place} number {int(more[0]) + 1}"
        more = more[1:]
    if more:
        place = ", ".join([place, *(_PLACES.get(_camel(one), one) for one in more)])
    if detail.startswith(_UNKNOWN):
        return f"{place}: {_OLDER}"
    return f"{place}: {_translated(detail.rstrip('.'))}"


def without_numbers(text: str) -> str:
    """Returns the text without the status of an HTTP answer."""
    return _STATUS.sub(lambda found: f"answered{found[1] or ' with an error'}", text)


def _kind(problem: "Problem") -> str:
    if problem.type == "about:blank" and problem.request_id:
        failed = "gateway-failed" if problem.status in _SERVER_ERRORS else ""
        return _OF_GATEWAY.get(problem.status, failed)
    kind = problem.type.removeprefix(_PREFIX) if problem.type.startswith(_PREFIX) else ""
    is_route = kind == "not-found" and _NO_ROUTE in problem.detail
    return "method-not-allowed" if is_route else kind


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _translated(detail: str) -> str:
    """Returns the detail with options in place of fields, and without the field it begins with."""
    begin = _LEADING.match(detail)
    if begin and _camel(detail.partition(":")[0].partition("/")[0]) in _PLACES:
        detail = detail[begin.end() :]
    text = _FIELD.sub(lambda found: _PLACES[_camel(found[0])], detail)
    return text.replace("export with fresh", "export with --fresh")


# -- jobs that have failed -------------------------------------------------------------------------

_SKIPS: Final = {"skip-missing": "--on-missing skip", "skip-unreadable": "--on-unreadable skip"}
_OLD_REMEDIES: Final = {
    "source-missing": ("skip-missing", "edit"),
    "source-unreadable": ("skip-unreadable", "edit"),
    "nothing-to-export": ("edit",),
    "limit-exceeded": ("edit",),
    "quota-exceeded": ("edit",),
}
"""What can help, for an API that does not say it. All else can be tried again."""


def remedies(job: "Job", retry: str) -> Iterator[str]:
    """Yields what can help a job that has ended without an archive. `retry` is the command line
    that tries it again."""
    error = job.error
    known: tuple[str, ...] = ("retry",)
    if error:
        kind = error.type.rpartition(":")[2]
        known = error.remedies or _OLD_REMEDIES.get(kind, ("retry", "edit"))
    skips = [_SKIPS[one] for one in known if one in _SKIPS]
    if skips:
        yield f"To leave these files out: {' '.join([retry, *skips])}"
    if "retry" in known:
        yield f"To try again: {retry}"
    if "edit" in known:
        yield "To export other files: longhaul export FILE..."
