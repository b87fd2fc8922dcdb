"""What must be true of what the table keeps: of what is untold of each job, and of its notices.

It is checked at each change, and when a run is over."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from chalicelib.jobs import places
from chalicelib.jobs.items import UNTOLD, to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from tests.faults.announced import Announced, Notice, rows, status_of
from tests.faults.audience import Mood, url
from tests.faults.expressions import Item
from tests.faults.lambdas import CLOCK_OFF_MAX

TRIES: Final = 11
LIFE: Final = 27 * 3_600_000
PAUSE_MAX: Final = int(8 * 3_600_000 * 1.1)
"""A notice is given up after so many tries, or when the next one would be later than LIFE ms after
the first. No pause is longer."""

UNSENT: Final = ("pending", "retrying")


def written(announced: Announced, key: str, before: Item | None, after: Item) -> None:
    """Checks a change of the table."""
    if places.is_record(key):
        _record_written(announced, key, before, after)
    elif key.endswith("/notices"):
        _notices_written(announced, key, before, after)


def _record_written(announced: Announced, key: str, before: Item | None, after: Item) -> None:
    if before is None:
        announced.born[key] = to_job(after)
    if status_of(after) is Status.PROCESSING:
        announced.started.add(key)
    if "deletedAt" in after:
        announced.deleted.setdefault(key, announced.now())
    names = UNTOLD.items()
    was = [event for event, name in names if before is not None and name in before]
    untold = [event for event, name in names if name in after]
    if {"announceAt" in after, "announceShard" in after} != {bool(untold)}:
        announced.says(f"{key}: {untold} is untold, and wrongly in the index or missing there")
    for event in untold:
        announced.untold.setdefault((key, event), announced.now())
    for event in set(was) - set(untold):
        del announced.untold[key, event]
        if event in announced.events and (key, event) not in announced.told:
            announced.says(f"{key}: said to have been told of {event}, and nobody has heard of it")


def _notices_written(announced: Announced, key: str, before: Item | None, after: Item) -> None:
    job_id = places.job_of_item(key)
    if "notices" not in after:
        if job_id not in announced.deleted:
            announced.says(f"{job_id}: its notices were forgotten")
        return
    old = {one["id"]: one for one in rows(before)}
    new = rows(after)
    due = [one["next_at"] for one in new if one["state"] in UNSENT and one["next_at"]]
    if {"announceAt" in after, "announceShard" in after} != {bool(due)}:
        announced.says(f"{job_id}: {new} are due, and wrongly in the index or missing there")
    if old.keys() - {one["id"] for one in new}:
        announced.says(f"{job_id}: {new} were {old}")
    for one in new:
        if one["id"] in old and one != old[one["id"]]:
            _notice_changed(announced, job_id, old[one["id"]], one)


def _notice_changed(announced: Announced, job_id: str, old: Notice, new: Notice) -> None:
    if any(old[name] != new[name] for name in ("kind", "to")):
        announced.says(f"{job_id}: {new} was {old}")
    if new["attempts"] == 0 and job_id in announced.again:
        _begun_again(announced, job_id, new)
        return
    if old["state"] not in UNSENT:
        announced.says(f"{job_id}: {new} was done: {old}")
    if new["attempts"] != old["attempts"]:
        _claimed(announced, job_id, old, new)
    if new["state"] in UNSENT:
        if new["next_at"] is None:
            announced.says(f"{job_id}: nobody sends {new} again")
        if new["last_error"].startswith("it answered 410"):
            announced.says(f"{job_id}: its receiver wants no more, and {new} is sent again")
        return
    _done(announced, job_id, new)


def _done(announced: Announced, job_id: str, notice: Notice) -> None:
    announced.done[notice["id"]] = announced.now()
    announced.counts[f"notice: {notice['state']}"] += 1
    if notice["state"] == "given-up":
        _given_up(announced, job_id, notice)
    elif notice["state"] == "sent" and not announced.taken[notice["id"]]:
        announced.says(f"{job_id}: {notice} is said to be sent, and nobody has got it")
    elif notice["state"] == "opted-out" and notice["to"] not in announced.may_be_out:
        announced.says(f"{job_id}: {notice} has opted out, and nobody wanted that")


def _begun_again(announced: Announced, job_id: str, notice: Notice) -> None:
    """Nothing counts of the tries before."""
    if notice["state"] != "pending" or status_of(announced.items[job_id]) in OPEN:
        announced.says(f"{job_id}: {notice} is begun again")
    announced.done.pop(notice["id"], None)
    announced.refused.pop(notice["id"], None)
    del announced.taken[notice["id"]]


def _claimed(announced: Announced, job_id: str, old: Notice, new: Notice) -> None:
    if new["attempts"] != old["attempts"] + 1:
        announced.says(f"{job_id}: {new} was tried {old['attempts']} times before")
    if status_of(announced.items[job_id]) in OPEN:
        announced.says(f"{job_id}: has not ended, and {new} is tried")
    if old["next_at"] is not None and old["next_at"] > announced.now() + CLOCK_OFF_MAX:
        announced.says(f"{job_id}: {new} is tried too early; before, it was {old}")


def _given_up(announced: Announced, job_id: str, notice: Notice) -> None:
    """A notice is given up after a day, or if its receiver wants no more or must not be told."""
    if announced.refused.get(notice["id"], set()) & {Mood.GONE, Mood.FORBIDDEN}:
        return
    age = announced.now() - (notice["first_at"] or announced.now())
    if notice["attempts"] < TRIES and age + PAUSE_MAX + CLOCK_OFF_MAX < LIFE:
        announced.says(f"{job_id}: {notice} was given up too early")


def check(announced: Announced, jobs: list[Job], asked: Mapping[str, set[str]]) -> None:
    """Checks what must be true at the end of a run. `asked` has whom the requests of each job
    name."""
    for job in jobs:
        wanted = {*announced.events} - (
            {"started"} if job.job_id not in announced.started else set()
        )
        for event in sorted(wanted):
            if (job.job_id, event) not in announced.told and job.status not in OPEN:
                announced.says(f"{job.job_id}: {job.status}, and nobody was told of {event}")
        if not job.is_deleted:
            whom = asked[job.job_id]
            # Who asks for the stack's own webhook is told once.
            own = {""} if announced.default and url(0) not in whom else set()
            _check_notices(announced, job, {*whom, *own})
    for key, item in announced.items.items():
        if {"announceAt", *UNTOLD.values()} & item.keys():
            announced.says(f"{key}: there is still something to tell: {item}")
    ids = Counter(detail["id"] for detail in announced.told.values())
    if any(times > 1 for times in ids.values()):
        announced.says(f"two events have the same id: {ids.most_common(1)}")


def _check_notices(announced: Announced, job: Job, asked: set[str]) -> None:
    notices = announced.notices(job.job_id)
    there = [one["to"] for one in notices]
    perhaps = announced.again.get(job.job_id, set())
    if len(set(there)) < len(there) or not asked <= {*there} <= asked | perhaps:
        announced.says(f"{job.job_id}: {asked} are to be told, and its notices are for {there}")
    for one in notices:
        # Who gets no answer asks again.
        is_begun = one["next_at"] is not None or (job.job_id, one["to"]) not in announced.unanswered
        if one["state"] in UNSENT and job.status not in OPEN and is_begun:
            announced.says(f"{job.job_id}: has ended, and {one} was not sent")
