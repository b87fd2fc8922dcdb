"""Reads the log groups of a stack into the store.

CloudWatch Logs is asked for what is new, and for a little of what was read already: lines may be
late. Those that were counted are known by their ids. Every few looks, it is asked for more.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Final, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.telemetry.lines import Line
from chalicelib.telemetry.subscription import group_of
from infra import logs
from infra.errors import InfraError
from infra.observe.counters import Add
from infra.observe.exposition import Progress
from infra.observe.labels import Dropped
from infra.observe.store import Log, Store
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

BATCH_LINES: Final = 1000
BATCH_CHARACTERS: Final = 1_000_000
"""The most that is counted at once, and that one request to a backend has."""

_LOOK_SECONDS: Final = 30.0
"""How often it is looked which functions the stack has."""

_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 30

# A stack that goes does not answer before the next look finds that it is gone.
_PATIENCE_SECONDS: Final = 5


class Place(Protocol):
    """A stack that is up. A stack that was deleted and made again has another `id`. `target` has
    the endpoint of its emulator."""

    @property
    def id(self) -> str: ...
    @property
    def target(self) -> Target: ...
    @property
    def stack_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How a target is asked, in seconds. `near`: how late a line usually is, at most. `far`: how
    late it may be. `far_every`: how often it is looked so far back. `since`: how old the lines may
    be of a stack that is new to the store; None: as old as they are."""

    near: float
    far: float
    far_every: float
    pause: float
    since: float | None


# The emulators write a line when they give it its time. MiniStack looks at each invocation there
# ever was to answer, so the pause is longer when its answers take longer (shipper).
_LOCAL: Final = Pace(near=2, far=30, far_every=10, pause=1, since=None)
# All commands of an account together may ask a few times a second.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
_AWS: Final = Pace(near=20, far=600, far_every=60, pause=5, since=600)


def pace_of(target: Target) -> Pace:
    """Returns how the target is asked."""
    return _LOCAL if target.is_local else _AWS


@dataclass(slots=True)
class _Group:
    key: str
    function: str
    name: str
    log: Log
    far_at: float = 0  # when it is looked far back the next time
    cut_at: set[int] = field(default_factory=set)


class Follower:
    """Follows one stack. `tell` gets a sentence when it stops to answer, and when it is back."""

    def __init__(
        self,
        place: Place,
        store: Store,
        progress: Progress,
        tell: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.place = place
        self.number = store.stack(place.id)
        self._store = store
        self._progress = progress
        self._tell = tell
        self._now = now
        self._pace = pace_of(place.target)
        self._client: CloudWatchLogsClient | None = None
        self._groups: dict[str, _Group] = {}
        self._look_at = 0.0
        self._trouble_at: float | None = None
        self._has_told = False

    def poll(self, stop: Event) -> None:
        """Counts what is new. Raises nothing if the target does not answer: the next poll goes on
        where this one came to."""
        try:
            client = self._found()
            for group in self._groups.values():
                self._read(client, group, stop)
        except (BotoCoreError, ClientError, InfraError) as error:
            self._say(f"{self.place.stack_name} cannot be read: {error}")
        else:
            self._say("")

    def leave(self) -> None:
        """Has /metrics show nothing more of what is in the stack now."""
        for group in self._groups.values():
            self._progress.read_until.pop(group.key, None)

    def _found(self) -> "CloudWatchLogsClient":
        """Looks for the functions of the stack now and then. An update may add one."""
        if self._client is None:
            self._client = _client(self.place.target)
        if self._now() < self._look_at:
            return self._client
        since = 0 if self._pace.since is None else int((self._now() - self._pace.since) * 1000)
        for function, real_name in logs.functions(self.place.target, self.place.stack_name).items():
            name = group_of(real_name)
            if name not in self._groups:
                overlap = int(self._pace.far * 1000)
                log = self._store.log(self.number, name, since, overlap)
                self._groups[name] = _Group(f"{self.number} {name}", function, name, log)
        self._look_at = self._now() + _LOOK_SECONDS
        return self._client

    def _read(self, client: "CloudWatchLogsClient", group: _Group, stop: Event) -> None:
        began, pace = self._now(), self._pace
        is_far = began >= group.far_at
        back = int((pace.far if is_far else pace.near) * 1000)
        self._progress.read_until.setdefault(group.key, group.log.cursor / 1000 or began)
        for page in logs.pages(client, group.name, max(group.log.cursor - back, 0)):
            for batch in _batches(page.events):
                if stop.is_set():
                    return
                self._count(group, batch)
            if page.cut_at is not None:
                self._lost(group, page.cut_at)
        if is_far:
            group.far_at = began + pace.far_every
        self._progress.read_until[group.key] = began

    def _count(self, group: _Group, batch: list[logs.LogEvent]) -> None:
        now = int(self._now() * 1000)
        # A line may have a time that is still to come. It must not hide those until then.
        cursor = max(group.log.cursor, min(batch[-1].at, now))
        lines = [Line(one.id, one.at, group.function, one.message) for one in batch]
        self._store.count(group.log, lines, cursor, now)
        group.log = replace(group.log, cursor=cursor)
        self._progress.read_until[group.key] = cursor / 1000

    def _lost(self, group: _Group, at: int) -> None:
        """Tells of lines that no answer has, and counts that, each time but once."""
        if at in group.cut_at:
            return
        group.cut_at.add(at)
        self._store.add([Add("telemetry_dropped_total", ("lines", Dropped.UNREADABLE))])
        self._tell(f"{group.name} has more lines at {at} ms than can be read.")

    def _say(self, trouble: str) -> None:
        """Tells what is wrong for a while, once, and when nothing is any more."""
        if not trouble:
            if self._has_told:
                self._tell(f"{self.place.stack_name} can be read again.")
            self._trouble_at, self._has_told = None, False
            return
        if self._trouble_at is None:
            self._trouble_at = self._now()
        if not self._has_told and self._now() - self._trouble_at >= _PATIENCE_SECONDS:
            self._tell(trouble)
            self._has_told = True


def _batches(events: tuple[logs.LogEvent, ...]) -> Iterator[list[logs.LogEvent]]:
    batch: list[logs.LogEvent] = []
    size = 0
    for event in events:
        if batch and (len(batch) >= BATCH_LINES or size + len(event.message) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += len(event.message)
    if batch:
        yield batch


def _client(target: Target) -> "CloudWatchLogsClient":
    """Returns the client. An emulator is asked again with the next poll; AWS may say that it was
    asked too often, and then this waits, in the middle of a long backlog."""
    tries = 1 if target.is_local else 4
    settings = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": tries},
    )
    return target.session().client("logs", config=settings)
