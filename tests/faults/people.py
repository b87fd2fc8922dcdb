"""The people of a run: they request exports, some of them twice, cancel, retry and delete some,
and change files at the same time."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from random import Random

from chalicelib.errors import LonghaulError, QuotaUsedUp, TooManyJobs, Unavailable
from chalicelib.http import exports, mending, notifications, unsubscribe
from chalicelib.http.calls import Call, Reply
from chalicelib.jobs.arrivals import Arrival
from chalicelib.pipeline import erasing
from chalicelib.services import PLAN_VERSION, Services
from chalicelib.trace_ids import SpanRef
from tests.faults.announced import Announced
from tests.faults.audience import Audience, url
from tests.faults.files import Files
from tests.faults.forms import Form, Forms
from tests.faults.kinds import Faults, Kind
from tests.faults.lambdas import Lambdas
from tests.faults.network import WRITES
from tests.faults.schedule import Schedule
from tests.faults.shrink import Small
from tests.faults.sqs import SQS
from tests.faults.stored import Lock
from tests.faults.wishes import USERS, Wish, body
from tests.faults.witness import Witness

_API_SECONDS = 29
_CONTEXT = {"resourcePath": "/v1/export", "path": "/v1/export", "domainName": "longhaul.test"}
_TRIES = 4
_THROTTLED_MAX = 40_000  # ms; a message comes again for some minutes
NO_JOB = "00000000-0000-4000-8000-000000000000"


class People:
    """`cancels` counts the requests to cancel a job, `deletions` those to delete a job or a user.
    `urls` are those of the queues. `latency` is the mean time of a request, one way, in ms.
    `deny(operations, until)` forbids requests for a while."""

    def __init__(
        self,
        random: Random,
        schedule: Schedule,
        faults: Faults,
        lambdas: Lambdas,
        files: Files,
        *,
        sqs: SQS,
        urls: Sequence[str],
        latency: float,
        witness: Witness,
        deny: Callable[[Sequence[str], int], None],
        archive: str,
        small: Small,
        audience: Audience,
        announced: Announced,
        forms: Forms,
    ) -> None:
        self.wishes: list[Wish] = []
        self.cancels = 0
        self.deletions = 0
        self._random = random
        self._schedule = schedule
        self._faults = faults
        self._lambdas = lambdas
        self._files = files
        self._sqs = sqs
        self._urls = urls
        self._latency = latency
        self._witness = witness
        self._deny = deny
        self._archive = archive
        self._small = small
        self._audience = audience
        self._announced = announced
        self._forms = forms

    def begin(self) -> None:
        random, spawn = self._random, self._schedule.spawn
        for number in range(random.choice((1, 1, 1, 2, 3))):
            self._come(
                Wish(
                    body(self._random, self._files) | self._audience.named() | self._forms.named(),
                    f"key-{number}" if random.random() < 0.6 else None,
                )
            )
        if random.random() < 0.1:
            spawn("operator", self._purge, self._moment())
        if random.random() < 0.1:
            spawn("stranger", self._send_garbage, self._moment())
        if random.random() < 0.2:
            for _ in range(random.randrange(1, 4)):
                spawn("meddler", self._meddle, self._moment())
        if random.random() < 0.1:
            for _ in range(random.randrange(1, 20)):
                spawn("intruder", self._tamper, self._moment())
        if random.random() < 0.25:
            spawn("operator", self._deploy, self._moment())
        if random.random() < 0.1:
            spawn("operator", self._erase, self._moment())
        self._disturb_stack()

    def _disturb_stack(self) -> None:
        ground, spawn = self._files.ground, self._schedule.spawn
        if self._random.random() < 0.1:
            spawn("operator", self._deny_bus, self._moment())
        if self._audience.asks and self._audience.random.random() < 0.5:
            spawn("reader", self._opt_out, 10 * self._moment())
        for _ in range(ground.lockings):
            spawn("owner", self._lock, self._moment())
        for _ in range(ground.meddlings):
            spawn("meddler", self._meddle, self._moment())

    def begin_alone(self, form: Form) -> None:
        """Requests one export of all files, in this form. Nothing else happens."""
        asked = {"user_id": "ann", "prefix": "downloads/", "notify": {"url": url(0)}, **form}
        wish = Wish(asked, "key")
        self.wishes.append(wish)
        self._schedule.spawn("user", partial(self.ask, wish))

    def _come(self, wish: Wish) -> None:
        """Schedules everything that people do about this wish."""
        random, spawn = self._random, self._schedule.spawn
        self.wishes.append(wish)
        at = random.randrange(20_000)
        spawn("user", partial(self.ask, wish), at)
        if wish.key and random.random() < 0.4:
            self._faults.counts[Kind.POSTED_AGAIN] += 1
            spawn("user", partial(self.ask, wish), max(0, at + random.randrange(-500, 500)))
        if random.random() < 0.25:
            spawn("user", partial(self._cancel, wish), at + self._moment())
        if random.random() < 0.4:
            spawn("user", partial(self._ask_again, wish), at + self._moment())
        if random.random() < 0.5:
            spawn("user", partial(self._retry, wish), at + self._moment())
        if random.random() < 0.25:
            spawn("operator", self._take_permission, at + self._moment())
        if random.random() < 0.3:
            spawn("user", partial(self._delete, wish), at + self._moment())
        if self._audience.asks and self._audience.random.random() < 0.5:
            spawn("user", partial(self._notify, wish), at + self._moment())

    def _moment(self) -> int:
        """Returns ms after a start. Most are in the middle of a step, some are long after it."""
        if self._random.random() < 0.7:
            return int(self._random.randrange(300) * self._latency)
        return int(10 ** self._random.uniform(2, 5.3))

    def _call(self, wish: Wish) -> Call:
        """Returns the request that API Gateway gets now."""
        headers = {"idempotency-key": wish.key} if wish.key else {}
        body = json.dumps(wish.body).encode()
        came = Arrival(at=self._schedule.now, caller=_caller(body))
        return Call(_CONTEXT, headers, {}, body, came=came)

    def ask(self, wish: Wish) -> None:
        """Requests the export, up to four times until there is an answer."""
        for _ in range(_TRIES):
            begun, accepted = self._schedule.now, bool(wish.key and wish.jobs)
            call = self._call(wish)
            reply = self._lambdas.invoke("api", _API_SECONDS, partial(exports.create, call))
            if isinstance(reply, TooManyJobs):
                self._faults.counts[Kind.LIMITED] += 1
                self._witness.limited(wish.body["user_id"], begun, accepted=accepted)
            if isinstance(reply, QuotaUsedUp):
                self._witness.used_up(wish.body["user_id"])
            if isinstance(reply, Reply) and reply.content:
                wish.jobs.add(reply.content["jobId"])
                return
            self._schedule.sleep(self._random.randrange(1000, 20_000))

    def _ask_again(self, wish: Wish) -> None:
        """Requests the same export a few times more, as somebody does who does not know of the
        first one, or does not trust it."""
        for _ in range(self._random.randrange(1, 4)):
            self._faults.counts[Kind.ASKED_AGAIN] += 1
            self._perhaps_meddle()
            more = {"filename": "again.zip", "fresh": self._random.random() < 0.2}
            asked = self._forms.perhaps_another(wish.body)
            again = Wish({**asked, **more, **self._audience.named()}, None)
            self.wishes.append(again)
            if self._random.random() < 0.4:
                self._schedule.spawn("user", partial(self._cancel, again), self._moment())
            self.ask(again)
            self._schedule.sleep(self._moment())

    def _cancel(self, wish: Wish) -> None:
        def cancel(services: Services, job_id: str) -> Reply:
            return exports.delete(self._call(wish), services, job_id)

        for job_id in sorted(wish.jobs):
            self.cancels += 1
            self._faults.counts[Kind.CANCELLED] += 1
            for _ in range(_TRIES):
                self.deletions += 1  # if the answer is lost, the next try deletes the job
                reply = self._lambdas.invoke("api", _API_SECONDS, partial(cancel, job_id=job_id))
                refused = isinstance(reply, LonghaulError) and not isinstance(reply, Unavailable)
                if refused or isinstance(reply, Reply):
                    break
                self._schedule.sleep(self._random.randrange(1000, 5_000))

    def _delete(self, wish: Wish) -> None:
        """Waits a while for the end of the jobs, and deletes some. If one is still open, that
        cancels it."""
        for _ in range(self._random.randrange(1, 5)):
            if not any(self._witness.is_open(job_id) for job_id in wish.jobs):
                break
            self._schedule.sleep(self._moment())
        self._perhaps_meddle()
        for job_id in sorted(wish.jobs):
            if self._random.random() < 0.7:
                twice = self._random.random() < 0.3
                for _ in range(2 if twice else 1):
                    self._schedule.spawn("user", partial(self._delete_job, wish, job_id))

    def _delete_job(self, wish: Wish, job_id: str) -> None:
        """Deletes a job. If it was open, or if there was no answer, does so once more."""
        self.cancels += 1
        for _ in range(_TRIES):
            self.deletions += 1
            begun = self.deletions
            reply = self._lambdas.invoke(
                "api",
                _API_SECONDS,
                lambda services: exports.delete(self._call(wish), services, job_id),
            )
            if isinstance(reply, Reply) and reply.status == HTTPStatus.NO_CONTENT:
                self._faults.counts[Kind.REMOVED] += 1
                self._witness.deleted(job_id, alone=begun == self.deletions)
                return
            self._schedule.sleep(self._random.randrange(1000, 20_000))

    def _erase(self) -> None:
        """Erases a user, who may go on to make jobs."""
        self.cancels += 1
        user_id = self._random.choice(USERS)
        for _ in range(self._random.randrange(1, 20)):
            self.deletions += 1
            reply = self._lambdas.invoke(
                "api", _API_SECONDS, lambda services: erasing.erase_user(services, user_id, 2)
            )
            if isinstance(reply, erasing.Erased):
                self._faults.counts[Kind.ERASED] += 1
                if not reply.more:
                    return
            else:
                self._schedule.sleep(self._random.randrange(1000, 20_000))

    def _retry(self, wish: Wish) -> None:
        """Looks a few times, and retries each job that has failed, sometimes twice. Retries that
        retry too, if it fails."""
        for _ in range(self._random.randrange(2, 7)):
            self._perhaps_meddle()
            for job_id in sorted(wish.jobs):
                for key in self._random.choice((("-",), ("-", "-"), ("one", "other"))):
                    again = Wish(wish.body, None)
                    self.wishes.append(again)
                    self._schedule.spawn("user", partial(self._retry_job, again, job_id, key))
            self._schedule.sleep(self._moment())
            wish = self._random.choice(self.wishes)

    def _retry_job(self, again: Wish, job_id: str, key: str) -> None:
        came = Arrival(at=self._schedule.now)
        call = Call(_CONTEXT, {"idempotency-key": key}, {}, b"", came=came)
        reply = self._lambdas.invoke(
            "api", _API_SECONDS, lambda services: mending.retry(call, services, job_id)
        )
        if isinstance(reply, Reply) and reply.content:
            self._faults.counts[Kind.RETRIED] += 1
            again.jobs.add(reply.content["jobId"])

    def _notify(self, wish: Wish) -> None:
        """Has somebody told of the jobs' ends, or all once more, a few times."""
        for _ in range(self._random.randrange(1, 4)):
            for job_id in sorted(wish.jobs):
                whom = self._audience.somebody() if self._random.random() < 0.5 else {}
                self._notify_of(job_id, whom)
            self._schedule.sleep(self._moment())

    def _notify_of(self, job_id: str, whom: dict[str, str]) -> None:
        self._faults.counts[Kind.TOLD_AGAIN] += 1
        call = Call(_CONTEXT, {}, {}, json.dumps(whom).encode())
        begun = self._schedule.now
        self._announced.asks_again(job_id, whom.values())
        for _ in range(_TRIES):
            reply = self._lambdas.invoke(
                "api", _API_SECONDS, lambda services: notifications.again(call, services, job_id)
            )
            if isinstance(reply, Reply):
                self._announced.will_tell_again(job_id, whom.values(), begun)
                return
            if isinstance(reply, LonghaulError) and not isinstance(reply, Unavailable):
                return  # as if there is nobody to tell
            self._schedule.sleep(self._random.randrange(1000, 20_000))

    def _opt_out(self) -> None:
        """Opts out of mail, once there has been one."""
        for address, token in sorted(self._announced.tokens.items()):
            self._faults.counts[Kind.OPTED_OUT] += 1
            self._announced.may_be_out.add(address)
            choose = partial(self._choose, token=token)
            reply = self._lambdas.invoke("api", _API_SECONDS, choose)
            if isinstance(reply, Reply):
                self._announced.opted_out(address, reply.status)

    @staticmethod
    def _choose(services: Services, token: str) -> Reply:
        call = Call(_CONTEXT, {}, {}, b"List-Unsubscribe=One-Click")
        return unsubscribe.choose(call, services, token)

    def _take_permission(self) -> None:
        self._faults.counts[Kind.DENIED] += 1
        self._deny(self._random.choice(WRITES), self._schedule.now + self._moment())

    def _deny_bus(self) -> None:
        """Takes away the permission to tell the bus, for up to some minutes."""
        self._faults.counts[Kind.BUS_DENIED] += 1
        self._deny(("put_events",), self._schedule.now + self._moment())

    def _deploy(self) -> None:
        """Deploys a version with another format of plans. In some runs it has another layout
        too."""
        self._faults.counts[Kind.DEPLOYED] += 1
        limits = self._small.limits
        copy_min = self._random.choice((400, 400, 700)) * self._small.scale
        limits = replace(limits, layout=replace(limits.layout, copy_min=copy_min))
        self._lambdas.deploy(plan_version=PLAN_VERSION + 1, limits=limits)

    def _tamper(self) -> None:
        """Replaces a part of an upload by a shorter one, as somebody can who may write to the
        archive bucket."""
        uploads = [one for one in self._files.s3.uploads.values() if one.bucket == self._archive]
        parts = [(one, number) for one in uploads for number in sorted(one.parts)]
        if not parts or self._faults.healed:
            return
        upload, number = self._random.choice(parts)
        upload.parts[number] = upload.parts[number][:-1]
        self._faults.counts[Kind.TAMPERED] += 1

    def _purge(self) -> None:
        self._faults.counts[Kind.PURGED] += 1
        for queue in self._urls:
            self._sqs.queues[queue].messages.clear()

    def _send_garbage(self) -> None:
        self._faults.counts[Kind.GARBAGE] += 1
        real = [job for wish in self.wishes for job in sorted(wish.jobs)] or [NO_JOB]
        assemble = {"v": 1, "step": "assemble", "job": NO_JOB}
        body = self._random.choice(
            (
                "",
                "nonsense",
                "[" * 1000,
                "x" * 256 * 1024,
                json.dumps({**assemble, "v": 0}),
                json.dumps({**assemble, "segment": 9999}),
                json.dumps({"v": 1, "step": "discard", "job": real[0]}),
                json.dumps({"v": 1, "step": "plan", "job": real[0]}),
                json.dumps({"v": 1, "step": "announce", "job": real[0]}),
                json.dumps({"v": 1, "step": "announce", "job": NO_JOB}),
            )
        )
        entries = [{"Id": "0", "MessageBody": body}]
        for queue in self._urls:
            self._sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def _perhaps_meddle(self) -> None:
        """Changes a file now and then, before somebody requests it again."""
        if self._random.random() < 0.15:
            self._meddle()

    def _meddle(self) -> None:
        files, kind = self._files, Kind.OVERWRITTEN
        how = self._random.random()
        if how < 0.6:
            files.overwrite(self._schedule.now)
        elif files.ground.versioning and how < 0.65:
            kind = Kind.FORGOTTEN
            files.forget_version(self._schedule.now)
        else:
            kind = Kind.DELETED
            files.delete(self._schedule.now)
        self._faults.counts[kind] += 1

    def disturb(self) -> None:
        """Overwrites the same file once more, just before somebody's request."""
        files = self._files
        if not self._faults.healed and self._random.random() < files.ground.restless:
            self._faults.counts[Kind.RESTLESS] += 1
            files.overwrite(self._schedule.now, files.favourite)

    def _lock(self) -> None:
        """Makes a file unreadable, for good or for a while, or makes one readable again."""
        files, how = self._files, self._random.random()
        if how < 0.4:
            self._faults.counts[Kind.UNLOCKED] += 1
            files.unlock(self._schedule.now)
        elif how < 0.8:
            self._faults.counts[Kind.LOCKED] += 1
            files.lock(self._schedule.now)
        else:
            self._faults.counts[Kind.KEY_THROTTLED] += 1
            key = files.lock(self._schedule.now, Lock.KEY_THROTTLED)
            self._schedule.sleep(self._random.randrange(_THROTTLED_MAX))
            files.unlock(self._schedule.now, key)


def _caller(body: bytes) -> SpanRef | None:
    """Returns the span that a request comes from. Every third has one. It follows from the body, so
    that nothing else of a run depends on it."""
    digest = hashlib.sha256(body).hexdigest()
    return None if int(digest, 16) % 3 else SpanRef(digest[:32], digest[32:48])
