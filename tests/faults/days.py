"""What must be true of the bytes that users export on a day. Some runs have a quota of them."""

from typing import TYPE_CHECKING

from chalicelib.jobs.model import Job, user_mark
from chalicelib.jobs.quotas import day_of
from tests.faults.expressions import Item, number
from tests.faults.kinds import Kind

if TYPE_CHECKING:
    from tests.faults.world import World

EVERY = 8
"""One run in this many has a quota."""


def most_of(seed: int) -> int:
    """Returns the most bytes of a user's day; 0: the run has no quota. Chance is left alone, so
    that runs without a quota stay what they were."""
    return (4_000, 12_000, 40_000)[seed // EVERY % 3] if seed % EVERY == EVERY - 3 else 0


def wrong(before: Item | None, after: Item, most: int) -> str:
    """Returns what is wrong with a change of a day's item; empty if nothing is."""
    if "bytesUsed" not in after:
        return "" if _marks(after) == set() else "a day has jobs and no bytes"  # a user was erased
    was, now = before or {}, number(after["bytesUsed"])
    new = _marks(after) - _marks(was)
    if len(new) != 1 or not _marks(was) <= _marks(after):
        return f"a change of a day has counted {len(new)} jobs"
    if not _used(was) <= now <= most:
        return f"a day has {now} of {most} bytes"
    return ""


def is_used_up(items: dict[str, Item], user_id: str, most: int) -> bool:
    """Whether a user's bytes of any day are used up."""
    days = (item for key, item in items.items() if key.startswith(f"quota/{user_mark(user_id)}/"))
    return bool(most) and any(_used(item) >= most for item in days)


def check(world: "World", jobs: list[Job], sizes: dict[str, int], *, is_all: bool) -> None:
    """Reports jobs that are not counted, and days that do not have the bytes of their jobs. `jobs`
    are those that were not deleted, `is_all` says if these are all. `sizes` has the bytes that each
    job asked for, if no file has changed."""
    if not world.day_bytes or world.faults.counts[Kind.ERASED]:
        return
    says = world.witness.says
    for job in jobs:
        counted = _mark(job) in _marks(_day(world, job))
        is_own = job.plan is not None and job.home == job.job_id and not job.was_replanned
        if is_own and not counted:
            says(f"{job.job_id}: planned, and not counted")
        is_refused = job.failure is not None and job.failure.slug == "quota-exceeded"
        if counted and is_refused and not world.files.changed:
            says(f"{job.job_id}: counted, and refused for its quota")
    if world.files.is_unsure or not is_all:
        return
    for user_id in {job.user_id for job in jobs}:
        own = [job for job in jobs if job.user_id == user_id]
        item = _day(world, own[0])
        total = sum(sizes[job.job_id] for job in own if _mark(job) in _marks(item))
        if _used(item) != total:
            says(f"{user_id}: {item} is counted, and the jobs have {total}")


def did_not_fit(world: "World", job: Job, size: int) -> bool:
    """Whether the job may have been refused for its user's quota."""
    fits = _used(_day(world, job)) + size <= world.day_bytes
    is_unsure = world.files.is_unsure or world.faults.counts[Kind.ERASED] > 0
    return bool(world.day_bytes) and (is_unsure or not fits)


def _day(world: "World", job: Job) -> Item:
    return world.table.items.get(f"quota/{user_mark(job.user_id)}/{day_of(job.created_at)}", {})


def _used(item: Item) -> int:
    return number(item.get("bytesUsed", {"N": "0"}))


def _marks(item: Item) -> set[int]:
    return {int(one) for one in item.get("countedJobs", {}).get("NS", ())}


def _mark(job: Job) -> int:
    return int(job.job_id.replace("-", "")[:24], 16)
