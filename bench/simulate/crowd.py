"""Workers that take segments from the queue, as many as the event source lets there be, and share
S3's request rates. Event by event; between events all goes on at one pace."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.simulate.demand import Demand
from bench.simulate.world import World

Floats = NDArray[np.float64]
_DONE = 1e-9


@dataclass(frozen=True, slots=True)
class Shift:
    """One segment's time with one worker: `began` with its start, where it was new, and `worked`
    when that and the segment's own first requests were over."""

    worker: int
    began: float
    worked: float
    ended: float


def run(demands: Sequence[Demand], world: World, start: float) -> list[Shift]:
    """The segments' times, in the order in which they ended, all being in the queue at `start`."""
    paces = _Paces(demands, world)
    left = np.zeros(len(demands))
    begun: dict[int, tuple[int, float, float]] = {}
    shifts: list[Shift] = []
    waiting = 0  # the next segment to be taken
    known = 0  # workers that there are
    # (when, what, whom): a worker comes, a segment's work begins, a segment has been joined.
    events: list[tuple[float, str, int]] = [(start, "worker", 0)]
    now = start
    while len(shifts) < len(demands):
        speed = paces.speed(left > 0)
        running = speed > 0
        ends = now + float(np.min(left[running] / speed[running])) if running.any() else np.inf
        until = min(ends, events[0][0]) if events else ends
        left[running] = np.maximum(left[running] - speed[running] * (until - now), 0.0)
        now = until
        for segment in np.flatnonzero(running & (left <= _DONE)).tolist():
            left[segment] = 0.0
            heapq.heappush(events, (now + paces.joining[segment], "joined", segment))
        while events and events[0][0] <= now:
            _, what, whom = heapq.heappop(events)
            if what == "work":
                left[whom] = 1.0
                continue
            if what == "worker":
                worker, cold = known, known > 0  # the first has just planned
                known += 1
                if known < world.most_workers and waiting < len(demands):
                    come = max((known - world.workers_at_first + 1) / world.workers_per_second, 0)
                    heapq.heappush(events, (start + come, "worker", 0))
            else:
                worker, cold = begun[whom][0], False
                shifts.append(Shift(*begun[whom], ended=now))
            if waiting < len(demands):
                ready = now + world.delivery_seconds + world.segment_seconds
                ready += world.cold_start if cold else 0.0
                begun[waiting] = worker, now, ready
                heapq.heappush(events, (ready, "work", waiting))
                waiting += 1
    return shifts


class _Paces:
    """How fast segments can be worked on, alone and together."""

    def __init__(self, demands: Sequence[Demand], world: World) -> None:
        self.seconds = np.array([working(demand, world) for demand in demands])
        self.joining = [joining(demand, world) for demand in demands]
        prefixes = sorted({prefix for demand in demands for prefix in _read(demand)})
        reads = [[_read(demand).get(prefix, 0) for prefix in prefixes] for demand in demands]
        self._reads: Floats = np.array(reads, dtype=float).reshape(len(demands), len(prefixes))
        self._writes = np.array([demand.uploads + len(demand.copies) for demand in demands])
        self._world = world

    def speed(self, active: NDArray[np.bool_]) -> Floats:
        """Of each segment, the share of its work that is done in a second."""
        alone = np.where(active, 1 / self.seconds, 0.0)
        reads = alone @ self._reads
        share = np.minimum(1.0, self._world.reads_per_second / np.maximum(reads, 1e-9))
        slowest = np.min(np.where(self._reads > 0, share, 1.0), axis=1, initial=1.0)
        writes = max(float(alone @ self._writes), 1e-9)
        allowed: Floats = np.minimum(slowest, self._world.writes_per_second / writes)
        return alone * allowed


def working(demand: Demand, world: World) -> float:
    """Seconds of one worker for a segment's parts, if S3 lets it ask as fast as it can."""
    reads = sum(demand.reads.values())
    cpu = (
        reads * world.read_cpu
        + demand.streamed * world.byte_cpu
        + len(demand.copies) * world.copy_cpu
        + demand.lookups * world.head_cpu
        + demand.files * world.tail_cpu
    )
    streaming = max(
        demand.streamed / world.bandwidth,
        (reads + demand.lookups) * world.read_seconds / world.reads_at_once,
        cpu / world.vcpus,
    )
    if demand.uploads:
        streaming += world.read_seconds + world.write_seconds  # the first byte in, the last out
    copying = _copying(demand.copies, world.copies_at_once, world)
    return max(streaming, copying, 1e-3)


def joining(demand: Demand, world: World) -> float:
    """Seconds until a nested plan's segment is an object and has been copied into the archive."""
    if not demand.joins:
        return 0.0
    object_made = world.write_seconds * 2 + world.complete_seconds
    return object_made + _copying(demand.joins, world.joins_at_once, world)


def _copying(lengths: Sequence[int], at_once: float, world: World) -> float:
    each = [world.copy_seconds + length / world.copy_rate for length in lengths]
    return max(sum(each) / at_once, max(each, default=0.0))


def _read(demand: Demand) -> dict[str, int]:
    """Requests by the source's prefix. A copy is taken to count as one too."""
    both = demand.reads.keys() | demand.copied_from.keys()
    return {
        prefix: demand.reads.get(prefix, 0) + demand.copied_from.get(prefix, 0) for prefix in both
    }
