"""Plays one export on a world, from its `plan` message to the completed job."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.simulate import crowd
from bench.simulate.crowd import Shift
from bench.simulate.demand import Demand
from bench.simulate.world import World
from chalicelib.archive import costs

PAGE = 1000  # keys of a listing, parts of ListParts
BATCH = 10  # messages of one SendMessageBatch
INDEX_ENTRY = 150  # bytes of the plan and of the tail that an entry takes, about


@dataclass(frozen=True, slots=True)
class Job:
    """An export of a prefix. `demands` are those of its plan's segments; `parts` counts those of
    the archive's upload."""

    files: int
    prefixes: int
    demands: Sequence[Demand]
    parts: int


@dataclass(frozen=True, slots=True)
class Played:
    """Seconds of the job's phases, one after another; what its workers did; and its dollars."""

    finding: float
    planning: float
    assembling: float
    finalizing: float
    shifts: Sequence[Shift]
    lambda_dollars: float
    request_dollars: float

    @property
    def seconds(self) -> float:
        return self.finding + self.planning + self.assembling + self.finalizing

    @property
    def dollars(self) -> float:
        return self.lambda_dollars + self.request_dollars


def play(job: Job, world: World) -> Played:
    """The same job on the same world is played the same."""
    *body, final = job.demands
    inline = len(body) <= 1
    finding = _finding(job, world)
    planning = _planning(job, world, 0 if inline else len(body))
    if inline:
        assembling = sum(crowd.working(one, world) + crowd.joining(one, world) for one in body)
        shifts: list[Shift] = []
        working = assembling
    else:
        shifts = crowd.run(body, world, finding + planning)
        assembling = max(shift.ended for shift in shifts) - finding - planning
        working = sum(shift.ended - shift.began for shift in shifts)
    finalizing = _finalizing(job, final, world, inline=inline)
    return Played(
        finding,
        planning,
        assembling,
        finalizing,
        shifts,
        lambda_dollars=_lambda_dollars(
            (finding + planning) * world.planners + working + finalizing,
            len(body) + 2,
            world,
        ),
        request_dollars=_request_dollars(job, world),
    )


def _finding(job: Job, world: World) -> float:
    """The message, a new worker, the pages of the listing."""
    seconds = world.delivery_seconds + world.cold_start + 2 * world.read_seconds
    if world.planners > 1:
        seconds += world.delivery_seconds + world.cold_start
    pages = -(-job.files // PAGE)
    lists_at_once = min(world.lists_at_once * world.planners, max(job.prefixes, 1) * 16)
    return seconds + max(
        pages * world.list_seconds / lists_at_once,
        pages * world.list_cpu / world.vcpus / world.planners,
    )


def _planning(job: Job, world: World, messages: int) -> float:
    """Names, layout, the stored plan, the upload, the messages."""
    return (
        job.files * world.plan_cpu / world.vcpus / world.planners
        + job.files * INDEX_ENTRY / world.bandwidth / world.planners
        + 3 * world.write_seconds
        + -(-messages // BATCH) * world.send_seconds
    )


def _finalizing(job: Job, final: Demand, world: World, *, inline: bool) -> float:
    """The message; counts, lines and records of the shares; the rest of the archive; its parts."""
    reads = 3 * (len(job.demands) - 1)
    seconds = max(
        reads * world.read_seconds / world.shares_at_once,
        final.streamed / world.bandwidth,
        final.streamed * world.byte_cpu / world.vcpus,
    )
    seconds += -(-job.parts // PAGE) * world.list_seconds + world.complete_seconds
    seconds += world.write_seconds + crowd.working(Demand(reads=final.reads), world)
    return seconds if inline else seconds + world.delivery_seconds + world.segment_seconds


def _lambda_dollars(seconds: float, invocations: int, world: World) -> float:
    gigabytes = world.memory_mb / 1024
    return seconds * gigabytes * world.gb_second + invocations * costs.LAMBDA_REQUEST


def _request_dollars(job: Job, world: World) -> float:
    reads = 0
    writes = -(-job.files // PAGE) + -(-job.parts // PAGE) + 4
    for demand in job.demands:
        reads += sum(demand.reads.values()) + demand.lookups
        writes += demand.uploads + len(demand.copies) + len(demand.joins)
        writes += 3 if demand.joins else 0  # create, complete, list
    segments = len(job.demands) - 1
    return reads * world.s3_read + writes * world.s3_write + segments * costs.SEGMENT_DOLLARS
