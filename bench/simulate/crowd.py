"""Plays a crowd of workers that build segments at the same time.

Each of the first segments goes to a worker of its own directly. The others are in the queue, which
has as many workers as Lambda's event source allows. S3's request rates limit all of them together.
The simulation goes from event to event. Between two events, all speeds stay the same.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.simulate.demand import Demand
from bench.simulate.world import World

Floats = NDArray[np.float64]
_DONE = 1e-9  # a segment with less left than this is done


@dataclass(frozen=True, slots=True)
class Shift:
    """The time of one segment with one worker, in seconds since the job's first message.

    A new worker first starts, and every segment has requests of its own. When these are over, the
    worker is `ready` to build the parts.
    """

    worker: int
    began: float
    ready: float
    ended: float


def run(demands: Sequence[Demand], world: World, start: float) -> list[Shift]:
    """Returns the shifts in the order in which they ended. At `start`, the first segments are
    handed over directly, and the others are in the queue."""
    paces = _Paces(demands, world)
    left = np.zeros(len(demands))
    begun: dict[int, tuple[int, float, float]] = {}
    shifts: list[Shift] = []
    # The next segment that a worker takes from the queue, and how many workers the queue has.
    waiting, workers = min(int(world.direct_segments), len(demands)), 0
    # (time, kind, segment). The kinds: "worker", a worker comes; "ready", the building of a segment
    # starts; "joined", a segment has been copied into the archive.
    events: list[tuple[float, str, int]] = [(start, "worker", 0)] if waiting < len(demands) else []
    for segment in range(waiting):
        begins = start + world.direct_seconds
        begins += max(segment - world.workers_in_ten_seconds, 0) * 10 / world.workers_in_ten_seconds
        ready = begins + world.cold_start + world.segment_seconds
        begun[segment] = -1 - segment, begins, ready
        events.append((ready, "ready", segment))
    heapq.heapify(events)
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
            _, kind, segment = heapq.heappop(events)
            if kind == "ready":
                left[segment] = 1.0
                continue
            if kind == "worker":
                worker, is_new = workers, workers > 0  # the first one has just made the plan
                workers += 1
                if workers < world.most_workers and waiting < len(demands):
                    later = (workers - world.workers_at_first + 1) / world.workers_per_second
                    heapq.heappush(events, (start + max(later, 0), "worker", 0))
            else:
                worker, is_new = begun[segment][0], False
                shifts.append(Shift(*begun[segment], ended=now))
                if worker < 0:
                    continue  # an event has one step
            if waiting < len(demands):
                ready = now + world.delivery_seconds + world.segment_seconds
                ready += world.cold_start if is_new else 0.0
                begun[waiting] = worker, now, ready
                heapq.heappush(events, (ready, "ready", waiting))
                waiting += 1
    return shifts


class _Paces:
    """How fast segments can be built, alone and all together."""

    def __init__(self, demands: Sequence[Demand], world: World) -> None:
        self.seconds = np.array([working(demand, world) for demand in demands])
        self.joining = [joining(demand, world) for demand in demands]
        prefixes = sorted({prefix for demand in demands for prefix in _read(demand)})
        reads = [[_read(demand).get(prefix, 0) for prefix in prefixes] for demand in demands]
        self._reads: Floats = np.array(reads, dtype=float).reshape(len(demands), len(prefixes))
        self._writes = np.array([demand.uploads + len(demand.copies) for demand in demands])
        self._world = world

    def speed(self, active: NDArray[np.bool_]) -> Floats:
        """Returns the fraction of each segment that is built in a second. 0 if it is not active.

        Segments that read the same prefix slow down alike if S3 cannot answer all of them.
        """
        alone = np.where(active, 1 / self.seconds, 0.0)
        reads = alone @ self._reads
        by_prefix = np.minimum(1.0, self._world.reads_per_second / np.maximum(reads, 1e-9))
        slowest = np.min(np.where(self._reads > 0, by_prefix, 1.0), axis=1, initial=1.0)
        writes = max(float(alone @ self._writes), 1e-9)
        allowed: Floats = np.minimum(slowest, self._world.writes_per_second / writes)
        return alone * allowed


def working(demand: Demand, world: World) -> float:
    """Returns the seconds that one worker needs for a segment's parts, if S3 answers at once."""
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
    """Returns the seconds until a segment is an object and is copied into the archive.

    0 if the plan is not nested.
    """
    if not demand.joins:
        return 0.0
    object_made = world.write_seconds * 2 + world.complete_seconds
    return object_made + _copying(demand.joins, world.joins_at_once, world)


def _copying(lengths: Sequence[int], at_once: float, world: World) -> float:
    each = [world.copy_seconds + length / world.copy_rate for length in lengths]
    return max(sum(each) / at_once, max(each, default=0.0))


def _read(demand: Demand) -> dict[str, int]:
    """Returns the requests by the source's prefix. We assume that a copy counts as one."""
    both = demand.reads.keys() | demand.copied_from.keys()
    return {
        prefix: demand.reads.get(prefix, 0) + demand.copied_from.get(prefix, 0) for prefix in both
    }
