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
WHOLE_BYTES = 32 * 1024**2  # the longest tail whose sections are read with one GET each
INDEX_ENTRY = 150  # about as many bytes as an entry takes in the plan and in the tail


@dataclass(frozen=True, slots=True)
class Job:
    """An export of a prefix. `demands` are those of the plan's segments. `parts` is the number of
    parts of the archive's upload, `tail` the length of the archive's tail in bytes. `prefixes` is
    the number of prefixes that the files lie in."""

    files: int
    prefixes: int
    demands: Sequence[Demand]
    parts: int
    tail: int = 0


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
            len(body) + 1 + bool(world.queued_finalize),
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
    """Returns the seconds of: names, layout, the stored plan, the upload, the messages and the
    invocations."""
    direct = min(messages, int(world.direct_segments))
    queued = messages - direct
    invoking = max(
        -(-direct // int(world.invokes_at_once)) * world.invoke_seconds,
        direct * world.invoke_cpu / world.vcpus,
    )
    net = 2 * world.send_seconds if direct else 0.0  # it looks at the queue, and sends `watch`
    return (
        job.files * world.plan_cpu / world.vcpus / world.planners
        + job.files * INDEX_ENTRY / world.bandwidth / world.planners
        + 3 * world.write_seconds / world.writes_at_once
        + -(-queued // BATCH) * world.send_seconds
        + invoking
        + net
    )


def _finalizing(job: Job, final: Demand, world: World, *, inline: bool) -> float:
    """Returns the seconds of: the message, if there is one; the tail sections; the rest of the
    archive; the list of its parts, if some ETags are not known; and the completed upload."""
    reads = _section_reads(job, world) * (len(job.demands) - 1)
    seconds = max(
        reads * world.read_seconds / world.tail_sections_at_once,
        final.streamed / world.bandwidth,
        final.streamed * world.byte_cpu / world.vcpus,
    )
    seconds += _lists(job, world) * world.list_seconds + world.complete_seconds
    seconds += world.write_seconds + crowd.working(Demand(reads=final.reads), world)
    if inline or not world.queued_finalize:
        return seconds
    return seconds + world.delivery_seconds + world.segment_seconds


def _section_reads(job: Job, world: World) -> float:
    """Returns how many GETs each section of the tail takes."""
    return world.section_reads if job.tail <= WHOLE_BYTES else 3


def _lists(job: Job, world: World) -> int:
    """Returns how many pages of the archive's parts are listed one after another."""
    pages = -(-job.parts // PAGE)
    if world.listed_parts:
        return pages
    # The parts of a nested plan are not known, and their pages are listed at the same time.
    return 1 if any(demand.joins for demand in job.demands) else 0


def _lambda_dollars(seconds: float, invocations: int, world: World) -> float:
    gigabytes = world.memory_mb / 1024
    return seconds * gigabytes * world.gb_second + invocations * costs.LAMBDA_REQUEST


def _request_dollars(job: Job, world: World) -> float:
    reads = 0
    writes = -(-job.files // PAGE) + _lists(job, world) + 4
    for demand in job.demands:
        reads += sum(demand.reads.values()) + demand.lookups
        writes += demand.uploads + len(demand.copies) + len(demand.joins)
        writes += 3 if demand.joins else 0  # create, complete, list
    segments = len(job.demands) - 1
    queued = max(segments - int(world.direct_segments), 0)
    reads += int((_section_reads(job, world) - 1) * segments)
    writes += segments if world.listed_parts else 0
    dollars = reads * world.s3_read + writes * world.s3_write + segments * costs.SEGMENT_DOLLARS
    return dollars + queued * 3 * costs.SQS_REQUEST
