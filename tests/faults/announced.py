"""What must be true of all that is told of jobs: of events, of webhooks, of mail, and of what is
kept of each notice."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from standardwebhooks import Webhook

from chalicelib.announcing.mail import ID_HEADER
from chalicelib.jobs import places
from chalicelib.jobs.items import UNTOLD, to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.settings import Inclusion, JobEvent
from tests.faults.audience import Mood, url
from tests.faults.expressions import Item
from tests.faults.lambdas import CLOCK_OFF_MAX
from tests.faults.post import Letter
from tests.faults.receivers import KEYS, Post

TRIES: Final = 11
LIFE: Final = 27 * 3_600_000
PAUSE_MAX: Final = int(8 * 3_600_000 * 1.1)
"""A notice is given up after so many tries, or when the next one would be later than LIFE ms after
the first. No pause is longer."""

_UNSENT: Final = ("pending", "retrying")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TYPES: Final[dict[str, JobEvent]] = {
    "Longhaul Job Accepted": "accepted",
    "Longhaul Job Started": "started",
    "Longhaul Job Ended": "ended",
}

Notice = dict[str, Any]


@dataclass(slots=True)
class Announced:
    """Knows what was told so far. `items` are those of the table, `last` has each job as it was at
    its end. `says` is called with what must not be. `events`, `includes` and `default` are those of
    the audience.

    `told` has what was said first of each event, by the job and the event. `taken` counts how often
    a receiver took a notice, `refused` has the moods in which receivers did not. `done` has when a
    notice was sent or given up, `deleted` when a job was deleted. `born` has each job as it was
    first written, `untold` since when its record says that an event is untold. `again` has for each
    job who was named later than in its request, or nobody, and `unanswered` those whose request had
    no answer. `tokens` has what each address needs to opt out, `out` when it was told that it gets
    no more mail. Those in `may_be_out` have tried. Times are in ms.
    """

    items: dict[str, Item]
    last: Mapping[str, Job]
    says: Callable[[str], None]
    now: Callable[[], int]
    events: tuple[JobEvent, ...]
    includes: tuple[Inclusion, ...]
    default: bool
    told: dict[tuple[str, JobEvent], dict[str, Any]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    refused: dict[str, set[Mood]] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    born: dict[str, Job] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    deleted: dict[str, int] = field(default_factory=dict)
    untold: dict[tuple[str, JobEvent], int] = field(default_factory=dict)
    again: dict[str, set[str]] = field(default_factory=dict)
    unanswered: set[tuple[str, str]] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)
    may_be_out: set[str] = field(default_factory=set)
    out: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    # -- what comes in -----------------------------------------------------------------------------

    def heard(self, entry: Mapping[str, Any], since: int) -> None:
        """Checks an event that the bus has taken."""
        detail: dict[str, Any] = json.loads(entry["Detail"])
        event, job_id = _TYPES[entry["DetailType"]], str(detail["jobId"])
        if event not in self.events or entry["Source"] != "longhaul":
            self.says(f"{job_id}: {event} of {entry['Source']} is told, and nobody wants that")
        if _ms(entry["Time"]) != _ms_of(detail["time"]):
            self.says(f"{job_id}: {event} has the time {entry['Time']}, and says {detail['time']}")
        self._check(event, detail, since)
        first = self.told.setdefault((job_id, event), detail)
        self.counts[f"event: {event}" if first is detail else f"event once more: {event}"] += 1
        if not _agree(first, detail):
            self.says(f"{job_id}: {event} was told as {first}, and then as {detail}")

    def came(self, post: Post) -> None:
        """Checks a webhook that was posted, whatever its receiver does with it."""
        body = json.loads(post.body)
        detail, notice_id = body["data"], post.headers["webhook-id"]
        job_id = str(detail["jobId"])
        self.counts[f"webhook: {post.mood}"] += 1
        if body["type"] != f"export.{detail['status']}" or body["timestamp"] != detail["time"]:
            self.says(f"{job_id}: a webhook says {body}")
        if not _is_signed(post):
            self.says(f"{job_id}: a webhook has the headers {dict(post.headers)}")
        self._check("ended", detail, since=post.since)
        self._sent(job_id, notice_id, "webhook", post.url, post.since)
        if post.is_taken:
            self.taken[notice_id] += 1
        else:
            self.refused.setdefault(notice_id, set()).add(post.mood)

    def mailed(self, letter: Letter) -> None:
        """Checks a mail that was sent."""
        found = re.search(rf"/#/jobs/({places.JOB_ID.pattern})", letter.text)
        if found is None:
            self.says(f"a mail to {letter.to} links to no job: {letter.text}")
            return
        job_id = found[1]
        self.counts["mail"] += 1
        self.tokens[letter.to] = str(letter.message["List-Unsubscribe"]).strip("<>").split("/")[-1]
        if self.out.get(letter.to, letter.since) < letter.since:
            self.says(f"{letter.to}: there is mail, and nobody there wants it any more")
        if _status(self.items[job_id]) in OPEN:
            self.says(f"{job_id}: has not ended, and there is a mail about it")
        self._check_deletion(job_id, letter.since, is_told=False)
        notice_id = str(letter.message[ID_HEADER])
        self._sent(job_id, notice_id, "mail", letter.to, letter.since)
        self.taken[notice_id] += 1

    def asks_again(self, job_id: str, whom: Collection[str]) -> None:
        """Notes that somebody asks to have these told too, or all once more."""
        self.again.setdefault(job_id, set()).update(whom)
        self.unanswered |= {(job_id, one) for one in whom}

    def will_tell_again(self, job_id: str, whom: Collection[str], begun: int) -> None:
        """Checks the answer to such a request, which has begun then."""
        self.unanswered -= {(job_id, one) for one in whom}
        if job_id in self.deleted:
            return
        notices = self._notices(job_id)
        if not set(whom) <= {one["to"] for one in notices}:
            self.says(f"{job_id}: {whom} will be told, it is said, and are not in {notices}")
        for one in notices:
            is_meant = not whom or one["to"] in whom
            if is_meant and self.done.get(one["id"], begun) < begun:
                self.says(f"{job_id}: {one} will be told again, it is said, and is not")

    def opted_out(self, address: str, status: int) -> None:
        """Checks the answer to somebody who wants no mail."""
        self.out.setdefault(address, self.now())
        if status != HTTPStatus.OK:
            self.says(f"{address}: cannot opt out: {status}")

    def _sent(self, job_id: str, notice_id: str, kind: str, to: str, since: int) -> None:
        """Checks that somebody asked for what was sent, and that it was not done before."""
        known = {one["id"]: one for one in self._notices(job_id)}
        notice = known.get(notice_id)
        if notice is None:
            if job_id not in self.deleted:
                self.says(f"{job_id}: told to {to}, and nobody asked for {notice_id!r}")
        elif (notice["kind"], notice["to"] or url(0)) != (kind, to):
            self.says(f"{job_id}: {notice} was sent to {to}")
        if notice_id in self.done and self.done[notice_id] < since:
            self.says(f"{job_id}: told to {to} once more, after that was done")

    # -- what is told is true ----------------------------------------------------------------------

    def _check(self, event: JobEvent, detail: Mapping[str, Any], since: int) -> None:
        job_id = str(detail["jobId"])
        item = self.items.get(job_id)
        if item is None:
            self.says(f"{job_id}: {event} is told, and the job is not on record")
            return
        status = _status(item)
        if event == "ended" and status in OPEN:
            self.says(f"{job_id}: its end is told, and it is {status}")
            return
        if event == "started" and job_id not in self.started:
            self.says(f"{job_id}: its start is told, and it is {status}")
            return
        is_deleted = bool(detail["deleted"])
        self._check_deletion(job_id, since, is_told=is_deleted)
        expected = self._expected(event, job_id, is_deleted=is_deleted)
        said = dict(detail)
        for name in ("createdAt", "expiresAt"):
            if said.get(name):
                said[name] = _ms_of(said[name])
        time = _ms_of(said.pop("time"))
        if event == "ended" and time != self.last[job_id].updated_at:
            self.says(f"{job_id}: {event} is told with the time {detail['time']}")
        if not str(said.pop("link", f"https:/#/jobs/{job_id}")).endswith(f"/#/jobs/{job_id}"):
            self.says(f"{job_id}: {event} is told with the link {detail['link']}")
        if len(said.pop("id")) != len(job_id) or said != expected:
            self.says(f"{job_id}: {event} is told as {said}, and is {expected}")

    def _check_deletion(self, job_id: str, since: int, *, is_told: bool) -> None:
        """Only who has read the job before it was deleted may tell of its user."""
        if not is_told and self.deleted.get(job_id, since) < since:
            self.says(f"{job_id}: was deleted, and its user is told")
        if is_told and job_id not in self.deleted:
            self.says(f"{job_id}: is told to be deleted, and is not")

    def _expected(self, event: JobEvent, job_id: str, *, is_deleted: bool) -> dict[str, Any]:
        """Returns what must be told, without the id, the time and the link."""
        born = self.born[job_id]
        wanted: dict[str, Any] = {
            "version": "1",
            "jobId": job_id,
            "userId": None if is_deleted else born.user_id,
            "status": {"accepted": "queued", "started": "processing"}.get(event),
            "createdAt": born.created_at,
            "retryOf": born.retry_of,
            "deleted": is_deleted,
        }
        failure = None
        if event == "ended":
            job = self.last[job_id]
            is_completed = job.status is Status.COMPLETED
            failure = None if is_deleted else job.failure
            skipped = (job.missing_count or 0) + job.unreadable_count
            wanted |= {
                "status": job.status,
                "reason": failure.slug if failure else None,
                "files": job.files_done if is_completed else 0,
                "filesSkipped": 0 if is_deleted else skipped,
                "bytes": job.bytes_total if is_completed else 0,
                "reused": job.reused_from is not None,
                "expiresAt": job.expires_at if is_completed and not is_deleted else None,
            }
            if "detail" in self.includes:
                wanted["detail"] = failure.detail if failure else None
        if "filename" in self.includes:
            wanted["filename"] = None if is_deleted else born.filename
        return wanted

    # -- what is kept ------------------------------------------------------------------------------

    def written(self, key: str, before: Item | None, after: Item) -> None:
        """Checks a change of the table."""
        if places.is_record(key):
            self._record_written(key, before, after)
        elif key.endswith("/notices"):
            self._notices_written(key, before, after)

    def _record_written(self, key: str, before: Item | None, after: Item) -> None:
        if before is None:
            self.born[key] = to_job(after)
        if _status(after) is Status.PROCESSING:
            self.started.add(key)
        if "deletedAt" in after:
            self.deleted.setdefault(key, self.now())
        names = UNTOLD.items()
        was = [event for event, name in names if before is not None and name in before]
        untold = [event for event, name in names if name in after]
        if {"announceAt" in after, "announceShard" in after} != {bool(untold)}:
            self.says(f"{key}: {untold} is untold, and wrongly in the index or missing there")
        for event in untold:
            self.untold.setdefault((key, event), self.now())
        for event in set(was) - set(untold):
            del self.untold[key, event]
            if event in self.events and (key, event) not in self.told:
                self.says(f"{key}: said to have been told of {event}, and nobody has heard of it")

    def _notices_written(self, key: str, before: Item | None, after: Item) -> None:
        job_id = places.job_of_item(key)
        if "notices" not in after:
            if job_id not in self.deleted:
                self.says(f"{job_id}: its notices were forgotten")
            return
        old = {one["id"]: one for one in _rows(before)}
        new = _rows(after)
        due = [one["next_at"] for one in new if one["state"] in _UNSENT and one["next_at"]]
        if {"announceAt" in after, "announceShard" in after} != {bool(due)}:
            self.says(f"{job_id}: {new} are due, and wrongly in the index or missing there")
        if old.keys() - {one["id"] for one in new}:
            self.says(f"{job_id}: {new} were {old}")
        for one in new:
            if one["id"] in old and one != old[one["id"]]:
                self._notice_changed(job_id, old[one["id"]], one)

    def _notice_changed(self, job_id: str, old: Notice, new: Notice) -> None:
        if any(old[name] != new[name] for name in ("kind", "to")):
            self.says(f"{job_id}: {new} was {old}")
        if new["attempts"] == 0 and job_id in self.again:
            self._begun_again(job_id, new)
            return
        if old["state"] not in _UNSENT:
            self.says(f"{job_id}: {new} was done: {old}")
        if new["attempts"] != old["attempts"]:
            self._claimed(job_id, old, new)
        if new["state"] in _UNSENT:
            if new["next_at"] is None:
                self.says(f"{job_id}: nobody sends {new} again")
            if new["last_error"].startswith("it answered 410"):
                self.says(f"{job_id}: its receiver wants no more, and {new} is sent again")
            return
        self._done(job_id, new)

    def _done(self, job_id: str, notice: Notice) -> None:
        self.done[notice["id"]] = self.now()
        self.counts[f"notice: {notice['state']}"] += 1
        if notice["state"] == "given-up":
            self._given_up(job_id, notice)
        elif notice["state"] == "sent" and not self.taken[notice["id"]]:
            self.says(f"{job_id}: {notice} is said to be sent, and nobody has got it")
        elif notice["state"] == "opted-out" and notice["to"] not in self.may_be_out:
            self.says(f"{job_id}: {notice} has opted out, and nobody wanted that")

    def _begun_again(self, job_id: str, notice: Notice) -> None:
        """Nothing counts of the tries before."""
        if notice["state"] != "pending" or _status(self.items[job_id]) in OPEN:
            self.says(f"{job_id}: {notice} is begun again")
        self.done.pop(notice["id"], None)
        self.refused.pop(notice["id"], None)
        del self.taken[notice["id"]]

    def _claimed(self, job_id: str, old: Notice, new: Notice) -> None:
        if new["attempts"] != old["attempts"] + 1:
            self.says(f"{job_id}: {new} was tried {old['attempts']} times before")
        if _status(self.items[job_id]) in OPEN:
            self.says(f"{job_id}: has not ended, and {new} is tried")
        if old["next_at"] is not None and old["next_at"] > self.now() + CLOCK_OFF_MAX:
            self.says(f"{job_id}: {new} is tried too early; before, it was {old}")

    def _given_up(self, job_id: str, notice: Notice) -> None:
        """A notice is given up after a day, or if its receiver wants no more or must not be
        told."""
        if self.refused.get(notice["id"], set()) & {Mood.GONE, Mood.FORBIDDEN}:
            return
        age = self.now() - (notice["first_at"] or self.now())
        if notice["attempts"] < TRIES and age + PAUSE_MAX + CLOCK_OFF_MAX < LIFE:
            self.says(f"{job_id}: {notice} was given up too early")

    def _notices(self, job_id: str) -> list[Notice]:
        return _rows(self.items.get(places.notices(job_id)))

    def untold_since(self, job_id: str) -> int | None:
        """Returns since when something of the job is untold; None if nothing is."""
        return min((at for (key, _), at in self.untold.items() if key == job_id), default=None)

    # -- when all is over --------------------------------------------------------------------------

    def check(self, jobs: list[Job], asked: Mapping[str, set[str]]) -> None:
        """Checks what must be true at the end of a run. `asked` has whom the requests of each job
        name."""
        for job in jobs:
            wanted = {*self.events} - ({"started"} if job.job_id not in self.started else set())
            for event in sorted(wanted):
                if (job.job_id, event) not in self.told and job.status not in OPEN:
                    self.says(f"{job.job_id}: {job.status}, and nobody was told of {event}")
            if not job.is_deleted:
                self._check_notices(job, {*asked[job.job_id], *([""] if self.default else [])})
        for key, item in self.items.items():
            if {"announceAt", *UNTOLD.values()} & item.keys():
                self.says(f"{key}: there is still something to tell: {item}")
        ids = Counter(detail["id"] for detail in self.told.values())
        if any(times > 1 for times in ids.values()):
            self.says(f"two events have the same id: {ids.most_common(1)}")

    def _check_notices(self, job: Job, asked: set[str]) -> None:
        notices = self._notices(job.job_id)
        there = [one["to"] for one in notices]
        perhaps = self.again.get(job.job_id, set())
        if len(set(there)) < len(there) or not asked <= {*there} <= asked | perhaps:
            self.says(f"{job.job_id}: {asked} are to be told, and its notices are for {there}")
        for one in notices:
            # Who gets no answer asks again.
            is_begun = one["next_at"] is not None or (job.job_id, one["to"]) not in self.unanswered
            if one["state"] in _UNSENT and job.status not in OPEN and is_begun:
                self.says(f"{job.job_id}: has ended, and {one} was not sent")


def _status(item: Item) -> Status:
    return Status(item["status"]["S"])


def _rows(item: Item | None) -> list[Notice]:
    rows: list[Notice] = json.loads(item["notices"]["S"]) if item and "notices" in item else []
    return rows


def _agree(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both say the same. What belongs to a user may be taken away by a deletion."""
    if first["deleted"] == other["deleted"]:
        return first == other
    gone = {"deleted", "userId", "reason", "filesSkipped", "expiresAt", "detail", "filename"}
    return all(first[name] == other[name] for name in first.keys() - gone)


def _is_signed(post: Post) -> bool:
    """Whether each key of the secret has signed the webhook, as Standard Webhooks has it."""
    headers = post.headers
    at = _EPOCH + timedelta(seconds=int(headers["webhook-timestamp"]))
    text = post.body.decode()
    wanted = [Webhook(key).sign(headers["webhook-id"], at, text) for key in KEYS.values()]
    return headers["webhook-signature"].split() == wanted


def _ms(moment: datetime) -> int:
    return round((moment - _EPOCH) / timedelta(milliseconds=1))


def _ms_of(text: str) -> int:
    return _ms(datetime.fromisoformat(text))
