"""One run: the whole stack in memory, people who use it, and everything that goes wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any, Final, cast
from uuid import UUID

from chalicelib.announcing import announcer
from chalicelib.jobs.places import JOB_ID
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline.dead_letters import bury
from chalicelib.pipeline.sweeper import sweep
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Step
from chalicelib.services import Services, made
from tests.faults import announced_kept, audience, days, direct, files, forms, ground, spans
from tests.faults.deployed import (
    ANNOUNCEMENTS,
    ANNOUNCER_SECONDS,
    ANNOUNCERS,
    ARCHIVE,
    DEAD_LETTERS,
    DEAD_LETTERS_SECONDS,
    QUEUE,
    SETTINGS,
    SWEEPER_SECONDS,
    TABLE,
    WORKER_SECONDS,
    Function,
    Size,
    drawn,
    queues,
)
from tests.faults.dynamodb import DynamoDB
from tests.faults.executor import Executors
from tests.faults.expressions import Item
from tests.faults.files import Files
from tests.faults.forms import Form
from tests.faults.kinds import Faults, Kind
from tests.faults.lambdas import EventSource, Lambdas, Record
from tests.faults.network import LATE_MAX, Network
from tests.faults.people import People
from tests.faults.s3 import S3
from tests.faults.schedule import Schedule
from tests.faults.spans import Spans
from tests.faults.sqs import SQS, Held
from tests.faults.telling import Telling
from tests.faults.truth import Truth
from tests.faults.witness import LAG_MAX, Witness

_START: Final = 1_767_225_600_000  # 2026-01-01, in ms

MINUTE: Final = 60_000
BOUND: Final = 13 * 60 * MINUTE
"""This long after the last fault, nothing is left to do: a dead worker's message may be hidden for
an hour and a half, up to eight times."""

TERMINAL_BOUND: Final = 60 * MINUTE
"""This long after it was accepted, or after the last fault of a storm, a job has ended. The
sweeper's intervals double while a job does not move, so this is about as long as a storm."""

TERMINAL_BOUND_OF_FEW: Final = 20 * MINUTE
"""The same in a run with few faults. Part of it are slow requests in a queue with one worker."""

TURN: Final = 8 * MINUTE
"""Each job of the run adds this to either bound: there may be one slow worker for all of them."""


class Log:
    """Takes the log lines of all functions. Reports those that must not be to the witness."""

    def __init__(self, network: Network, witness: Witness, spans: Spans) -> None:
        self._network = network
        self._witness = witness
        self._spans = spans

    def info(self, event: str, /, **facts: object) -> None:
        self._network.log(f"    {event} {facts}")
        self._witness.logged(event, facts)
        self._spans.logged(event, facts, self._network.invocation)

    warning = error = info

    def exception(self, event: str, /, **facts: object) -> None:
        import traceback

        self._witness.says(f"{event}: {traceback.format_exc(limit=-3).strip()}")
        self.info(event, **facts)


@dataclass(slots=True)
class Ended:
    """The result of a run."""

    violations: list[str]
    faults: Counter[Kind]
    statuses: Counter[str]
    reuses: Counter[str]
    left_out: Counter[str]
    events: Counter[str]
    told: Counter[str]
    seen: Counter[str]
    requests: int
    minutes: float
    trace: list[str]


class World:
    """Everything of one run. It follows from the seed. With `only`, the run has these faults. With
    `rough`, its ground is rough. With `form`, all is as large as archives of that form take it.
    `day_bytes` is the most bytes of a user's day; 0: there is no
    quota."""

    def __init__(
        self,
        seed: int,
        *,
        trace: bool = False,
        only: Sequence[tuple[int, Kind]] | None = None,
        size: Size | None = None,
        rough: bool = False,
        form: Form | None = None,
    ) -> None:
        self.random = random = Random(seed)
        self.schedule = Schedule(random, _START)
        self.faults = Faults(random, only)
        is_whole = size is None and only is None
        self.ground = ground.of_run(seed, rough=rough) if is_whole else ground.TIDY
        self.audience = audience.of_run(seed) if is_whole else audience.QUIET
        self.forms = forms.of_run(seed) if is_whole else forms.alone(form or {})
        size = size or drawn(random)
        self.network = Network(self.schedule, self.faults, size.latency)
        self.network.trace = [] if trace else None
        self.small = replace(size.small, scale=self.forms.scale)
        self.s3 = S3(
            (files.BUCKET, ARCHIVE),
            self._now,
            limits=self.small.of_s3,
            answers_again=lambda: random.random() < 0.5,
            is_keyed=is_whole and seed % 3 == 1,
        )
        items: dict[str, Item] = {}
        truth = Truth(self.s3, ARCHIVE, items)
        self.day_bytes = days.most_of(seed) if is_whole else 0
        self.witness = Witness(
            self.s3, ARCHIVE, items, self._now, size.open_jobs, truth, self.day_bytes
        )
        self.spans = Spans(items, self.witness.says)
        self.network.heard = spans.heard
        self.telling = Telling(
            self.audience,
            items,
            network=self.network,
            faults=self.faults,
            schedule=self.schedule,
            random=random,
            witness=self.witness,
        )
        self.announced = self.telling.announced
        self.table = DynamoDB(
            TABLE,
            self._now,
            lag=lambda: random.randrange(size.lag + 1),
            page=self.small.page,
            leaves=self._leaves,
            written=self._written,
            items=items,
        )
        self.sqs = SQS(
            queues(),
            self._now,
            dead_letters=DEAD_LETTERS,
            changed=self._message_due,
            refuses=lambda: bool(self.faults.strikes(Kind.BATCH_REFUSED)),
            delay=self._delay,
            stale=lambda: random.random() < 0.5,
        )
        self.functions = direct.Functions(self.schedule, self.faults)
        self._direct_segments = direct.segments_of(seed) if size.is_direct else 0
        self.files = Files(self.s3, random, self.ground, self.forms.scale)
        self.files.fill(_START)
        self.services = self._services(size.open_jobs)
        self.lambdas = Lambdas(
            self.schedule,
            self.network,
            self.faults,
            self.services,
            self.witness.says,
        )
        self.functions.connect(self.lambdas, handle, WORKER_SECONDS)
        self._is_fair = size.is_fair
        self.sources = {
            QUEUE: self._source(
                QUEUE,
                Function("worker", handle, WORKER_SECONDS, size.workers, taken=self._taken),
            ),
            ANNOUNCEMENTS: self._source(
                ANNOUNCEMENTS,
                Function(
                    "announcer",
                    announcer.handle,
                    ANNOUNCER_SECONDS,
                    ANNOUNCERS,
                    batch=3,
                    lease=announcer.HIDDEN_SECONDS,
                    taken=self._announcement_taken,
                ),
            ),
            DEAD_LETTERS: self._source(
                DEAD_LETTERS,
                Function("bury", bury, DEAD_LETTERS_SECONDS, 1, batch=10, taken=self._taken),
            ),
        }
        self.people = People(
            random,
            self.schedule,
            self.faults,
            self.lambdas,
            self.files,
            sqs=self.sqs,
            urls=(QUEUE, ANNOUNCEMENTS),
            latency=size.latency,
            witness=self.witness,
            deny=self.network.deny,
            archive=ARCHIVE,
            small=self.small,
            audience=self.audience,
            announced=self.announced,
            forms=self.forms,
        )
        self.healed_at = 0
        self.seen = Counter[str]()
        if self.ground.restless:
            self.network.before = self.people.disturb

    def run(self, begin: Callable[[], None] | None = None) -> None:
        """Runs until nothing is left to do, or until BOUND after the last fault."""
        heal_in = self.random.randrange(MINUTE, 20 * MINUTE)
        self.schedule.at(_START + heal_in, self._heal)
        (begin or self.people.begin)()
        self._sweep_while(self._open, heal_in + BOUND)

    def expire(self) -> None:
        """Runs on until the archives have expired and are deleted, with new faults."""
        waiting = [int(i["wakeAt"]["N"]) for i in self.table.items.values() if "wakeAt" in i]
        if waiting:
            self.faults.healed = False
            heal_in = max(waiting) - self._now() + self.random.randrange(20 * MINUTE)
            self.schedule.at(self._now() + heal_in, self._heal)
            self.schedule.sleep(min(waiting) - self._now())
            self._sweep_while(self._kept, heal_in + BOUND)

    def _sweep_while(self, unfinished: Callable[[], bool], bound: int) -> None:
        """Lets time pass until nothing is unfinished, and no request can arrive late any more."""
        end = self._now() + bound
        calm = 0
        while calm <= LATE_MAX + MINUTE and self._now() < end + self.telling.more():
            for url in (QUEUE, ANNOUNCEMENTS):
                self.sqs.count(url)  # a later count may be as old as this one
            self.schedule.sleep(max(MINUTE, self._idle()))
            if self._something_due() and not self.faults.strikes(Kind.SWEEP_MISSED):
                self.schedule.spawn("sweeper", self._sweep)
            calm = 0 if unfinished() or self.schedule.busy else calm + MINUTE
        self.schedule.kill_all()
        for failure in self.schedule.failures:
            self.witness.says(f"a task ended with {failure!r}")

    def open_jobs(self) -> list[str]:
        """Returns the jobs that are counted as open ones of their users."""
        index = self.table.indexes["openOfUser"]
        index.catch_up(self._now() + LAG_MAX)
        return sorted(index.rows)

    def due_announcements(self) -> list[str]:
        """Returns the items that are in the index of announcements."""
        index = self.table.indexes["announce"]
        index.catch_up(self._now() + LAG_MAX)
        return sorted(index.rows)

    def _idle(self) -> int:
        """Returns the ms until something is due again, if only notices are left that are to be sent
        later: their pauses are hours. Else 0."""
        is_calm = self.faults.healed and self._now() > self.healed_at + LATE_MAX
        if not is_calm or self.schedule.busy or self._under_way():
            return 0
        due = (
            int(item[name]["N"])
            for item in self.table.items.values()
            for name in ("wakeAt", "announceAt")
            if name in item and item[name] != item.get("expiresAt")
        )
        return min(due, default=0) - self._now()

    def _written(self, key: str, before: Item | None, after: Item) -> None:
        self.witness.written(key, before, after)
        announced_kept.written(self.announced, key, before, after)
        self.spans.written(key, before, after)

    def _now(self) -> int:
        return self.schedule.now

    def _heal(self) -> None:
        self.faults.healed = True
        self.healed_at = self._now()
        self.network.log("no faults from now on")

    def _services(self, open_jobs: int) -> Services:
        def client(name: str, service: object) -> Any:
            return cast("Any", self.network.client(name, service))

        settings = self.audience.configured(self.ground.configured(SETTINGS))
        services = made(
            replace(
                settings,
                max_open_jobs_per_user=open_jobs,
                max_bytes_per_user_per_day=self.day_bytes,
                direct_segments=self._direct_segments,
                worker_function=direct.FUNCTION,
            ),
            functions=lambda: client("lambda", self.functions),
            dynamodb=client("dynamodb", self.table),
            s3=client("s3", self.s3),
            sqs=client("sqs", self.sqs),
            queue_batch=self.small.batch,
            log=Log(self.network, self.witness, self.spans),
            pools=cast("Any", Executors(self.random)),
            random=self.random,
            limits=self.small.limits,
            now=self._now,
            pause=lambda seconds: self.schedule.sleep(int(seconds * 1000)),
            cpu_seconds=lambda: 0.0,
            new_id=lambda: str(UUID(int=self.random.getrandbits(128), version=4)),
            new_secret=lambda: f"{self.random.getrandbits(256):064x}",
            **self.telling.clients(),
        )
        return replace(services, webhook_keys=self.telling.keys(settings))

    def _source(self, url: str, function: Function) -> EventSource:
        return EventSource(
            self.schedule,
            self.faults,
            self.lambdas,
            self.sqs,
            url=url,
            name=function.name,
            seconds=function.seconds,
            batch=function.batch,
            most=function.most,
            handler=function.handler,
            taken=function.taken,
            order=partial(self._order, url),
            lease=function.lease,
            is_work=self._names_open if url == QUEUE else self.telling.names_untold,
        )

    def _names_open(self, body: str) -> bool:
        job_id = re.search(JOB_ID.pattern, body)
        item = self.table.items.get(job_id[0]) if job_id else None
        return item is not None and _is_open(item)

    def _order(self, url: str, messages: Iterable[Held]) -> list[Held]:
        if self._is_fair:
            return self.sqs.fair_order(url, messages)
        return sorted(messages, key=lambda held: held.visible_at)

    def _message_due(self, url: str, at: int) -> None:
        self.schedule.at(at, self.sources[url].poke)

    def _taken(self, record: Record) -> None:
        """If the last message of an open job is acknowledged, only the sweeper can save the job."""
        job_id = re.search(JOB_ID.pattern, record["body"])
        if job_id is None or self.faults.counts[Kind.PURGED]:
            return
        if any(f'"{step}"' in record["body"] for step in (Step.DISCARD, Step.ANNOUNCE)):
            return  # garbage: an open job does not send it here, and does not wait for it
        item = self.table.items.get(job_id[0], {})
        if f'"{Step.READ}"' in record["body"] and "planDigest" in item:
            return  # another worker of `plan` did not wait for it, and works without a message
        digest = item.get("planDigest", {"S": ""})["S"]
        if f'"{Step.WATCH}"' in record["body"] and digest and digest not in record["body"]:
            return  # the net of an older plan: a twin of `plan` has made another one meanwhile
        held = [
            one for name in (QUEUE, DEAD_LETTERS) for one in self.sqs.queues[name].messages.values()
        ]
        others = (one for one in held if one.id != record["messageId"])
        if item and _is_open(item) and not any(job_id[0] in one.body for one in others):
            self.witness.says(f"{job_id[0]}: open, and its last message was acknowledged")

    def _announcement_taken(self, record: Record) -> None:
        self.telling.taken(record, self.sqs.queues[ANNOUNCEMENTS].messages.get(record["messageId"]))

    def _leaves(self, items: int) -> int:
        """How many items of a batch DynamoDB leaves for another call. It does one at least."""
        if items < 2 or not self.faults.strikes(Kind.LEFT_OVER):
            return 0
        return self.random.randrange(1, items)

    def _delay(self) -> int:
        late = self.faults.strikes(Kind.DELAYED)
        return self.random.randrange(LATE_MAX) if late else self.random.randrange(50)

    def _something_due(self) -> bool:
        """Whether a sweeper finds anything now. Most find nothing, and take time."""
        full_hour = self._now() // MINUTE % 60 == 0
        return (
            (full_hour and bool(self.s3.uploads))
            or self._is_due("wake", "wakeAt")
            or self._is_due("announce", "announceAt")
        )

    def _is_due(self, name: str, attribute: str) -> bool:
        index = self.table.indexes[name]
        index.catch_up(self._now())
        return any(int(row[attribute]["N"]) < self._now() for row in index.rows.values())

    def _sweep(self) -> None:
        self.lambdas.invoke("sweeper", SWEEPER_SECONDS, sweep)

    def _open(self) -> bool:
        """Whether there is anything left to do before the archives expire."""
        items = self.table.items.values()
        due = any(
            "announceAt" in item or ("wakeAt" in item and item["wakeAt"] != item["expiresAt"])
            for item in items
        )
        return due or self._under_way()

    def _kept(self) -> bool:
        """Whether there is anything left to do at all."""
        items = self.table.items.values()
        return any("wakeAt" in item or "announceAt" in item for item in items) or self._under_way()

    def _under_way(self) -> bool:
        waiting = any(queue.messages for queue in self.sqs.queues.values())
        return waiting or bool(self.s3.uploads)


def _is_open(item: Item) -> bool:
    return Status(item["status"]["S"]) in OPEN
