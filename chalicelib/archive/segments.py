"""Groups the parts of an archive into segments, each a bounded piece of work for one worker. Pure.

`edges` are where each entry's header begins, in order, and last where the body ends: entry i has
the bytes [edges[i], edges[i + 1]).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.archive import costs
from chalicelib.archive.costs import Rates
from chalicelib.archive.formats import Format
from chalicelib.archive.plan import Entry, Part, Segment, padding


class Seconds(NamedTuple):
    """The seconds that one worker takes for a part. `streaming` and `copying` (by S3) overlap.
    `joining` comes after them: in a nested plan, S3 copies the segment into the archive."""

    streaming: float
    copying: float
    joining: float


@dataclass(frozen=True, slots=True)
class PartSeconds:
    """The seconds of each part, with a column for each kind of work: there may be millions of
    parts."""

    streaming: "array[float]"
    copying: "array[float]"
    joining: "array[float]"

    def __len__(self) -> int:
        return len(self.streaming)

    def __iter__(self) -> Iterator[Seconds]:
        return map(Seconds, self.streaming, self.copying, self.joining)


def part_seconds(
    parts: Iterable[Part], edges: Sequence[int], rates: Rates, *, nested: bool
) -> PartSeconds:
    """Returns the seconds of one worker for each part."""
    found = PartSeconds(array("d"), array("d"), array("d"))
    for part in parts:
        joining = costs.joining(part.length, rates) if nested else 0.0
        work = _seconds(part, edges, joining, rates)
        found.streaming.append(work.streaming)
        found.copying.append(work.copying)
        found.joining.append(work.joining)
    return found


def total(works: PartSeconds) -> float:
    """Returns the seconds that one worker takes for all of the work."""
    # Added up as in grouped(), because both must come to the same total. From Python 3.12 on, sum()
    # rounds differently.
    streaming = copying = joining = 0.0
    for work in works:
        streaming += work.streaming
        copying += work.copying
        joining += work.joining
    return max(streaming, copying) + joining


def grouped(works: PartSeconds, most_seconds: float, most_parts: int) -> Iterator[range]:
    """Yields runs of parts. A run has one part, or no more work than `most_seconds`; and never more
    than `most_parts` parts."""
    first = 0
    streaming = copying = joining = 0.0
    for index, work in enumerate(works):
        streaming += work.streaming
        copying += work.copying
        joining += work.joining
        full = max(streaming, copying) + joining > most_seconds or index - first == most_parts
        if full and index > first:
            yield range(first, index)
            first = index
            streaming, copying, joining = work
    if len(works):
        yield range(first, len(works))


def segment(
    form: Format,
    entries: Sequence[Entry],
    edges: Sequence[int],
    parts: Sequence[Part],
    run: range,
) -> Segment:
    """Returns the segment that has this run of the parts. Its bytes may begin or end within an
    entry."""
    start, end = parts[run.start].start, parts[run.stop - 1].end
    files = len(entries)
    end_entry = bisect_left(edges, end, hi=files)
    first_header = bisect_left(edges, start, hi=files)
    own = parts[run.start : run.stop]
    return Segment(
        first_part=run.start,
        end_part=run.stop,
        first_entry=max(bisect_right(edges, start, hi=files) - 1, 0),
        end_entry=end_entry,
        start=start,
        bytes=end - start,
        copied=sum(part.length for part in own if part.copied is not None),
        files=sum(
            entry.files
            for entry in entries[
                _ended(form, entries, edges, start) : _ended(form, entries, edges, end)
            ]
        ),
        unknown=any(entry.crc32 is None for entry in entries[first_header:end_entry]),
    )


def _ended(form: Format, entries: Sequence[Entry], edges: Sequence[int], at: int) -> int:
    """Returns how many entries have ended before `at`. An entry ends with its last own byte; its
    padding may come after."""
    ended = min(bisect_right(edges, at, lo=1) - 1, len(entries))
    if ended < len(entries) and edges[ended + 1] - padding(form, entries[ended]) <= at:
        return ended + 1
    return ended


def _seconds(part: Part, edges: Sequence[int], joining: float, rates: Rates) -> Seconds:
    if part.copied is not None:
        return Seconds(0.0, costs.copying(part.length, rates), joining)
    files = bisect_left(edges, part.end) - bisect_left(edges, part.start)
    return Seconds(costs.streaming(files, part.length, rates), 0.0, joining)
