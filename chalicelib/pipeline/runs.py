"""Runs of source files, and what is known of their CRC-32s. Pure.

A file is read in runs, by one worker or by several. What was read of a file stays true while the
file has the same ETag. So a file that is read later is cut around the runs that are known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from chalicelib.archive import crc
from chalicelib.archive.plan import Entry

Identity = tuple[str, str, str | None]
"""A source file as it was once: its key, its ETag (or that of its copy), its version."""

Runs = dict[int, tuple[int, int]]
"""The runs of a file that are known: where one starts → (its length, its CRC-32)."""

Known = dict[Identity, Runs]
"""The runs of each file that are known."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes [start, start + length) of one source file, which is read as `Entry` says."""

    key: str
    etag: str
    start: int
    length: int
    version: str | None = None
    copy: str | None = None

    @property
    def identity(self) -> Identity:
        return self.key, self.etag, self.version


Batches = list[list[Run]]


def identity(entry: Entry) -> Identity:
    return entry.key, entry.etag, entry.version


def cut(entries: Iterable[Entry], known: Known, most: int) -> Batches:
    """Returns what is not known of the files as runs, grouped into batches of `most` bytes at
    most. If all is known, there is one batch, which is empty."""
    batches: Batches = [[]]
    room = most
    for entry in entries:
        for gap in _gaps(entry.size, known.get(identity(entry), {})):
            start = gap.start
            while start < gap.stop:
                if not room:
                    batches.append([])
                    room = most
                length = min(gap.stop - start, room)
                run = Run(entry.key, entry.etag, start, length, entry.version, entry.copy)
                batches[-1].append(run)
                start, room = start + length, room - length
    return batches


def add(known: Known, batches: Iterable[Sequence[Run]], crc32s: Iterable[int]) -> None:
    """Adds the CRC-32 of each run of these batches to what is known."""
    for run, crc32 in zip(chain.from_iterable(batches), crc32s, strict=True):
        of_file = known.setdefault(run.identity, {})
        of_file[run.start] = max(of_file.get(run.start, (0, 0)), (run.length, crc32))


def whole_files(
    batches: Batches, number: int, crc32s: Sequence[int]
) -> list[tuple[str, str, int, int]]:
    """Returns (key, ETag, size in bytes, CRC-32) of the files that lie in this batch alone.
    `crc32s` are those of its runs. Copies of ours are left out.

    A file whose end was read before this reading comes with the size of its beginning. Nobody asks
    for it with that size."""
    partly = {run.identity for n, batch in enumerate(batches) if n != number for run in batch}
    chunks: dict[Identity, list[tuple[int, int]]] = {}
    for run, crc32 in zip(batches[number], crc32s, strict=True):
        of_file = chunks.setdefault(run.identity, [])
        if run.copy or run.start != sum(length for _, length in of_file):
            partly.add(run.identity)
        of_file.append((crc32, run.length))
    return [
        (key, etag, sum(length for _, length in found), crc.combined(found))
        for (key, etag, version), found in chunks.items()
        if (key, etag, version) not in partly
    ]


def of_files(entries: Iterable[Entry], known: Known) -> dict[Identity, int]:
    """Returns the CRC-32 of each file, of which all runs are known."""
    return {
        identity(entry): crc.combined(
            [(crc32, length) for _, length, crc32 in _chained(known[identity(entry)])]
        )
        for entry in entries
    }


def _chained(runs: Mapping[int, tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yields (start, length, CRC-32) of the runs, in order, but of none that begins within the one
    before."""
    end = 0
    for start in sorted(runs):
        length, crc32 = runs[start]
        if start >= end:
            yield start, length, crc32
            end = start + length


def _gaps(size: int, runs: Mapping[int, tuple[int, int]]) -> Iterator[range]:
    """Yields the ranges of a file that no run has."""
    at = 0
    for start, length, _ in _chained(runs):
        if at < start:
            yield range(at, start)
        at = start + length
    if at < size:
        yield range(at, size)
