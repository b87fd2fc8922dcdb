"""Checks why a job has failed, and how often it was planned again: only for a reason that there was
while it was open."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from chalicelib.errors import Reason, shortened
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.remedies import blamed
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import keeping
from tests.faults import asked, days
from tests.faults.asked import Row, Window
from tests.faults.kinds import Kind
from tests.faults.stored import Lock

if TYPE_CHECKING:
    from tests.faults.world import World

_MISSING: Final = re.compile(r"(\d+) of \d+ files do not exist: ")
_UNREADABLE: Final = re.compile(r"(\d+) of \d+ files cannot be read: ")
# Not the number at the end of a key.
_COUNTED: Final = re.compile(r"(?<![\w/])(\d+) (?:of \d+ files )?(?:do not exist|cannot be read): ")
_OF_FILES: Final = frozenset({"source-missing", "source-unreadable"})
_MORE: Final = re.compile(r" and (\d+) more")


def wrong(world: "World", job: Job, request: ExportRequest) -> Iterator[str]:
    """Yields what is wrong with the failure of a job."""
    failure = job.failure
    if failure is None or "internal error" in failure.detail:
        yield "no reason that somebody foresaw"
        return
    yield from _wrong_blamed(job, failure)
    told = _Told(world, job, request)
    match failure.slug:
        case "source-missing":
            yield from told.wrong_missing(failure.detail)
        case "source-unreadable":
            yield from told.wrong_unreadable(failure.detail)
        case "source-changed":
            yield from told.wrong_changed()
        case "nothing-to-export":
            yield from told.wrong_nothing()
        case slug:
            if not _may_be(world, job, slug, failure.detail, told.rows, request.split):
                yield f"there was no reason for {slug}"


def _wrong_blamed(job: Job, failure: Failure) -> Iterator[str]:
    """Yields what is wrong with the files that the record has as those to blame."""
    count, files = blamed(job)
    if files is not None and len(files) != count:
        yield f"{files} are {count} files"
    if failure.slug not in _OF_FILES or failure.detail.endswith("…"):
        return
    # A step that has found one file itself counts none.
    said = sum(map(int, _COUNTED.findall(failure.detail))) or 1
    if count != said and not job.plan:
        yield f"{count} files are to blame, and {said} are said to be"


def _may_be(  # noqa: PLR0917 - a failure, and what was asked for
    world: "World", job: Job, slug: str, detail: str, rows: list[Row], split: int | None
) -> bool:
    """Whether a job may have failed with this, which no source file has caused."""
    counts = world.faults.counts
    is_said = "given up" in detail or "several tries" in detail
    may_be_long = not world.faults.few or counts[Kind.TAMPERED] or counts[Kind.KEY_THROTTLED]
    may_be = {
        "access-denied": counts[Kind.DENIED] > 0,
        "storage-refused": counts[Kind.DENIED] > 0,
        "quota-exceeded": days.did_not_fit(world, job, asked.size(rows, world.files)),
        "limit-exceeded": world.small.max_parts < 10_000 or split is not None,
        "given-up": is_said and bool(may_be_long),
    }
    return may_be.get(slug, False)


def wrong_changes(world: "World", job: Job, request: ExportRequest) -> Iterator[str]:
    """Yields what is wrong with how often a job was planned again because of a file."""
    told = _Told(world, job, request)
    if job.changes > world.ground.changes_max:
        yield f"was planned again {job.changes} times"
    if job.changes > told.most_changes:
        yield f"was planned again {job.changes} times for {told.most_changes} changes"


class _Told:
    """What a job that has ended tells of the files that were asked for."""

    def __init__(self, world: "World", job: Job, request: ExportRequest) -> None:
        self._world = world
        self._job = job
        self._request = request
        self._window: Window = world.witness.begun[job.job_id], world.witness.ended[job.job_id]
        self.rows = asked.rows(request, world.files)
        each = (self._most_faults(key) for key in {row.key for row in self.rows})
        self.most_changes = sum(each) + any(self._is_hidden(row) for row in self.rows)
        """How often the job may have been planned again: as often as its files may have been others
        than planned, and once because a listing does not tell what cannot be read."""

    def wrong_missing(self, detail: str) -> Iterator[str]:
        if self._request.on_missing != "fail":
            yield "what is missing may be skipped"
        rows = [row for row in self.rows if not row.is_listed]
        perhaps = {_which(row) for row in rows if Reason.MISSING in self._reasons(row)}
        surely = {_which(row) for row in rows if self._always(row) is Reason.MISSING}
        found = _MISSING.match(detail)
        if not found or not len(surely) <= int(found[1]) <= len(perhaps):
            yield f"{surely} are missing, and perhaps {perhaps}"

    def wrong_unreadable(self, detail: str) -> Iterator[str]:
        """All files that cannot be read are named at once. Only a step that has found one itself,
        when the job may not be planned again, names that one alone."""
        if self._request.on_unreadable != "fail" and not self._is_worn_out():
            yield "what is unreadable may be skipped"
        perhaps = {_which(row) for row in self.rows if self._reasons(row) - {Reason.MISSING}}
        surely = {_which(row) for row in self.rows if self._is_locked(row)}
        found = _UNREADABLE.match(detail)
        if found is None:
            yield from self._wrong_alone(detail, surely)
            return
        if not len(surely) <= int(found[1]) <= len(perhaps):
            yield f"{surely} are unreadable, and perhaps {perhaps}"
        named = {_which(row) for row in self.rows if _is_named(detail, _which(row))}
        more = _MORE.search(detail)
        is_whole = len(named) + int(more[1] if more else 0) == int(found[1])
        if not named <= perhaps or not (is_whole or detail.endswith("…")):
            yield f"{named} are named"

    def _wrong_alone(self, detail: str, surely: set[str]) -> Iterator[str]:
        of_the_step = [row for row in self.rows if shortened(row.key) in detail]
        if not self._is_worn_out() or not of_the_step:
            yield "a step has found this, and the job was not planned again"
        if not any(self._reasons(row) for row in of_the_step):
            yield "that file could be read"
        if surely and self._request.on_unreadable == "fail":
            yield f"{surely} are unreadable, and are not all named"
        elif self._job.changes and any(self._is_locked(row) for row in of_the_step):
            yield "that file was unreadable when the job was planned again, and was not left out"

    def wrong_changed(self) -> Iterator[str]:
        is_bound = self._world.files.is_bound and not self._world.faults.counts[Kind.FORGOTTEN]
        if is_bound or not self._is_worn_out() or self.most_changes <= self._job.changes:
            yield f"{self.most_changes} changes, planned again {self._job.changes} times"

    def wrong_nothing(self) -> Iterator[str]:
        for row in self.rows:
            reasons = self._reasons(row)
            may_be_absent = asked.may_be_absent(row, self._world.files, self._window)
            if not reasons and not may_be_absent:
                yield f"{row} can be exported"

    def _most_faults(self, key: str) -> int:
        """Returns how often a file can be another than planned. A file that has changed once is
        read in a copy, or in one version, from then on. Only a file that changes again and again
        while it is copied can be another once more."""
        files = self._world.files
        every, other = files.changes(key, *self._window)
        if self._world.faults.counts[Kind.CLOCK_OFF]:
            return every  # what is younger than the job is not known then
        at_first = 0 if files.is_bound else 1
        return min(every, at_first + other + every // keeping.LOOKS)

    def _is_worn_out(self) -> bool:
        """Whether the job may not be planned again any more."""
        return self._job.changes >= self._world.ground.changes_max

    def _reasons(self, row: Row) -> set[Reason]:
        return asked.reasons(row, self._world.files, self._window)

    def _always(self, row: Row) -> Reason | None:
        return asked.always(row, self._world.files, self._window)

    def _is_locked(self, row: Row) -> bool:
        """Whether the file was unreadable all the time, and whoever looked must have seen it."""
        if self._always(row) in (None, Reason.MISSING):
            return False
        states = [*self._world.files.states(row.key, *self._window, row.version)]
        if row.is_mark and not all(one and one.body for one in states):
            return False
        # A large folder is looked through when a file of it could not be read, and not before. But
        # its listing tells what is archived.
        is_told = all(one and one.lock is Lock.ARCHIVED for one in states)
        return is_told or self._job.changes > 0 or not self._is_only_listed(row)

    def _is_hidden(self, row: Row) -> bool:
        """Whether the file was unreadable at some time, and a listing alone may not have told."""
        return self._is_only_listed(row) and bool(self._reasons(row) - {Reason.MISSING})

    def _is_only_listed(self, row: Row) -> bool:
        is_large = sum(one.is_listed for one in self.rows) > self._world.ground.look_up_max
        return row.is_listed and is_large and not row.is_own


def _which(row: Row) -> str:
    """Returns how a message calls a file."""
    name = shortened(str(row.label))
    return f"{name} (version {row.version})" if row.version else name


def _is_named(detail: str, which: str) -> bool:
    return re.search(rf"(^|[ ,]){re.escape(which)} \((?!version )", detail) is not None
