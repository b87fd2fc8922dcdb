"""What a route or a step works with. It is passed to them, so that a test can pass something
else."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from chalicelib import aws, json_path
from chalicelib.aws import EventsClient, FunctionsClient, MailClient
from chalicelib.errors import GivenUp
from chalicelib.jobs.addresses import AddressStore
from chalicelib.jobs.by_user import UserJobs
from chalicelib.jobs.checksums import ChecksumStore
from chalicelib.jobs.due import DueAnnouncements, DueJobs
from chalicelib.jobs.fingerprints import FingerprintStore
from chalicelib.jobs.holders import HolderStore
from chalicelib.jobs.notices import NoticeStore
from chalicelib.jobs.quotas import QuotaStore
from chalicelib.jobs.rates import RateStore
from chalicelib.jobs.segments import SegmentStore
from chalicelib.jobs.selections import SelectionStore
from chalicelib.jobs.store import JobStore
from chalicelib.jobs.table import Table
from chalicelib.jobs.tickets import TicketStore
from chalicelib.limits import LIMITS, Limits
from chalicelib.log import JsonLines, Log
from chalicelib.named_sources import Source
from chalicelib.pools import Pools, Threads
from chalicelib.queue.direct import Direct
from chalicelib.queue.queue import BATCH, Queue
from chalicelib.s3 import clients
from chalicelib.s3.access import Access
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from chalicelib.secret_keys import SecretKeys
from chalicelib.settings import Settings, settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

    from chalicelib.outbound import Answer, Outbound
    from chalicelib.receivers import Place
    from chalicelib.s3.fastpath import FastPath

T = TypeVar("T")

Way = tuple["S3Client", "FastPath | None"]
"""How S3 is reached in one region: a client, and the fast path if there is one."""

PLAN_VERSION: Final = 4
"""The version of everything that is stored of a plan, its sections of the tail included. Raise it
when that changes: a job that was planned before the deployment is then planned again."""


def now_ms() -> int:
    """Returns Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def now_us() -> int:
    """Returns Unix time in microseconds."""
    return time.time_ns() // 1000


def new_id() -> str:
    """Returns a new random UUID, as text."""
    return str(uuid4())


def new_secret() -> str:
    """Returns 32 new bytes that nobody can guess, in base64url."""
    import secrets

    return secrets.token_urlsafe(32)


class Once:
    """Returns True the first time that it is called, and False from then on."""

    def __init__(self) -> None:
        self._is_first = True

    def __call__(self) -> bool:
        was_first, self._is_first = self._is_first, False
        return was_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What a process gets from its machine, and a simulation from its seed.

    `now` returns Unix time in ms. `pause` waits for that many seconds. `cpu_seconds` returns the
    CPU time that this process has used. `is_cold` returns True the first time that it is asked in
    this process. `plan_version` is the version of the plans that this process stores.
    """

    log: Log = field(default_factory=JsonLines)
    pools: Pools = field(default_factory=Threads)
    random: Random = field(default_factory=Random)
    limits: Limits = LIMITS
    now: Callable[[], int] = now_ms
    pause: Callable[[float], None] = time.sleep
    cpu_seconds: Callable[[], float] = time.process_time
    is_cold: Callable[[], bool] = field(default_factory=Once)
    new_id: Callable[[], str] = new_id
    new_secret: Callable[[], str] = new_secret
    plan_version: int = PLAN_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(Seams):
    """The stores, buckets and queue of one stack, as one process reaches them."""

    settings: Settings
    jobs: JobStore
    segments: SegmentStore
    fingerprints: FingerprintStore
    holders: HolderStore
    due_jobs: DueJobs
    due_announcements: DueAnnouncements
    notices: NoticeStore
    addresses: AddressStore
    user_jobs: UserJobs
    tickets: TicketStore
    selections: SelectionStore
    selection_keys: SecretKeys
    rates: RateStore
    quotas: QuotaStore
    checksums: ChecksumStore
    sources: Mapping[str, Bucket]
    """The bucket of each source, by the source's name. It is made when it is first asked for."""
    archive: ArchiveBucket
    queue: Queue
    direct: Direct
    announcements: Queue
    dead_letters: Queue | None
    webhook_keys: SecretKeys
    events: Callable[[], EventsClient]
    """Makes the client of EventBridge. Only what announces something needs it."""
    mail: Callable[[], MailClient]
    """Makes the client of SES."""
    outbound: "Outbound"

    def source(self, name: str | None = None) -> Bucket:
        """Returns the bucket of a source; None: of the default one. Raises GivenUp if a job is of a
        source that the settings do not have any more."""
        return self.sources[self.source_facts(name).name]

    def source_facts(self, name: str | None = None) -> Source:
        """Returns what the settings say of a source. Raises what `source` raises."""
        try:
            return self.settings.source(name)
        except KeyError:
            raise GivenUp(
                f"this stack has no source {name!r} any more; export from another one"
            ) from None


@dataclass(frozen=True, slots=True)
class SourceBuckets(Mapping[str, Bucket]):
    """The bucket of each source of the settings. Who asks for none makes no client for it.

    `here` is the client of the stack's own region, with its fast path. `elsewhere` makes those of
    another region; None: `here` reaches all regions.
    """

    settings: Settings
    here: "Way"
    elsewhere: "Callable[[str], Way] | None"
    pause: Callable[[float], None]
    _made: dict[str, Bucket] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Bucket:
        if name not in self._made:
            source = self.settings.source(name)
            far = self.elsewhere if source.region else None
            client, fast = far(source.region) if far else self.here
            access = Access(owner=source.owner, requester_pays=source.requester_pays)
            bucket = Bucket(client, source.bucket, fast, access)
            # Two threads may both make it. Each bucket will do.
            self._made[name] = _slow(bucket, self.settings.source_delay_ms, self.pause)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return (source.name for source in self.settings.sources)

    def __len__(self) -> int:
        return len(self.settings.sources)


@dataclass(frozen=True, slots=True)
class LazyHttps:
    """Posts webhooks (outbound.Https). Only what posts one imports what that takes."""

    is_local: bool

    def post(self, place: "Place", headers: Mapping[str, str], body: bytes, /) -> "Answer":
        from chalicelib.outbound import Https

        return Https(is_local=self.is_local).post(place, headers, body)


def made(  # noqa: PLR0913 - a client for each service, and the seams
    config: Settings,
    *,
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    sqs: "SQSClient",
    fast: "FastPath | None" = None,
    elsewhere: "Callable[[str], Way] | None" = None,
    queue_batch: int = BATCH,
    functions: Callable[[], FunctionsClient] | None = None,
    events: Callable[[], EventsClient] | None = None,
    mail: Callable[[], MailClient] | None = None,
    outbound: "Outbound | None" = None,
    **seams: Any,
) -> Services:
    """Returns the services of the stack that the settings name, reached through these clients.
    `elsewhere` makes the way to S3 in another region; None: `s3` reaches all. `seams` are fields of
    Seams. `queue_batch` is the most messages that one request sends. `functions`, `events`, `mail`
    and `outbound` reach Lambda, EventBridge, SES and the hosts of webhooks."""
    random: Random = seams.setdefault("random", Random())
    table = Table(dynamodb, config.jobs_table, random)
    return Services(
        settings=config,
        jobs=JobStore(table),
        segments=SegmentStore(table),
        fingerprints=FingerprintStore(table),
        holders=HolderStore(table),
        due_jobs=DueJobs(table),
        due_announcements=DueAnnouncements(table),
        notices=NoticeStore(table),
        addresses=AddressStore(table),
        user_jobs=UserJobs(table),
        tickets=TicketStore(table),
        selections=SelectionStore(table),
        selection_keys=SecretKeys(
            # Only a selection needs this client.
            config.selection_keys,
            lambda: aws.secrets_manager(config.answer_within_seconds),
        ),
        rates=RateStore(table),
        quotas=QuotaStore(table),
        checksums=ChecksumStore(
            table,
            config.checksum_days,
            seams.get("pause", time.sleep),
            seams.get("log") or JsonLines(),
        ),
        sources=SourceBuckets(config, (s3, fast), elsewhere, seams.get("pause", time.sleep)),
        archive=ArchiveBucket(s3, config.archive_bucket, fast),
        queue=Queue(sqs, config.queue_url, queue_batch),
        direct=Direct(
            functions or aws.functions,
            config.worker_function,
            seams.get("pools") or Threads(),
            seams.get("now", now_ms),
            seams.get("new_id", new_id),
        ),
        announcements=Queue(sqs, config.announcement_queue_url, queue_batch),
        dead_letters=Queue(sqs, url) if (url := config.dead_letter_queue_url) else None,
        webhook_keys=SecretKeys(
            config.webhook_secret,
            lambda: aws.secrets_manager(config.answer_within_seconds),
            of="webhooks",
        ),
        events=events or aws.events,
        mail=mail or aws.ses,
        outbound=outbound or LazyHttps(is_local=config.is_local),
        **seams,
    )


@cache
def services() -> Services:
    """Returns the services of this process: those of the stack that its environment names."""
    config = settings()
    within = config.answer_within_seconds

    def way(region: str = "") -> Way:
        # The fast path waits as long as a worker can. A route cannot, and asks S3 only once or
        # twice.
        is_fast = config.fast_path and not within
        client = aws.lazily(partial(clients.s3, within, region))
        return client, clients.fast_path(region) if is_fast else None

    def short(client: T, service: str) -> T:
        return json_path.shortened(client, service, within=within) if config.fast_path else client

    s3, fast = way()
    return made(
        config,
        dynamodb=short(aws.lazily(partial(aws.dynamodb, within)), "dynamodb"),
        s3=s3,
        sqs=short(aws.lazily(partial(aws.sqs, within)), "sqs"),
        fast=fast,
        elsewhere=way,
    )


def _slow(bucket: Bucket, delay_ms: int, pause: Callable[[float], None]) -> Bucket:
    if not delay_ms:
        return bucket
    from chalicelib.s3.slow import SlowBucket

    return SlowBucket(
        bucket.client,
        bucket.name,
        bucket.fast,
        bucket.access,
        delay_seconds=delay_ms / 1000,
        sleep=pause,
    )
