"""Plays one export in the model: from its `plan` message until the job has completed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.simulate import crowd
from bench.simulate.crowd import Shift
from bench.simulate.demand import Demand
from bench.simulate.world import World
from chalicelib.archive import costs

PAGE = 1000  # keys on a page of a listing, parts on a page of ListParts
BATCH = 10  # messages in one SendMessageBatch
INDEX_ENTRY = 150  # about as many bytes as an entry takes in the plan and in the tail


@dataclass(frozen=True, slots=True)
class Job:
    """An export of a prefix. `demands` are those of the plan's segments. `parts` is the number of
    parts of the archive's upload. `prefixes` is the number of prefixes that the files lie in."""

    files: int
    prefixes: int
    demands: Sequence[Demand]
    parts: int


@dataclass(frozen=True, slots=True)
class Played:
    """How a job went: the seconds of its phases, one after another, the workers' shifts (none if
    one worker built everything), and its dollars."""

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
    """Plays the job in the world. The same job in the same world always goes the same way."""
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
    """Returns the seconds of: the message, a new worker, the pages of the listing."""
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
    """Returns the seconds of: names, layout, the stored plan, the upload, the messages."""
    return (
        job.files * world.plan_cpu / world.vcpus / world.planners
        + job.files * INDEX_ENTRY / world.bandwidth / world.planners
        + 3 * world.write_seconds
        + -(-messages // BATCH) * world.send_seconds
    )


def _finalizing(job: Job, final: Demand, world: World, *, inline: bool) -> float:
    """Returns the seconds of: the message; the counts, lines and records of the tail sections; the
    rest of the archive; the list of its parts, and the completed upload."""
    reads = 3 * (len(job.demands) - 1)
    seconds = max(
        reads * world.read_seconds / world.tail_sections_at_once,
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
