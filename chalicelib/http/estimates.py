"""GET /v1/estimate: about how long an export takes, and what is too much, before it begins."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from chalicelib.archive import estimate as estimating
from chalicelib.archive.scale import MAX_ARCHIVE, MOST_ARCHIVES
from chalicelib.errors import invalid
from chalicelib.http import beyond, parse, schemas
from chalicelib.http.answers import Answer
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.faults import shown
from chalicelib.http.schemas import FILES_MAX, NATURAL_MAX, SPLIT_MAX, SPLIT_MIN
from chalicelib.jobs.request import ExportRequest
from chalicelib.services import Services
from chalicelib.sources.find import LISTED_MAX

_Name = TypeVar("_Name", bound=str)

_MOST: Final = {
    "entries": "a request may name {}",
    "listedFiles": "together they may have {}",
    "archiveBytes": "an archive may have {}",
    "filesPerJob": "an export may have {}",
    "bytesPerJob": "an export may have {}",
    "bytesLeftToday": "you may export {} more today",
}

_MOST_OF_ALL: Final = f"{MOST_ARCHIVES} archives of that size may have {{}}"

Limits = dict[str, int | None]
"""The most of each, by its name in the answer; None: there is no such limit."""


def estimate(call: Call, services: Services) -> Reply:
    """GET /v1/estimate: what is known of an export of so many files and bytes. It looks at no file.
    Raises InvalidRequest, and Unavailable."""
    files, size = _number(call, "files"), _number(call, "bytes")
    entries = _number(call, "entries", otherwise=1)
    form, split = _form(call), _split(call)
    user_id = call.caller.acting_for(parse.user_id(call.query))
    limits = _limits(services, user_id)
    if split:  # if files are compressed, nobody knows how many bytes they have then
        is_known = form.compressing == "none"
        limits["archiveBytes"] = split * MOST_ARCHIVES if is_known else None
    content = {
        "files": files,
        "bytes": size,
        "seconds": estimating.seconds(
            files, size, services.limits.layout, compressed=form.compressing != "none"
        ),
        "limits": limits,
        "exceeded": list(exceeded(files, size, entries, limits, split)),
    }
    return Reply(200, content, uncached())


def exceeded(
    files: int, size: int, entries: int, limits: Limits, split: int | None = None
) -> Iterator[Answer]:
    """Yields each limit that such an export would exceed. Pure.

    `split` is the most bytes of one of several archives. `entries` are the rows of its request. All
    of them but one may be single files, so at least `files` less these are found below prefixes.
    (One prefix alone may have any number of files.)
    """
    by_prefix = files - (entries - 1) if entries > 1 else 0
    weight, fewer = f"these files have {size} bytes", "export fewer at a time"
    judged = (
        ("entries", entries, f"{entries} files and folders are named", "choose whole folders"),
        ("listedFiles", by_prefix, f"these folders have {by_prefix} files", fewer),
        ("archiveBytes", size, weight, "choose a larger split" if split else fewer),
        ("filesPerJob", files, f"these are {files} files", fewer),
        ("bytesPerJob", size, weight, fewer),
        ("bytesLeftToday", size, weight, "export fewer, or wait for tomorrow (UTC)"),
    )
    for name, wanted, what, advice in judged:
        most = limits[name]
        if most is not None and (wanted > most or most == 0):
            says = _MOST_OF_ALL if split and name == "archiveBytes" else _MOST[name]
            yield {
                "limit": name,
                "most": most,
                "detail": f"{what}, and {says.format(most)}; {advice}",
            }


def _limits(services: Services, user_id: str) -> Limits:
    settings = services.settings
    left = None
    if a_day := settings.max_bytes_per_user_per_day:
        left = max(0, a_day - services.quotas.used(user_id, services.now()))
    return {
        "entries": FILES_MAX,
        "listedFiles": LISTED_MAX,
        "bodyBytes": settings.max_body_bytes,
        "archiveBytes": MAX_ARCHIVE,
        "filesPerJob": settings.max_files_per_job or None,
        "bytesPerJob": settings.max_bytes_per_job or None,
        "bytesLeftToday": left,
    }


def _form(call: Call) -> ExportRequest:
    """Returns a request with the format and the compression of the query. Raises InvalidRequest."""
    form = ExportRequest(
        format=_one_of(call, "format", schemas.COMPRESSIONS) or "zip",
        compression=_one_of(call, "compression", schemas.COMPRESSIONS["zip"]),
    )
    for error in beyond.form_errors(form.format, form.compression):
        raise invalid("compression", error.detail)
    return form


def _one_of(call: Call, name: str, known: Iterable[_Name]) -> _Name | None:
    """Returns a parameter that is one of the known ones; None without it. Raises InvalidRequest."""
    given = call.query.get(name)
    if given is None:
        return None
    for one in known:
        if given == one:
            return one
    raise invalid(name, f"{shown(given)} must be one of {', '.join(known)}")


def _split(call: Call) -> int | None:
    """Returns the most bytes of one archive; None if there is one archive. Raises
    InvalidRequest."""
    if "split" not in call.query:
        return None
    return _number(call, "split", least=SPLIT_MIN, most=SPLIT_MAX)


def _number(
    call: Call,
    name: str,
    otherwise: int | None = None,
    *,
    least: int = 0,
    most: int = NATURAL_MAX,
) -> int:
    """Returns a number of the query. Raises InvalidRequest."""
    given = call.query.get(name)
    if given is None:
        if otherwise is None:
            raise invalid(name, "is missing")
        return otherwise
    digits = len(str(NATURAL_MAX))
    if re.fullmatch(rf"[0-9]{{1,{digits}}}", given) and least <= int(given) <= most:
        return int(given)
    raise invalid(name, f"{shown(given)} must be a whole number from {least} to {most}")
