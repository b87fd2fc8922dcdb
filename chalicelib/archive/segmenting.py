"""Groups the parts of an archive into segments, each one bounded piece of work for one worker.
Pure.

`edges` are where the entries' local headers begin, in order, and last where the body ends: entry i
has the bytes [edges[i], edges[i + 1]).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.archive import costs
from chalicelib.archive.plan import Entry, Part, Segment


class Work(NamedTuple):
    """Seconds of one worker: to stream and to have S3 copy, which overlap, and then to have S3 copy
    a nested plan's segment into the archive."""

    streaming: float
    copying: float
    joining: float


@dataclass(frozen=True, slots=True)
class Works:
    """The work for each part, a column for each of its kinds: there may be millions of parts."""

    streaming: "array[float]"
    copying: "array[float]"
    joining: "array[float]"

    def __len__(self) -> int:
        return len(self.streaming)

    def __iter__(self) -> Iterator[Work]:
        return map(Work, self.streaming, self.copying, self.joining)


def works(parts: Iterable[Part], edges: Sequence[int], *, nested: bool) -> Works:
    """What a worker has to do for each part."""
    found = Works(array("d"), array("d"), array("d"))
    for part in parts:
        work = _work(part, edges, costs.joining(part.length) if nested else 0.0)
        found.streaming.append(work.streaming)
        found.copying.append(work.copying)
        found.joining.append(work.joining)
    return found


def seconds(works: Works) -> float:
    """Of one worker that does all of it."""
    # As grouped() adds up, and not by sum(), which rounds otherwise from Python 3.12 on: what is
    # all of the work by the one must be so by the other.
    streaming = copying = joining = 0.0
    for work in works:
        streaming += work.streaming
        copying += work.copying
        joining += work.joining
    return max(streaming, copying) + joining


def grouped(works: Works, most_seconds: float, most_parts: int) -> Iterator[range]:
    """Runs of parts: each of one part, or of no more work than `most_seconds`."""
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
    entries: Sequence[Entry], edges: Sequence[int], parts: Sequence[Part], run: range
) -> Segment:
    """The segment that is this run of the parts. Its bytes may begin or end within an entry."""
    start, end = parts[run.start].start, parts[run.stop - 1].end
    files = len(entries)
    end_entry = bisect_left(edges, end, hi=files)
    first_header = bisect_left(edges, start, hi=files)
    first_ending, after_ending = (bisect_right(edges, at, lo=1) - 1 for at in (start, end))
    return Segment(
        first_part=run.start,
        end_part=run.stop,
        first_entry=max(bisect_right(edges, start, hi=files) - 1, 0),
        end_entry=end_entry,
        start=start,
        bytes=end - start,
        files=min(after_ending, files) - first_ending,
        unknown=any(entry.crc32 is None for entry in entries[first_header:end_entry]),
    )


def _work(part: Part, edges: Sequence[int], joining: float) -> Work:
    if part.copied is not None:
        return Work(0.0, costs.copying(part.length), joining)
    files = bisect_left(edges, part.end) - bisect_left(edges, part.start)
    return Work(costs.streaming(files, part.length), 0.0, joining)
