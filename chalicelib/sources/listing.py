"""Lists every object under a prefix by several requests at a time.

S3 lists a thousand keys a page, and only a page's last key tells where the next page begins. A
million files, one page after another, would take minutes. So the keys that are still to be listed
are divided into ranges, where keys like those seen before may differ. The ranges are listed side by
side, and divided again as soon as there is nothing else to do.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future
from dataclasses import dataclass
from itertools import takewhile
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from chalicelib.pools import TICK_SECONDS, Pools
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts

REQUESTS: Final = 16
"""Requests under way at a time."""

_RANGES_MAX: Final = 128
"""Ranges made of one; many are empty, and cost a request each."""


@dataclass(frozen=True, slots=True)
class Range:
    """The keys behind `after`, up to and with `last`; None: to the prefix's end."""

    after: str
    last: str | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    facts: tuple[ObjectFacts, ...]
    rest: Range | None


def list_all(
    bucket: Bucket, pools: Pools, prefix: str, tick: Callable[[], None]
) -> list[ObjectFacts]:
    """Returns every object whose key begins with `prefix`, in key order. Calls `tick` at least once
    a second."""
    found: list[ObjectFacts] = []
    with pools(REQUESTS) as pool:
        under_way: set[Future[_Listed]] = {pool.submit(_listed, bucket, prefix, Range(""))}
        while under_way:
            done, under_way = pools.wait(under_way, TICK_SECONDS, FIRST_COMPLETED)
            tick()
            for listed in [future.result() for future in done]:
                found += listed.facts
                if listed.rest is None:
                    continue
                ranges = [listed.rest]
                if len(under_way) < REQUESTS:
                    first = listed.facts[0].key
                    ranges = list(divided(listed.rest, first, len(prefix)))
                under_way |= {pool.submit(_listed, bucket, prefix, one) for one in ranges}
    # S3 sorts by UTF-8 bytes, Python by code points, which is the same.
    found.sort(key=lambda fact: fact.key)
    return found


def divided(rest: Range, first: str, common: int) -> Iterator[Range]:
    """Yields the range in pieces, in order. `first` is the first key of the page that ended with
    `rest.after`; all keys have their first `common` characters in common.

    The pieces begin where a key like `rest.after` has a higher digit, or letter of its case, at one
    of the places from `common` to where the page's first and last key differ: behind that, there
    is less than the page between two of them.
    """
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, rest.after, strict=False))
    begin, made = rest.after, 1
    for place in range(sum(1 for _ in alike), common - 1, -1):
        for character in _above(rest.after[place : place + 1]):
            cut = rest.after[:place] + character
            if made == _RANGES_MAX or (rest.last is not None and cut >= rest.last):
                break
            yield Range(begin, cut)
            begin, made = cut, made + 1
    yield Range(begin, rest.last)


def _above(character: str) -> str:
    """Returns the digits, or letters of its case, behind this one; none for any other character."""
    for kind in (digits, ascii_lowercase, ascii_uppercase):
        if character and character in kind:
            return kind[kind.index(character) + 1 :]
    return ""


def _listed(bucket: Bucket, prefix: str, wanted: Range) -> _Listed:
    """Returns one page of the range."""
    page = bucket.list_page(prefix, wanted.after)
    last = wanted.last
    facts = tuple(fact for fact in page.facts if last is None or fact.key <= last)
    if not page.more or len(facts) < len(page.facts) or facts[-1].key == last:
        return _Listed(facts, None)
    return _Listed(facts, Range(facts[-1].key, last))
