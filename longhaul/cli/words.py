"""Writes numbers and jobs as text for people. Does no I/O."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job, Notification, Progress, Result, Skipped

MISSING: Final = "missing"
"""The reason of a file that does not exist."""

_USUAL: Final = ("", "does not exist")
"""Its details that say no more than it does. Another detail names a version that is missing."""

_SAID_BY_DETAIL: Final = frozenset({"denied", "encrypted"})
"""Reasons whose detail has the same word: "encrypted with a key of the customer's"."""

_DIGITS: Final = {"B": 0, "kB": 1, "MB": 1, "GB": 2, "TB": 2}
_STEP: Final = 1000
_MINUTE: Final = 60
_HOUR: Final = 3600


def size(count: float) -> str:
    """Example: 20.0 MB. `count` is in bytes."""
    amount, unit = _scaled(count)
    return f"{amount:.{_DIGITS[unit]}f} {unit}"


def size_of(done: int, total: int) -> str:
    """Example: 8.3/20.0 MB. Both have the unit of the total."""
    amount, unit = _scaled(total)
    return f"{done * amount / total if total else 0:.{_DIGITS[unit]}f}/{size(total)}"


def duration(seconds: float) -> str:
    """Examples: 140 ms, 3.1 s, 3:07 min, 1:02:30 h."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if seconds < _HOUR:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02}:{rest:02} h"


def left(seconds: float) -> str:
    """Example: ~3 s. The time that is left, about."""
    return f"~{seconds:.0f} s" if seconds < _MINUTE else f"~{duration(seconds)}"


def files(count: int) -> str:
    """Examples: 1 file, 2 files."""
    return f"{count:,} file" if count == 1 else f"{count:,} files"


def archives(count: int) -> str:
    """Examples: 1 archive, 2 archives."""
    return f"{count:,} archive" if count == 1 else f"{count:,} archives"


def moment(when: datetime) -> str:
    """Returns a time in this machine's time zone."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def pace(progress: "Progress") -> str:
    """How far a job is, for the text beside a bar. Example: 1/2 files  8.3/20.0 MB  ~3 s."""
    texts = []
    if progress.total_files:
        texts.append(f"{progress.current_file:,}/{files(progress.total_files)}")
    if progress.bytes_total:
        texts.append(size_of(progress.bytes_done, progress.bytes_total))
    if progress.eta_seconds:
        texts.append(left(progress.eta_seconds))
    return "  ".join(texts)


def facts(job: "Job") -> Iterator[tuple[str, str]]:
    """Yields everything that people may want to know about a job: pairs of title and text. A pair
    without a title goes on with the one before."""
    progress, result = job.progress, job.result
    yield "Job", shown(job.job_id)
    if job.filename:
        yield "Name", shown(job.filename)
    if job.retry_of:
        yield "Retry of", shown(job.retry_of)
    yield "Status", shown(job.status) + (f", {progress.percent} %" if job.is_open else "")
    if result:
        yield "Files", f"{result.processed_files:,} of {result.total_files:,}"
        yield "Size", f"{size(result.file_size)} ({result.file_size:,} bytes)"
        yield "Skipped", files(len(result.skipped)) if result.skipped else _none_or_some(result)
        yield from (("", skipped(one)) for one in result.skipped or ())
        if job.archives > 1:
            yield "Archives", f"{job.archives:,}"
        if result.reused_from:
            yield "Archive", f"reused from job {shown(result.reused_from)}"
    elif job.is_open:
        yield "Progress", f"{shown(progress.message)} {pace(progress)}".strip()
    if job.error:
        yield "Error", shown(f"{job.error.title}: {job.error.detail}")
        if job.error.affected:
            yield "Because", files(job.error.affected_files)
            yield from (("", skipped(one)) for one in job.error.affected)
    for place, one in enumerate(job.notifications or ()):
        yield "" if place else "Told", told(one)
    yield "Created", moment(job.created_at)
    yield "Updated", moment(job.updated_at)
    yield "Expires", moment(job.expires_at)


def skipped(one: "Skipped") -> str:
    """A file that is not in an archive, and why. Examples: 10005 (missing); a/b.bin (archived: in
    GLACIER)."""
    return f"{shown(str(one.file))} ({why(one.reason, one.detail)})"


def why(reason: str, detail: str | None) -> str:
    """Why a file cannot be exported. Examples: missing; archived: in GLACIER; S3 denies it."""
    text = (detail or "").rstrip(".")
    if reason == MISSING and text in _USUAL:
        return MISSING
    if text and reason in _SAID_BY_DETAIL:
        return shown(text)
    return shown(f"{reason}: {text}" if text else reason)


def _none_or_some(result: "Result") -> str:
    return "some" if result.is_partial else "none"


def told(one: "Notification") -> str:
    """Who is told of a job, and what came of it. Example: ann@example.com (sent)."""
    return f"{receiver(one)} ({what_came_of(one)})"


def receiver(one: "Notification") -> str:
    """Who it is for. Of the stack's own webhook the API says little."""
    return shown(one.to) or "the stack's own webhook"


def what_came_of(one: "Notification") -> str:
    """Examples: sent; not sent yet; given up after 11 tries: it answered 500."""
    reason = (one.last_error or "").rstrip(".")
    if one.status == "pending":
        return "not sent yet"
    if one.status == "retrying":
        text = f"not sent yet: {reason}" if reason else "not sent yet"
        when = f"; next try {moment(one.next_attempt_at)}" if one.next_attempt_at else ""
        return shown(text) + when
    if one.status == "given-up":
        count = "1 try" if one.attempts == 1 else f"{one.attempts} tries"
        text = f"given up after {count}" if one.attempts else "given up"
        return shown(f"{text}: {reason}" if reason else text)
    if one.status == "opted-out":
        return "wants no such mail"
    return shown(one.status)


def count(job: "Job") -> int:
    """How many files are in the archive or, before its end, how many were asked for."""
    return job.result.processed_files if job.result else job.progress.total_files


def left_out(job: "Job") -> int:
    """How many files that were asked for are not in the job's archive."""
    result = job.result
    return max(result.total_files - result.processed_files, 0) if result else 0


def weight(job: "Job") -> str:
    """The size of the archive or, before its end, of its files; empty while that is unknown."""
    known = job.result.file_size if job.result else job.progress.bytes_total
    return size(known) if known else ""


def _scaled(count: float) -> tuple[float, str]:
    amount, units = float(count), iter(_DIGITS)
    unit = next(units)
    for larger in units:
        # 999.96 would be shown as 1000.0, so it takes the next unit.
        if round(amount, 1) < _STEP:
            break
        amount, unit = amount / _STEP, larger
    return amount, unit
