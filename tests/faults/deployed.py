"""What the stack of a run is deployed with: its names, its settings, its functions and its size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from chalicelib.named_sources import DEFAULT_NAME, Source
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.queue.records import PartialFailure
from chalicelib.services import Services
from chalicelib.settings import Settings
from tests.faults import files, shrink
from tests.faults.lambdas import Record
from tests.faults.sqs import QueueState
from tests.faults.witness import LAG_MAX

ARCHIVE: Final = "archive"
TABLE: Final = "jobs"
QUEUE: Final = "exports"
ANNOUNCEMENTS: Final = "announcements"
DEAD_LETTERS: Final = "dead-letters"

# The values of infra/resources.yaml and .chalice/config.json.
VISIBILITY: Final = 5400
ANNOUNCEMENTS_VISIBILITY: Final = 540
DEAD_LETTERS_VISIBILITY: Final = 360
MAX_RECEIVES: Final = 8
WORKER_SECONDS: Final = 900
ANNOUNCER_SECONDS: Final = 90
ANNOUNCERS: Final = 2
DEAD_LETTERS_SECONDS: Final = 60
SWEEPER_SECONDS: Final = 55

SETTINGS: Final = Settings(
    jobs_table=TABLE,
    queue_url=QUEUE,
    sources=(Source(name=DEFAULT_NAME, bucket=files.BUCKET, prefix="downloads/"),),
    archive_bucket=ARCHIVE,
    archive_ttl_days=7,
    link_ttl_seconds=900,
    max_body_bytes=1024**2,
    progress_hold_seconds=0,
    progress_retry_seconds=1,
    source_delay_ms=0,
    max_open_jobs_per_user=0,
    public_endpoint_url=None,
    api_url_template=None,
    announcement_queue_url=ANNOUNCEMENTS,
    dead_letter_queue_url=DEAD_LETTERS,
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large and slow the stack of a run is.

    `latency` is the mean time of a request, one way, in ms. `workers` is how many there are at a
    time. `lag` is the most ms until a write shows in an index. `open_jobs` is the most of one user;
    0: there is no limit. `is_direct`: segments may go past the queue.
    """

    latency: int
    workers: int
    lag: int
    small: shrink.Small
    open_jobs: int = 0
    is_fair: bool = False
    is_direct: bool = True


def drawn(random: Random) -> Size:
    """Draws the stack of one run."""
    return Size(
        latency=random.choice((2, 20, 100, 400)),
        workers=random.choice((1, 2, 4)),
        lag=random.choice((0, 200, 5_000, LAG_MAX)),
        small=shrink.drawn(random),
        open_jobs=random.choice((0, 0, 0, 0, 1, 2)),
        is_fair=random.random() < 0.5,
    )


@dataclass(frozen=True, slots=True)
class Function:
    """A function that gets messages: `batch` at a time, in at most `most` invocations of `seconds`.
    `lease` and `taken` are for lambdas.EventSource."""

    name: str
    handler: Callable[[Iterable[Record], Services], PartialFailure]
    seconds: int
    most: int
    taken: Callable[[Record], None]
    batch: int = 1
    lease: int = LEASE_SECONDS


def queues() -> dict[str, QueueState]:
    """Returns the queues of a new stack, by their URL."""
    return {
        QUEUE: QueueState(VISIBILITY, MAX_RECEIVES),
        ANNOUNCEMENTS: QueueState(ANNOUNCEMENTS_VISIBILITY, MAX_RECEIVES),
        DEAD_LETTERS: QueueState(DEAD_LETTERS_VISIBILITY),
    }
