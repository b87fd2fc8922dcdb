"""Which files S3 copies, and the order in which small files fill the room before them. Pure.

S3 wants at least 5 MiB in each part of an upload but the last, so that much of streamed bytes must
lie before a copied part. Small files are the mortar: they have to be streamed anyhow. Files hardly
larger than a part may be may be either: the largest of them are copied, the smallest are mortar for
those, as far as they go and as far as the upload has part numbers.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.archive.plan import Entry, data_offset


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes: the least part, the least file that is copied, what a streamed part has on average,
    rather less than more; and the most parts of an upload."""

    min_part: int
    copy_min: int
    stream_part: int
    max_parts: int


def choices(entries: Sequence[Entry], sizes: Sizes) -> Iterator[frozenset[int]]:
    """Indices of the entries to copy, in choices that take fewer and fewer parts: how many it takes
    is only guessed here.

    One whose CRC-32 S3 does not know is none of them: its header is written when its bytes have
    been read.
    """
    alone = max(2 * sizes.min_part, sizes.copy_min)
    large, middling, mortar = [], [], 0
    for index, entry in enumerate(entries):
        if entry.size < sizes.copy_min or not entry.is_known:
            mortar += entry.size
        elif entry.size < alone:
            middling.append(index)
        else:
            large.append(index)
    middling.sort(key=lambda index: entries[index].size)  # what is equal keeps its order
    streamed = mortar + sum(entries[index].size for index in middling)
    parts = 2 * len(large) + streamed / sizes.stream_part
    mortar -= sizes.min_part * len(large)
    room = sizes.max_parts - parts
    pairs = _pairs([entries[index].size for index in middling], mortar, sizes)
    if room < 0:  # too many even so: the plan will be nested, and each segment has room
        yield frozenset(large + middling[len(middling) - len(pairs) :])
        return
    before = -1
    for share in (1.0, 0.8, 0.0):
        count = bisect_right(pairs, room * share)
        if count != before:
            yield frozenset(large + middling[len(middling) - count :])
        before = count


def _pairs(middling: Sequence[int], mortar: int, sizes: Sizes) -> list[float]:
    """For each of the largest of these files (given by size, ascending) that there is mortar for,
    the smallest of them too: how many parts more it takes to copy it and those before it."""
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
        # A part of its own and one before it, instead of a share of those that are streamed.
        parts += 2 - (middling[last] + sizes.min_part) / sizes.stream_part
        more.append(parts)
        last -= 1
    return more


def ordered(entries: Sequence[Entry], copied: frozenset[int], min_part: int) -> Sequence[int]:
    """Indices of the entries in an order in which those that are streamed lie, as far as they go,
    before each that is copied: as many as fill `min_part`. Else the order is kept."""
    if not copied:
        return range(len(entries))
    return tuple(_with_mortar(entries, copied, min_part))


def _with_mortar(entries: Sequence[Entry], copied: frozenset[int], min_part: int) -> Iterator[int]:
    streamed = (index for index in range(len(entries)) if index not in copied)
    for index in sorted(copied):
        room = min_part
        while room > 0 and (mortar := next(streamed, None)) is not None:
            yield mortar
            room -= data_offset(entries[mortar], 0) + entries[mortar].size
        yield index
    yield from streamed
