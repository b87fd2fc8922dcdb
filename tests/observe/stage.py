"""A stack of these tests, what observes it, and what knows the truth."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra import daemon, stack
from infra.outputs import Outputs
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.observe.observed import Observe
from tests.observe.tap import Tap
from tests.observe.truth import ENDED, Client, Logs, Table
from tests.waiting import wait_for
from tests.wreck.deployment import Rigged, rig

DELAY_MS = 100
"""How much longer each read of a source file takes: a job of many files is a slow one."""

WATCHED_SECONDS = 120
"""The net of a job of several segments is held back for half a minute, and perhaps again."""

SETTLED_SECONDS = 60
"""A line is in the log some time after its function has ended, and is then counted."""


@dataclass(frozen=True)
class Stage:
    outputs: Outputs
    rigged: Rigged
    client: Client
    sources: Sources
    tap: Tap
    observe: Observe
    began: float
    """Prometheus had all counters by then, in Unix time. Nothing had happened yet."""

    @cached_property
    def backstage(self) -> Backstage:
        return Backstage(self.outputs)

    @cached_property
    def table(self) -> Table:
        return Table(self.backstage)

    @cached_property
    def logs(self) -> Logs:
        return Logs(self.backstage)

    def settle(self) -> None:
        """Returns when all jobs have ended, and all that was sent and ended is counted."""
        wait_for(lambda: not self.table.open(), SETTLED_SECONDS, "the end of all jobs", pause=0.2)
        held = self.backstage.held_back
        wait_for(lambda: not held(), WATCHED_SECONDS, "the last net", pause=0.2)
        self.backstage.wait_until_idle()
        wait_for(
            lambda: self.requests() == self.client.sent,
            SETTLED_SECONDS,
            f"a count of {self.client.sent}",
            pause=0.2,
        )
        ended = self.table.ended()
        wait_for(lambda: self.ended() == ended, SETTLED_SECONDS, f"a count of {ended}", pause=0.2)

    def requests(self) -> dict[tuple[str, ...], float]:
        """Returns how many requests are counted, by method, path and status."""
        return self.observe.metrics().by("http_requests_total", "method", "path", "status")

    def ended(self) -> dict[str, float]:
        """Returns how many ends are counted, by status. A status is there with 0 too."""
        metrics = self.observe.metrics()
        return {status: metrics.value("export_jobs_total", status=status) for status in ENDED}


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Runs all of it during the body. `folder` is its own."""
    state = folder / "ministack"
    tap = Tap(folder)
    observe = Observe(folder, tap.url)
    with ExitStack() as opened:
        outputs = opened.enter_context(
            stack.running(state, settings={"SOURCE_DELAY_MS": str(DELAY_MS)})
        )
        rigged = opened.enter_context(rig(outputs, emulator(state)))
        opened.callback(tap.stop)
        tap.start()
        opened.callback(observe.stop)
        observe.start()
        began = _scraped(observe)
        client = opened.enter_context(closing(Client(outputs.api_url)))
        yield Stage(outputs, rigged, client, Sources(Backstage(outputs)), tap, observe, began)


def _scraped(observe: Observe) -> float:
    """Waits until Prometheus has the counters. Returns the time."""
    wait_for(
        lambda: observe.prometheus.samples("export_jobs_total").samples,
        SETTLED_SECONDS,
        "the first scrape",
    )
    return time.time()


def emulator(state: Path) -> int:
    """Returns the process id of the MiniStack of this folder."""
    known = daemon.recall(state / "process.json")
    assert known is not None
    return known.pid
