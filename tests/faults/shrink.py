"""Makes everything small, and everything that is left to chance the seed's.

An archive of a few kilobytes then has copied parts, several segments and pages of everything, and
its run takes milliseconds.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from chalicelib.archive import assembly, costs, layout
from chalicelib.http import exports
from chalicelib.jobs import store, wake
from chalicelib.pipeline import (
    abandoned,
    build,
    dead_letters,
    queue,
    reading,
    reuse,
    sweeper,
    worker,
)
from chalicelib.sources import find, listing
from tests.faults.executor import Executors
from tests.faults.stored import Limits

MIN_PART: Final = 256
"""Bytes. Everything else keeps its proportion to it, about; a header must fit between it and
STREAM_PART."""

_LAYOUT: Final = {
    "MIN_PART": MIN_PART,
    "MAX_PART": 4096,
    "STREAM_PART": 820,
    "COPY_PART": 1024,
    "COPY_MIN": 400,
}
_OTHERS: Final = (
    (costs, "STREAM_RATE", 1000),
    (costs, "COPY_RATE", 4000 / costs.COPIES_AT_ONCE),
    (costs, "segment_seconds", lambda work: work),  # as large as SEGMENT_SECONDS lets them be
    (assembly, "_READ_SIZE", 300),
    (reading, "_READ_SIZE", 400),
    (reading, "SEGMENT_BYTES", 1500),
    (find, "_BATCH", 4),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """What is drawn for one run: the seconds of work in a segment, an upload's most parts, the rows
    of a page, and the most messages of one request."""

    segment_seconds: float
    max_parts: int
    page: int
    batch: int = 3

    @property
    def limits(self) -> Limits:
        return Limits(MIN_PART, _LAYOUT["MAX_PART"], self.max_parts, self.page)


def drawn(random: Random) -> Scale:
    return Scale(
        segment_seconds=random.choice((0.4, 1.0, 2.0, 8.0)),
        # Few enough that many archives are nested, and some too large.
        max_parts=random.choice((8, 12, 16, 24, 10_000, 10_000)),
        page=random.choice((2, 3, 1000)),
    )


@contextmanager
def shrunk(scale: Scale, random: Random, log: Any) -> Iterator[None]:
    """Within, chalicelib works in small, in the order that `random` gives, and logs to `log`."""
    executors = Executors(random)
    changes: list[tuple[Any, str, Any]] = [
        *((layout, name, value) for name, value in _LAYOUT.items()),
        *_OTHERS,
        (layout, "SEGMENT_SECONDS", scale.segment_seconds),
        (queue, "_BATCH", scale.batch),
        (layout, "lay_out", partial(layout.lay_out, max_parts=scale.max_parts)),
        (assembly, "ThreadPoolExecutor", executors),
        (assembly, "wait", executors.wait),
        (build, "ThreadPoolExecutor", executors),
        (find, "ThreadPoolExecutor", executors),
        (reading, "ThreadPoolExecutor", executors),
        (listing, "ThreadPoolExecutor", executors),
        (listing, "wait", executors.wait),
        (wake, "random", random),
        (store, "random", random),
        (queue, "random", random),
        (exports, "uuid4", lambda: UUID(int=random.getrandbits(128), version=4)),
        *(
            (module, "logger", lambda: log)
            for module in (abandoned, dead_letters, exports, reuse, sweeper, worker)
        ),
    ]
    with ExitStack() as stack:
        for module, name, value in changes:
            stack.enter_context(patch.object(module, name, value))
        yield
