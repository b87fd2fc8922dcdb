"""What a mail about the end of a job says: its subject, its text, and the same as HTML. Pure.

A filename and the reason of a failure hold what a caller has written. They stand on one line, and
are escaped in HTML.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from chalicelib.errors import shortened
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status

LANGUAGE: Final = "en"

# What ends a line, turns the direction of the text after it, or is no character.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

_NEXT_UNIT: Final = 999.95
"""From here on, an amount would be rounded to 1000.0."""

_WHY: Final = (
    "You get this mail because somebody asked us to tell this address when the export ends."
)
_STOP: Final = "Stop all mail from here to this address"

# Text and background are the client's own, light or dark. Only its links may not suit the dark.
_STYLE: Final = ":root{color-scheme:light dark}@media (prefers-color-scheme:dark){a{color:#8ab4ff}}"
_BUTTON: Final = (
    "background:#1a56c4;border-radius:6px;color:#ffffff;display:inline-block;font-weight:bold;"
    "padding:12px 20px;text-decoration:none"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `subject` is one line; `text` and `html` say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Words:
    """`about` are the sentences between the headline and the link. `action` is what it is for."""

    headline: str
    about: tuple[str, ...]
    action: str


def letter(job: Job, now: int, *, page: str, stop: str) -> Letter:
    """Returns the mail about a job that has ended. `now` is Unix time in ms. `page` is the URL of
    the job's page, `stop` that of the page to opt out."""
    words, name = _words(job, now), one_line(job.filename)
    text = [
        f"{words.headline}.",
        "",
        name,
        *words.about,
        "",
        f"{words.action}:",
        page,
        "",
        "-- ",  # RFC 3676, section 4.3: what follows is no part of the message
        _WHY,
        f"{_STOP}:",
        stop,
    ]
    return Letter(
        subject=f"{words.headline}: {shortened(name)}",
        text="\n".join(text) + "\n",
        html=_html(words, name, page, stop),
    )


def one_line(text: str) -> str:
    """Returns the text with a space for each character that would end the line, turn the direction
    of what follows, or is none."""
    return _UNSAFE.sub(" ", text).strip()


def size_in_words(count: int) -> str:
    """Returns an amount of bytes as people read it: `193.5 MB`."""
    size, unit = float(count), f"byte{'' if count == 1 else 's'}"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < _NEXT_UNIT:
            break
        size, unit = size / 1000, larger
    return f"{count} {unit}" if unit.startswith("byte") else f"{size:.1f} {unit}"


def time_in_words(moment: int) -> str:
    """Returns a time as `3 December 2026, 12:00 UTC`. `moment` is Unix time in ms."""
    at = datetime.fromtimestamp(moment / 1000, UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _words(job: Job, now: int) -> _Words:
    status = job.status_at(now)
    if status is Status.COMPLETED:
        there = f"{_subject(job)} there until {time_in_words(job.expires_at)}."
        action = "Download it" if job.archives == 1 else f"Download the {job.archives:,} archives"
        return _Words("The export is ready", (*_contents(job), there), action)
    if status is Status.EXPIRED:
        was, is_ = ("It was", "is") if job.archives == 1 else ("They were", "are")
        gone = f"{was} there until {time_in_words(job.expires_at)}, and {is_} deleted now."
        return _Words("The export has expired", (*_contents(job), gone), "Export it again")
    if status is Status.CANCELLED:
        return _Words("The export was cancelled", (), "Look at it")
    return _Words("The export failed", _reason(job), "Look at it, or try again")


def _contents(job: Job) -> tuple[str, ...]:
    left_out = job.skipped_count
    parts = "" if job.archives == 1 else f", in {job.archives:,} archives"
    what = f"{_files(job.files_done)}, {size_in_words(job.bytes_total)}{parts}."
    if not left_out:
        return (what,)
    verb = "was left out: it is" if left_out == 1 else "were left out: they are"
    return (what, f"{_files(left_out)} {verb} missing, or cannot be read.")


def _subject(job: Job) -> str:
    return "It is" if job.archives == 1 else "They are"


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _reason(job: Job) -> tuple[str, ...]:
    if job.failure is None:
        return ()
    title, detail = one_line(job.failure.title), one_line(job.failure.detail)
    return tuple(f"{said.rstrip('.')}." for said in (title, detail) if said)


def _html(words: _Words, name: str, page: str, stop: str) -> str:
    about = "".join(f'<p style="margin:0 0 8px">{_quoted(said)}</p>' for said in words.about)
    return (
        f'<!doctype html>\n<html lang="{LANGUAGE}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{words.headline}</title>\n<style>{_STYLE}</style>\n</head>\n"
        '<body style="margin:0;padding:24px">\n'
        '<div style="font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5;'
        'margin:0 auto;max-width:560px">\n'
        f'<h1 style="font-size:20px;margin:0 0 16px">{words.headline}</h1>\n'
        '<p style="margin:0 0 8px;overflow-wrap:anywhere;word-break:break-word">'
        f"<strong><bdi>{_quoted(name)}</bdi></strong></p>\n"
        f"{about}\n"
        '<p style="margin:24px 0">'
        f'<a href="{escape(page)}" style="{_BUTTON}">{words.action}</a></p>\n'
        '<hr style="border:0;border-top:1px solid #888888;margin:24px 0 16px">\n'
        f'<p style="font-size:13px;margin:0">{_WHY}<br><a href="{escape(stop)}">{_STOP}</a></p>\n'
        "</div>\n</body>\n</html>\n"
    )


def _quoted(text: str) -> str:
    """Returns what a caller has written, as HTML. Clients make links of what looks like a host, and
    `.zip` is a top-level domain: an element around each dot and colon keeps them from it."""
    return re.sub("[.:]", lambda found: f"<span>{found[0]}</span>", escape(text))
