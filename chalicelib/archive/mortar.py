"""Decides which files S3 copies, and puts small files before them. Pure.

S3 wants at least 5 MiB in each part of an upload but the last. So at least 5 MiB of streamed bytes
must lie before a file's first copied part. Small files are the mortar that fills this room: a
worker has to stream them anyhow. A file of 5 to 10 MiB can be either. The largest of these are
copied, and the smallest are mortar for them, while there is mortar and while the upload has part
numbers.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.archive.formats import Format
from chalicelib.archive.plan import Entry, extent


@dataclass(frozen=True, slots=True)
class Sizes:
    """`min_part` is the least part of an upload, `copy_min` the least file that is copied, and
    `stream_part` the average streamed part, estimated low rather than high: all in bytes.
    `max_parts` is the most parts of an upload."""

    min_part: int
    copy_min: int
    stream_part: int
    max_parts: int


def choices(entries: Sequence[Entry], sizes: Sizes) -> Iterator[frozenset[int]]:
    """Yields choices of the entries to copy, as indices. Each choice takes fewer parts than the one
    before it. The number of parts is only estimated here.

    An entry whose CRC-32 S3 does not know is never copied: its header is written after a worker has
    read its bytes.
    """
    alone = max(2 * sizes.min_part, sizes.copy_min)
    if any(entry.packed for entry in entries):
        # Runs need no mortar: nothing must be streamed before one that follows a cut.
        yield frozenset(
            index
            for index, entry in enumerate(entries)
            if entry.is_known and entry.size >= (sizes.min_part if entry.packed else alone)
        )
        return
    large, middling, mortar = [], [], 0
    for index, entry in enumerate(entries):
        if entry.size < sizes.copy_min or not entry.is_known:
            mortar += entry.size
        elif entry.size < alone:
            middling.append(index)
        else:
            large.append(index)
    middling.sort(key=lambda index: entries[index].size)  # equal sizes keep their order
    streamed = mortar + sum(entries[index].size for index in middling)
    parts = 2 * len(large) + streamed / sizes.stream_part
    mortar -= sizes.min_part * len(large)
    room = sizes.max_parts - parts
    pairs = _pairs([entries[index].size for index in middling], mortar, sizes)
    if room < 0:  # too many anyway: the plan will be nested, and each segment has room
        yield frozenset(large + middling[len(middling) - len(pairs) :])
        return
    before = -1
    for fraction in (1.0, 0.8, 0.0):
        count = bisect_right(pairs, room * fraction)
        if count != before:
            yield frozenset(large + middling[len(middling) - count :])
        before = count


def _pairs(middling: Sequence[int], mortar: int, sizes: Sizes) -> list[float]:
    """Returns how many more parts it takes to copy the largest file, the two largest, and so on,
    while there is mortar for them. The smallest files become mortar too. `middling` are the sizes
    of the files, in ascending order. All sizes are in bytes."""
    more: list[float] = []
    parts = 0.0
    least, last = 0, len(middling) - 1
    while least <= last:
        while mortar < sizes.min_part and least < last:
            mortar += middling[least]
            least += 1
        if mortar < sizes.min_part:
            break
        mortar -= sizes.min_part
        # It takes a part of its own and one before it. The bytes of both leave the other streamed
        # parts.
        parts += 2 - (middling[last] + sizes.min_part) / sizes.stream_part
        more.append(parts)
        last -= 1
    return more


def ordered(
    form: Format, entries: Sequence[Entry], copied: frozenset[int], min_part: int
) -> Sequence[int]:
    """Returns the indices of the entries in a new order. Before each copied entry come streamed
    ones that fill `min_part` bytes, while there are any. The order is kept otherwise, and always if
    there are packed files."""
    if not copied or any(entry.packed for entry in entries):
        return range(len(entries))
    return tuple(_with_mortar(form, entries, copied, min_part))


def _with_mortar(
    form: Format, entries: Sequence[Entry], copied: frozenset[int], min_part: int
) -> Iterator[int]:
    streamed = (index for index in range(len(entries)) if index not in copied)
    for index in sorted(copied):
        room = min_part
        while room > 0 and (mortar := next(streamed, None)) is not None:
            yield mortar
            room -= extent(form, entries[mortar])
        yield index
    yield from streamed
