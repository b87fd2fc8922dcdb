"""What each segment of a plan demands of a worker and of S3: bytes, requests and copies."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from chalicelib.archive import costs
from chalicelib.archive.plan import Plan, data_offset


@dataclass(slots=True)
class Demand:
    """The demand of one segment.

    `streamed` is in bytes, and so are `copies` and `joins`: the lengths that S3 copies from source
    files, and from a nested segment's object into the archive. `uploads` counts the streamed parts.
    `files` counts the files whose headers the segment has, and `lookups` those of them for whose
    CRC-32 the worker asks S3. `reads` counts GETs, and `copied_from` copies, by the prefix of the
    source's key.
    """

    streamed: int = 0
    uploads: int = 0
    files: int = 0
    lookups: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    copies: list[int] = field(default_factory=list)
    copied_from: dict[str, int] = field(default_factory=dict)
    joins: list[int] = field(default_factory=list)


def demands(plan: Plan) -> list[Demand]:
    """Returns the demand of each segment, that of the final segment last."""
    found = []
    copied = {part.copied for part in plan.parts}
    for segment in plan.segments:
        first = bisect_left(plan.offsets, segment.start)
        end = bisect_left(plan.offsets, segment.start + segment.bytes)
        demand = Demand(
            files=end - first,
            lookups=sum(plan.entries[i].in_s3 and i in copied for i in range(first, end)),
            joins=[part.length for part in segment.joins],
        )
        for part in plan.parts[segment.first_part : segment.end_part]:
            if part.copied is None:
                demand.uploads += 1
                demand.streamed += part.length
                _add_reads(demand, plan, part.start, min(part.end, plan.tail_start))
            else:
                demand.copies.append(part.length)
                prefix = _prefix(plan.entries[part.copied].key)
                demand.copied_from[prefix] = demand.copied_from.get(prefix, 0) + 1
        found.append(demand)
    return found


def _add_reads(demand: Demand, plan: Plan, start: int, end: int) -> None:
    first = max(bisect_right(plan.offsets, start) - 1, 0)
    for index in range(first, bisect_left(plan.offsets, end)):
        entry = plan.entries[index]
        data = data_offset(plan.form, entry, plan.offsets[index])
        length = min(data + entry.size, end) - max(data, start)
        if length > 0:
            prefix = _prefix(entry.key)
            reads = -(-length // costs.READ_SIZE)
            demand.reads[prefix] = demand.reads.get(prefix, 0) + reads


def _prefix(key: str) -> str:
    return key.rpartition("/")[0]
