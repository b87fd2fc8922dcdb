"""What must be true of all that is told of jobs: of events, of webhooks and of mail.

The table keeps what is to be told. announced_kept.py checks that."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from standardwebhooks import Webhook

from chalicelib.announcing.again import SOON_MS
from chalicelib.announcing.mail import ID_HEADER
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import State
from chalicelib.jobs.states import OPEN, Status
from chalicelib.settings import Inclusion, JobEvent
from tests.faults.audience import Mood, url
from tests.faults.expressions import Item
from tests.faults.lambdas import CLOCK_OFF_MAX
from tests.faults.post import Letter
from tests.faults.receivers import KEYS, Post

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
        if status_of(self.items[job_id]) in OPEN:
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
        notices = self.notices(job_id)
        if not set(whom) <= {one["to"] for one in notices}:
            self.says(f"{job_id}: {whom} will be told, it is said, and are not in {notices}")
        for one in notices:
            is_meant = not whom or one["to"] in whom
            if one["state"] == State.SENT and (
                begun - (one["first_at"] or 0) < SOON_MS + 2 * CLOCK_OFF_MAX
            ):
                continue  # it was sent a moment ago, by one clock or the other
            if is_meant and self.done.get(one["id"], begun) < begun:
                self.says(f"{job_id}: {one} will be told again, it is said, and is not")

    def opted_out(self, address: str, status: int) -> None:
        """Checks the answer to somebody who wants no mail."""
        self.out.setdefault(address, self.now())
        if status != HTTPStatus.OK:
            self.says(f"{address}: cannot opt out: {status}")

    def _sent(self, job_id: str, notice_id: str, kind: str, to: str, since: int) -> None:
        """Checks that somebody asked for what was sent, and that it was not done before."""
        known = {one["id"]: one for one in self.notices(job_id)}
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
        status = status_of(item)
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
            has_no_plan = job.failure is not None and job.plan is None
            skipped = 0 if has_no_plan else (job.missing_count or 0) + job.unreadable_count
            wanted |= {
                "status": job.status,
                "reason": failure.slug if failure else None,
                "files": job.files_done if is_completed else 0,
                "filesSkipped": 0 if is_deleted else skipped,
                "bytes": job.bytes_total if is_completed else 0,
                "reused": job.reused_from is not None,
                "expiresAt": job.expires_at if is_completed and not is_deleted else None,
            }
            if job.format != "zip":
                wanted["format"] = job.format
            if is_completed and job.archives > 1:
                wanted["archives"] = job.archives
            if "detail" in self.includes:
                wanted["detail"] = failure.detail if failure else None
        if "filename" in self.includes:
            wanted["filename"] = None if is_deleted else born.filename
        return wanted

    def notices(self, job_id: str) -> list[Notice]:
        """Returns the notices of the job, as they are kept."""
        return rows(self.items.get(places.notices(job_id)))

    def untold_since(self, job_id: str) -> int | None:
        """Returns since when something of the job is untold; None if nothing is."""
        return min((at for (key, _), at in self.untold.items() if key == job_id), default=None)


def status_of(item: Item) -> Status:
    """Returns the status that the record of a job has."""
    return Status(item["status"]["S"])


def rows(item: Item | None) -> list[Notice]:
    """Returns the notices that the item keeps; none, if it is not there or they are forgotten."""
    kept: list[Notice] = json.loads(item["notices"]["S"]) if item and "notices" in item else []
    return kept


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
