"""The records of the jobs. Every write is conditional on what the state machine allows.

A method that returns None or False has changed nothing: the job did not have the status or the
state that the write needs. The step then finds out what has happened meanwhile. Only
pipeline/endings.py writes a final status through this module.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.archive.manifest import Skipped
from chalicelib.jobs import items, wake
from chalicelib.jobs.attributes import Item, all_of, cut, of
from chalicelib.jobs.model import (
    SUSPECTS_MAX,
    Failure,
    Job,
    PlanRef,
    Progress,
    owner_mark,
    user_mark,
)
from chalicelib.jobs.selections import Use
from chalicelib.jobs.states import OPEN, Stage, Status, origins
from chalicelib.jobs.table import Table
from chalicelib.settings import JobEvent

NOBODY: Final = "nobody"
"""The heir of what is to be thrown away."""

OPEN_USER: Final = "openUser"
"""The attribute that an open job has if its user's open jobs are counted (by_user.py)."""

_UNPLANNED: Final = "attribute_not_exists(planDigest)"
_PLANNED_SO: Final = "planDigest = :plan"
_READ: Final = "read the job"
_WRITE: Final = "write the job"
_PROCESSING: Final = frozenset({Status.PROCESSING})
_ENDED: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
_NOT_DELETED: Final = "attribute_not_exists(deletedAt)"

_OF_THE_USER: Final = (
    "userId",
    OPEN_USER,
    "request",
    "shortRequest",
    "filename",
    "missing",
    "missingCount",
    "unreadable",
    "unreadableCount",
    "suspects",
    "failure",
    "lastReason",
    "notices",
)
"""What a tombstone does not keep."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes known of a job when it is planned. `missing` and `unreadable` are None if the
    list is too long for the record."""

    plan: PlanRef
    total_files: int
    bytes_total: int
    missing_count: int
    missing: tuple[int | str, ...] | None
    unreadable_count: int = 0
    unreadable: tuple[Skipped, ...] | None = ()
    archives: int = 1


@dataclass(frozen=True, slots=True)
class Blamed:
    """The source files that are to blame for a failure."""

    missing: tuple[int | str, ...] = ()
    unreadable: tuple[Skipped, ...] = ()


NOT_BLAMED: Final = Blamed()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A change of a record: attributes to set and to remove, and on what condition.

    `more` has the values of those `:names` in the condition that are not set. `wake_at` is when the
    sweeper then looks at the job; None: when an open job counts as stalled.
    """

    values: Item
    condition: str = ""
    more: Item = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    wake_at: int | None = None


@dataclass(frozen=True, slots=True)
class JobStore:
    """The record of each job. Times (`now`, `wake_at`, …) are Unix time in ms."""

    table: Table

    # -- read -----------------------------------------------------------------------------------

    def get(self, job_id: str) -> Job | None:
        """Returns the job as it is now; None if there is none."""
        item = self.table.get(job_id, _READ)
        return items.to_job(item) if item else None

    def last_reason(self, job_id: str) -> str | None:
        """Returns why a step of the job was put off the last time; None if none ever was."""
        item = self.table.get(job_id, _READ, only="lastReason")
        return item["lastReason"]["S"] if item and "lastReason" in item else None

    # -- an open job ----------------------------------------------------------------------------

    def create(self, job: Job, *, counted: bool = False, use: Use | None = None) -> bool:
        """Writes a new job. Returns False if there is one with this id already. `counted`: it
        counts as one of its user's open jobs until it ends. `use`: the selection that it uses.
        Raises SelectionUsed if no use of that is left."""
        item = items.from_job(job)
        if job.untold:
            item |= all_of(wake.announcement(job.created_at, self.table.random))
        if job.wake_at is not None:
            item["wakeShard"] = of(wake.shard(job.status, self.table.random))
        if counted:
            item[OPEN_USER] = of(user_mark(job.user_id))
        if use is None:
            return self.table.put_new(item, _WRITE)
        is_new, is_left = self.table.put_new_with(item, _WRITE, use.counted())
        if is_new and not is_left:
            raise use.used_up()
        return is_new

    def start(self, job_id: str, now: int, *, is_told: bool = False) -> Job | None:
        """queued → processing. `is_told`: this is to be announced."""
        values = all_of({"stage": Stage.PLANNING, "startedAt": now})
        if is_told:
            values |= self._untold("started", now)
        return self._to(Status.PROCESSING, job_id, now, _Change(values=values))

    def set_plan(self, job: Job, now: int, planned: Planned) -> Job | None:
        """Sets the plan of a job that is processing and has none. None also if a change of its
        files was counted since `job` was read: then the plan may be of older files."""
        values = {
            **items.plan_attributes(planned.plan),
            **items.missing_attributes(planned.missing_count, planned.missing),
            **items.unreadable_attributes(planned.unreadable_count, planned.unreadable),
            **items.progress_attributes(Progress()),
            **all_of(
                {
                    "stage": Stage.ASSEMBLING,
                    "plannedAt": now,
                    "totalFiles": planned.total_files,
                    "bytesTotal": planned.bytes_total,
                    "archives": planned.archives,
                }
            ),
        }
        change = _Change(
            values=values,
            condition=f"{_UNPLANNED} AND {_changes(job)}",
            more=_changes_seen(job),
            remove=("previousPlan",),
        )
        return self._write(job.job_id, now, _PROCESSING, change)

    def set_packing(self, job: Job, now: int, size: int, files: int) -> Job | None:
        """Records how many bytes are packed before a job that is processing is planned, and how
        many files were asked for. `bytes_done` begins anew, unless the job is packing as many
        already. None if the job is planned, if a change of its files was counted since `job` was
        read, or if a twin packs others meanwhile."""
        stage = items.stored_stage(Stage.COMPRESSING)
        values = all_of({"stage": stage, "packing": size, "totalFiles": files})
        if (job.packing, job.total_files) != (size, files):
            values |= items.progress_attributes(Progress())
        # Else a worker that is behind would have the progress of others begin anew.
        seen = "packing = :was" if job.packing else "attribute_not_exists(packing)"
        change = _Change(
            values=values,
            condition=f"{_UNPLANNED} AND {_changes(job)} AND {seen}",
            more=_changes_seen(job) | ({"was": of(job.packing)} if job.packing else {}),
        )
        if packing := self._write(job.job_id, now, _PROCESSING, change):
            return packing
        there = self.get(job.job_id)
        if there is None or there.plan or there.changes != job.changes:
            return None
        is_same = (there.packing, there.total_files) == (size, files)
        return there if is_same and there.status in _PROCESSING else None

    def adopt(self, job: Job, failed: Job, plan: PlanRef, now: int) -> Job | None:
        """Sets the plan of a failed job as the plan of `job`, which is processing and has none.
        `job` has claimed the failed job's upload before."""
        values = {
            **_plan_of(failed, plan),
            **items.progress_attributes(Progress()),
            **all_of({"stage": Stage.ASSEMBLING, "plannedAt": now}),
        }
        change = _Change(
            values=values,
            condition=f"{_UNPLANNED} AND {_changes(job)}",
            more=_changes_seen(job),
            remove=("previousPlan",),
        )
        return self._write(job.job_id, now, _PROCESSING, change)

    def unplan(self, job: Job, plan: PlanRef, now: int) -> Job | None:
        """Takes this plan away from a job that is processing, so that the job is planned again. The
        record keeps the plan as `previous_plan`, so that what was begun by it can still be
        found."""
        change = _Change(
            values=_unplanned(job, plan),
            condition=_PLANNED_SO,
            more={"plan": of(plan.digest)},
            remove=_OF_A_PLAN,
        )
        return self._write(job.job_id, now, _PROCESSING, change)

    def plan_again(self, job: Job, plan: PlanRef | None, now: int, mark: str) -> Job | None:
        """Counts that a source file of a job that is processing has changed or cannot be read, and
        takes this plan away from the job, as `unplan` does; None: the job has no plan yet. `mark`
        is the file's (model.file_mark).

        Returns None also if a change was counted since `job` was read: many workers may find the
        same one.
        """
        suspects = [one for one in job.suspects if one != mark][-(SUSPECTS_MAX - 1) :]
        values = {
            **all_of({"stage": Stage.PLANNING, "changes": job.changes + 1}),
            "suspects": of(json.dumps([*suspects, mark])),
        }
        planned = _UNPLANNED
        more = _changes_seen(job)
        if plan:
            values |= _unplanned(job, plan)
            planned, more = _PLANNED_SO, {**more, "plan": of(plan.digest)}
        change = _Change(
            values=values,
            condition=f"{planned} AND {_changes(job)}",
            more=more,
            remove=_OF_A_PLAN if plan else (),
        )
        return self._write(job.job_id, now, _PROCESSING, change)

    def steps_sent(self, job: Job, plan: PlanRef) -> None:
        """Records that a message was sent for each segment of this plan."""
        self.table.update(
            job.job_id,
            _WRITE,
            "SET stepsSent = :one",
            {"one": of(1), "plan": of(plan.digest), "processing": of(Status.PROCESSING)},
            condition=f"{_PLANNED_SO} AND #status = :processing",
            names={"#status": "status"},
        )

    def report(
        self, job_id: str, now: int, stage: Stage, progress: Progress, plan: str | None
    ) -> bool:
        """Writes progress, which never goes back. `plan` is the digest of the plan that the worker
        works by; None: it has none yet. Then the progress is that of packing, which counts for
        nothing when the job is planned. Returns False if the job is not processing any more, or has
        another plan."""
        same = f" AND {_PLANNED_SO}" if plan else ""
        more = {"plan": of(plan)} if plan else {}
        values = {"stage": of(items.stored_stage(stage)), **items.progress_attributes(progress)}
        forward = f"bytesDone <= :bytesDone AND filesDone <= :filesDone{same}"
        if plan is None and progress != Progress():
            # Nor does that of files that are not to be packed any more.
            forward += f" AND {_UNPLANNED} AND packing >= :bytesDone AND totalFiles >= :filesDone"
        further = _Change(values=values, condition=forward, more=more)
        if self._write(job_id, now, _PROCESSING, further):
            return True
        # Another worker has got further: only show that this one is at work too.
        alive = _Change(values={}, condition=same.removeprefix(" AND "), more=more)
        return self._write(job_id, now, _PROCESSING, alive) is not None

    def count_attempt(self, job_id: str) -> None:
        """Counts that a step of the job came again."""
        self.table.update(
            job_id,
            _WRITE,
            "ADD attempts :one",
            {"one": of(1), **_open_statuses()},
            condition=_IS_OPEN,
            names={"#status": "status"},
        )

    def record_reason(self, job_id: str, reason: str) -> Job | None:
        """Records why a step of an open job was put off. If all tries fail, this is the reason of
        the failure. Returns the job as it is then, whether it is open or not; None if there is
        none."""
        _, found = self.table.attempt(
            job_id,
            _WRITE,
            "SET lastReason = :reason",
            {"reason": of(cut(reason, items.REASON_MAX)), **_open_statuses()},
            condition=_IS_OPEN,
            names={"#status": "status"},
        )
        return items.to_job(found) if found else None

    def claim(self, failed: Job, heir: str) -> str:
        """Claims what a failed job has uploaded, for `heir`: the id of a job that retries it, or
        NOBODY. Returns the heir that claimed first."""
        claimed = self.table.update(
            failed.job_id,
            "claim an upload",
            "SET heir = :heir",
            {"heir": of(heir)},
            condition="attribute_exists(jobId) AND attribute_not_exists(heir)",
        )
        if claimed is not None:
            return heir
        current = self.get(failed.job_id)
        return (current and current.heir) or NOBODY

    def rename(self, job_id: str, filename: str) -> Job | None:
        """Gives the archive another name for downloads, whatever the job's status. Returns the job
        as it is then; None if it was deleted, or does not exist.

        It is no sign of life, and no other write to a job's record touches the name.
        """
        item = self.table.update(
            job_id,
            _WRITE,
            "SET filename = :filename",
            {"filename": of(filename)},
            condition=f"attribute_exists(jobId) AND {_NOT_DELETED}",
        )
        return items.to_job(item) if item else None

    # -- the end, for pipeline/endings.py alone ---------------------------------------------------

    def complete(  # noqa: PLR0913 - the facts of an archive
        self, job: Job, plan: PlanRef, now: int, expires_at: int, *, done: Progress, wake_at: int
    ) -> Job | None:
        """processing → completed: the archive of this plan is there, whole. `wake_at` is when
        something must be thrown away: the archive or, before that, what was only needed to build
        it."""
        values = {
            **items.progress_attributes(done),
            **all_of(
                {
                    "stage": Stage.DONE,
                    "expiresAt": expires_at,
                    "ttl": items.record_ttl(expires_at),
                }
            ),
        }
        change = _Change(
            values=values,
            condition=_PLANNED_SO,
            more={"plan": of(plan.digest)},
            wake_at=wake_at,
        )
        return self._to(Status.COMPLETED, job.job_id, now, change)

    def complete_with(
        self, job: Job, built_by: Job, plan: PlanRef, now: int, *, wake_at: int
    ) -> Job | None:
        """processing → completed, with the archive that another job has built by this plan. None
        also if the job has a plan of its own. `wake_at` is when something must be thrown away.

        It is one write, so that the job is never open while it has another job's archive. Else it
        could be cancelled or fail at that moment, and the archive would be thrown away with it.
        """
        values = {
            **_plan_of(built_by, plan),
            **items.progress_attributes(built_by.progress),
            **all_of({"stage": Stage.DONE, "reusedFrom": built_by.job_id}),
        }
        change = _Change(
            values=values, condition=_UNPLANNED, remove=("previousPlan",), wake_at=wake_at
        )
        return self._to(Status.COMPLETED, job.job_id, now, change)

    def fail(
        self, job_id: str, now: int, failure: Failure, blamed: Blamed = NOT_BLAMED
    ) -> Job | None:
        """queued or processing → failed. `blamed` is kept if the job has no plan: else its record
        says what the plan leaves out, which a retry may take over."""
        values = {"failure": items.failure_attribute(failure)}
        change = _Change(values=values, wake_at=now + wake.DISCARD_AFTER_MS)
        if blamed != NOT_BLAMED:
            named = items.blamed_attributes(failure, blamed.missing, blamed.unreadable)
            telling = replace(change, values={**values, **named}, condition=_UNPLANNED)
            if failed := self._to(Status.FAILED, job_id, now, telling):
                return failed
        return self._to(Status.FAILED, job_id, now, change)

    def cancel(self, job_id: str, now: int) -> Job | None:
        """queued or processing → cancelled."""
        change = _Change(values={}, wake_at=now + wake.DISCARD_AFTER_MS)
        return self._to(Status.CANCELLED, job_id, now, change)

    def delete(self, job: Job, now: int) -> Job | None:
        """Makes a tombstone of the record of a job that has ended. None also if it is one
        already.

        It keeps the status, and what is needed to find everything that belongs to the job. All that
        tells of its user or of their files is taken away.
        """
        values = {
            **all_of({"deletedAt": now, "deletedFor": owner_mark(job.job_id, job.user_id)}),
            # `job` may have been read while it was open.
            "wakeShard": of(wake.shard(Status.COMPLETED, self.table.random)),
        }
        change = _Change(values=values, condition=_NOT_DELETED, remove=_OF_THE_USER)
        return self._write(job.job_id, now, _ENDED, change)

    # -- who is told ----------------------------------------------------------------------------

    def told(self, job: Job) -> Job | None:
        """Records that all that is `untold` in `job` was announced. Returns the job as it is then;
        None if a twin has recorded it, or if there is more to tell by now."""
        names = {event: items.UNTOLD[event] for event, _ in job.untold}
        others = [name for event, name in items.UNTOLD.items() if event not in names]
        there = (f"attribute_exists({name})" for name in names.values())
        none_else = (f"attribute_not_exists({name})" for name in others)
        item = self.table.change(
            job.job_id,
            _WRITE,
            {},
            condition=" AND ".join((*there, *none_else)),
            remove=(*names.values(), *wake.ANNOUNCEMENT),
        )
        return items.to_job(item) if item else None

    def expects_notices(self, job_id: str) -> Job | None:
        """Records that somebody asked to be told of the job's end. Returns the job as it is then;
        None if it was deleted, or does not exist."""
        item = self.table.update(
            job_id,
            _WRITE,
            "SET notices = :one",
            {"one": of(1)},
            condition=f"attribute_exists(jobId) AND {_NOT_DELETED}",
        )
        return items.to_job(item) if item else None

    def _untold(self, event: JobEvent, now: int) -> Item:
        """Returns the attributes of a record whose event is to be announced."""
        return all_of({items.UNTOLD[event]: now, **wake.announcement(now, self.table.random)})

    # -- the write ------------------------------------------------------------------------------

    def _to(self, status: Status, job_id: str, now: int, change: _Change) -> Job | None:
        """Moves the job to another status, from any status that may become it."""
        values = {**change.values, "status": of(status)}
        if status not in OPEN:
            values["wakeShard"] = of(wake.shard(status, self.table.random))
            values |= self._untold("ended", now)
            of_open_jobs = "lastReason", "suspects", OPEN_USER
            change = replace(change, remove=(*change.remove, *of_open_jobs))
        return self._write(job_id, now, origins(status), replace(change, values=values))

    def _write(
        self, job_id: str, now: int, while_in: Collection[Status], change: _Change
    ) -> Job | None:
        """Makes the change if the job has one of these statuses. Returns the job as it is then;
        None if it was in another state.

        Each such write is a sign of life: the job has moved now, and `sweeps` begins at 0 again.
        """
        moved = {
            "updatedAt": of(now),
            "sweeps": of(0),
            "wakeAt": of(change.wake_at or wake.wake_time(now)),
        }
        allowed = {f"in{i}": of(status) for i, status in enumerate(while_in)}
        condition = f"#status IN ({', '.join(f':{name}' for name in allowed)})"
        item = self.table.change(
            job_id,
            _WRITE,
            {**change.values, **moved},
            condition=f"{condition} AND {change.condition}" if change.condition else condition,
            values={**allowed, **change.more},
            remove=change.remove,
        )
        return items.to_job(item) if item else None


_OF_A_PLAN: Final = (
    "planDigest",
    "uploadId",
    "steps",
    "planHome",
    "stepsSent",
    # The next plan may leave out less, or more than the record has room for.
    "missing",
    "missingCount",
    "unreadable",
    "unreadableCount",
)


def _unplanned(job: Job, plan: PlanRef) -> Item:
    return {
        **all_of({"stage": Stage.PLANNING, "replanned": 1}),
        "previousPlan": items.previous_plan_attribute(replace(plan, home=job.home)),
    }


def _changes(job: Job) -> str:
    """Returns the condition that no change was counted since the job was read."""
    return "changes = :seen" if job.changes else "attribute_not_exists(changes)"


def _changes_seen(job: Job) -> Item:
    return {"seen": of(job.changes)} if job.changes else {}


_IS_OPEN: Final = "#status IN (:queued, :processing)"


def _open_statuses() -> Item:
    return {"queued": of(Status.QUEUED), "processing": of(Status.PROCESSING)}


def _plan_of(built_by: Job, plan: PlanRef) -> Item:
    """Returns the attributes that a job takes over with the plan of another one. That one's expiry
    is among them: S3 counts an archive's days from when its upload was opened."""
    return {
        **items.plan_attributes(replace(plan, home=built_by.home)),
        **items.missing_attributes(built_by.missing_count or 0, built_by.missing),
        **items.unreadable_attributes(built_by.unreadable_count, built_by.unreadable),
        **all_of(
            {
                "totalFiles": built_by.total_files,
                "bytesTotal": built_by.bytes_total,
                "archives": built_by.archives,
                "packing": built_by.packing,
                "expiresAt": built_by.expires_at,
                "ttl": items.record_ttl(built_by.expires_at),
            }
        ),
    }
