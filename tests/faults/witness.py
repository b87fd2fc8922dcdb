"""Sees every write to the table and every line of the log, and reports the wrong ones at once."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib.jobs import items, places, wake
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job, Progress
from chalicelib.jobs.states import OPEN, Status, may_become
from tests.faults import days, volumes
from tests.faults.dynamodb import item_size
from tests.faults.expressions import Item, number
from tests.faults.s3 import S3
from tests.faults.stored import Stored
from tests.faults.truth import Truth

ITEM_BYTES: Final = 2048
ONCE: Final = ("job accepted", "job started", "job ended", "job deleted")
"""The events that are logged at most once for each job."""

COUNTED: Final = ("planned again", "files copied aside", "upload continued", "plan unusable")
"""The events that are counted for the report of a run."""

_CHANGED_LATER: Final = {
    *("wakeAt", "wakeShard", "sweeps", "heir", "notices"),
    *(*items.UNTOLD.values(), *wake.ANNOUNCEMENT, "writeId"),
}

_MOST_PERCENT: Final = 99
"""The most percent of a job that has not completed."""

LAG_MAX: Final = 90_000
"""The most ms until a write shows in an index."""


@dataclass(slots=True)
class Witness:
    """Collects `violations`: what must never happen, in words.

    `begun` has when each job was written, `ended` when it ended, and `last` the job as it was
    then. `open_jobs` has for each user when the number of open jobs changed, and to what.
    `most_open` is the limit of it. `day_bytes` is the most bytes of a user's day. `lines` counts
    how often each event was logged for each job. `largest` is the size of the largest item in
    bytes. `whole` has the keys of the archives of jobs that have completed, and of what stands
    beside them.
    """

    s3: S3
    archive: str
    items: dict[str, Item]
    now: Callable[[], int]
    most_open: int
    truth: Truth
    day_bytes: int = 0
    violations: list[str] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    last: dict[str, Job] = field(default_factory=dict)
    open_jobs: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    whole: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.s3.shelves[self.archive].put_over = self.put_over

    def says(self, text: str) -> None:
        self.violations.append(text)

    def written(self, key: str, before: Item | None, after: Item) -> None:
        """Checks a change of the table."""
        if places.is_record(key):
            self._record_written(key, before, after)
        elif key.startswith("quota/"):
            wrong = days.wrong(before, after, self.day_bytes)
            self.violations += [f"{key}: {wrong}"] if wrong else []

    def _record_written(self, key: str, before: Item | None, after: Item) -> None:
        size = item_size(after)
        self.largest = max(self.largest, size)
        if size >= ITEM_BYTES:
            self.says(f"{key}: the job item has {size} bytes")
        job = to_job(after)
        is_open = job.status in OPEN
        if ("wakeShard" in after) != ("wakeAt" in after) or (is_open and "wakeAt" not in after):
            self.says(f"{key}: {job.status}, and wrongly in the sweeper's index or missing there")
        if "wakeShard" in after and (number(after["wakeShard"]) in wake.OPEN_SHARDS) != is_open:
            self.says(f"{key}: {job.status}, and in the wrong shard of the sweeper's index")
        change = is_open - (before is not None and to_job(before).status in OPEN)
        if change:
            counts = self.open_jobs.setdefault(job.user_id, [(0, 0)])
            counts.append((self.now(), counts[-1][1] + change))
        if before is None:
            self.begun[key] = self.now()
            if job.status is not Status.QUEUED:
                self.says(f"{key}: created as {job.status}")
            if job.asked_at is None or job.asked_at > job.created_at:
                self.says(f"{key}: asked for at {job.asked_at}, created at {job.created_at}")
            return
        if "heir" in before and before["heir"] != after.get("heir"):
            self.says(f"{key}: its heir was changed")
        if _without_wake(before) != _without_wake(after):
            self._changed(key, to_job(before), job)

    def logged(self, event: str, facts: Mapping[str, object]) -> None:
        """Checks a line of the log. A job is accepted, starts and ends once, and the function that
        logs it has done it."""
        job_id = str(facts.get("jobId", ""))
        self.events[event] += event in COUNTED
        if event not in ONCE:
            return
        self.lines[event, job_id] += 1
        if self.lines[event, job_id] > 1:
            self.says(f"{job_id}: {event}, for the second time")
        item = self.items.get(job_id)
        job = to_job(item) if item else None
        if job is None or (event == "job ended" and not _is_true(facts, self.last[job_id])):
            self.says(f"{job_id}: {event} says {dict(facts)}, and the job is {job}")

    def put_over(self, key: str, there: Stored, new: Stored) -> None:
        """Checks an object that takes the place of another one. When a job has completed, its
        archives stay as they are until they are deleted: even the same bytes may have another
        ETag, and who continues a download would have to begin anew. A late twin may write the same
        index again."""
        if key in self.whole and not (key.endswith(".index") and there.etag == new.etag):
            self.says(f"{key}: written again after its job had completed")

    def is_open(self, job_id: str) -> bool:
        return to_job(self.items[job_id]).status in OPEN

    def deleted(self, job_id: str, *, alone: bool) -> None:
        """Checks that a job is deleted, of which a caller was told so. `alone`: nobody else has
        deleted a job at the same time."""
        job = to_job(self.items[job_id])
        if not job.is_deleted:
            self.says(f"{job_id}: said to be deleted, and is {job.status}")
        holders = self.items.get(places.holders(job.home), {})
        is_kept = "holders" in holders or (job.reused_from and "ownerGone" not in holders)
        is_there = job.archive_key in self.s3.objects[self.archive]
        if job.status is Status.COMPLETED and is_there and alone and not is_kept:
            self.says(f"{job_id}: said to be deleted, and its archive is still there")

    def limited(self, user_id: str, begun: int, *, accepted: bool) -> None:
        """Checks a request that was refused for too many open jobs. `accepted`: the same request
        was accepted before."""
        counts = self.open_jobs.get(user_id, [(0, 0)])
        since = begun - LAG_MAX
        before = [count for at, count in counts if at <= since][-1:]
        most = max([*before, *(count for at, count in counts if at > since)])
        if accepted or most < self.most_open:
            self.says(f"{user_id}: refused with {most} open jobs, accepted before: {accepted}")

    def used_up(self, user_id: str) -> None:
        """Checks a request that was refused for the bytes of the day."""
        if not days.is_used_up(self.items, user_id, self.day_bytes):
            self.says(f"{user_id}: refused, and the day is not used up")

    def _changed(self, key: str, old: Job, new: Job) -> None:
        if new.is_deleted:
            self._removed(key, old, new)
            return
        if old.status not in OPEN:
            self.says(f"{key}: written ({new.status}) after it was {old.status}")
        if new.status != old.status and not may_become(old.status, new.status):
            self.says(f"{key}: from {old.status} to {new.status}")
        self._progressed(key, old, new)
        self._planned(key, old, new)
        fixed = ("created_at", "asked_at", "caller", "user_id", "request", "filename", "format")
        if any(getattr(old, name) != getattr(new, name) for name in fixed):
            self.says(f"{key}: its request was changed")
        if new.status is Status.COMPLETED:
            archives = [self.s3.objects[self.archive].get(one) for one in volumes.keys(new)]
            size = sum(len(one.body) for one in archives if one)
            if None in archives or size != new.bytes_total:
                self.says(f"{key}: completed without its archive")
            self.whole |= {*volumes.keys(new), *volumes.indexes(new)}
        if new.status not in OPEN:
            self.ended.setdefault(key, self.now())
            self.last.setdefault(key, new)

    def _planned(self, key: str, old: Job, new: Job) -> None:
        self.taken[key] += old.plan is not None and new.plan is None
        if new.changes not in (old.changes, old.changes + 1):
            self.says(f"{key}: {old.changes} changes of its files were counted, and {new.changes}")
        if old.plan and new.plan != old.plan and (new.plan or old.status is not Status.PROCESSING):
            self.says(f"{key}: its plan was changed")
        if old.plan and new.plan is None and new.previous_plan is None:
            self.says(f"{key}: its plan was forgotten")

    def _removed(self, key: str, old: Job, new: Job) -> None:
        if old.is_deleted or old.status in OPEN or new.status is not old.status:
            self.says(f"{key}: deleted ({new.status}) after it was {old.status}")
        if new.user_id or new.filename or new.request or new.failure or new.missing:
            self.says(f"{key}: deleted, and the record still has {new}")
        kept = (
            *("plan", "heir", "reused_from", "retry_of"),
            *("created_at", "asked_at", "caller", "expires_at"),
        )
        if any(getattr(old, name) != getattr(new, name) for name in kept):
            self.says(f"{key}: deleted, and the record has lost what belongs to it")

    def _progressed(self, key: str, old: Job, new: Job) -> None:
        self._shown(key, old, new)
        if old.plan is None and new.plan is not None:
            # A job that completes with another one's archive has that one's progress.
            if new.status in OPEN and new.progress != Progress():
                self.says(f"{key}: planned just now, and {new.progress} is done already")
            return
        if not _packs_others(old, new) and (
            new.files_done < old.files_done or new.bytes_done < old.bytes_done
        ):
            self.says(
                f"{key}: progress went back from {old.files_done} files, {old.bytes_done} bytes "
                f"to {new.files_done}, {new.bytes_done}"
            )
        if new.plan and new.status in OPEN and new.progress != old.progress:
            most = self.truth.most(new)
            done = new.progress
            if done.bytes > most.bytes or done.files > most.files or done.copied > most.copied:
                self.says(f"{key}: {done} is reported, and at most {most} can be done")
        # A job that is planned again keeps what was done by its old plan until it has a new one.
        total = new.bytes_total if new.plan else max(new.bytes_total, new.packing)
        if new.bytes_done > total or new.files_done > new.total_files:
            self.says(
                f"{key}: {new.bytes_done} of {total} bytes, "
                f"{new.files_done} of {new.total_files} files"
            )

    def _shown(self, key: str, old: Job, new: Job) -> None:
        """Checks what people see of the progress. It goes back only if the job is planned again, or
        if other files are packed than before."""
        if new.status is not Status.COMPLETED and new.percent > _MOST_PERCENT:
            self.says(f"{key}: {new.status}, and {new.percent} % are done")
        is_planned = old.plan is None and new.plan is not None
        is_again = old.changes != new.changes or (bool(old.bytes_total) and old.plan != new.plan)
        # The plan of a failed job, which is taken over, may be of fewer files that were packed.
        is_again = is_again or (is_planned and new.home != key)
        if is_again or new.status not in OPEN or _packs_others(old, new):
            return
        was, now = (old.percent, old.shown), (new.percent, new.shown)
        # If an empty file is gone when the rest is packed, there are as many bytes as before.
        if new.percent < old.percent or (new.shown[0] < old.shown[0] and not is_planned):
            self.says(f"{key}: shown was {was}, and is {now}")
        if new.shown[1] > new.shown[2] and (new.plan or not new.bytes_total):
            self.says(f"{key}: shown is {now}")
        if old.packing and (new.shown[1] < old.shown[1] or new.shown[2] != old.shown[2]):
            self.says(f"{key}: shown was {was} while it was packed, and is {now}")


def _packs_others(old: Job, new: Job) -> bool:
    """Whether other files are packed now than before: some have changed since they were found."""
    was, now = (old.packing, old.total_files), (new.packing, new.total_files)
    return new.plan is None and now != was


def _is_true(facts: Mapping[str, object], job: Job) -> bool:
    """Whether a line `job ended` agrees with the job's record."""
    moved = facts["bytesCopied"], facts["bytesStreamed"]
    done = (job.bytes_copied, job.bytes_done - job.bytes_copied)
    return (
        facts["status"] == job.status
        and facts["reason"] == (job.failure.slug if job.failure else None)
        and facts["files"] == job.files_done
        and facts["reused"] == (job.reused_from is not None)
        and moved == ((0, 0) if job.reused_from else done)
    )


def _without_wake(item: Item) -> Item:
    """Returns the attributes that nobody changes when the job has ended."""
    return {name: item[name] for name in item.keys() - _CHANGED_LATER}
