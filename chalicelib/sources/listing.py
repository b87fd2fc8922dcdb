"""Lists every object under a prefix, with several requests at the same time.

S3 lists a thousand keys a page, and only a page's last key shows where the next page begins. A
million files, one page after another, would take minutes. So the keys that are not yet listed are
divided into ranges, which begin where keys like those seen before may differ. The ranges are listed
side by side. They are divided again as soon as there is nothing else to do.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future
from dataclasses import dataclass
from itertools import takewhile
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from chalicelib.pools import TICK_SECONDS, Pools
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts, ObjectPage

REQUESTS: Final = 16
"""The most requests under way at the same time."""

_RANGES_MAX: Final = 128
"""The most ranges that one is divided into. Many are empty, and cost a request each."""


_ListPage = Callable[[str, str], ObjectPage]


@dataclass(frozen=True, slots=True)
class Range:
    """The keys after `after`, up to and including `last`; None: to the prefix's end."""

    after: str
    last: str | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    facts: tuple[ObjectFacts, ...]
    rest: Range | None


def list_all(
    bucket: Bucket,
    pools: Pools,
    prefix: str,
    tick: Callable[[], None],
    *,
    versions: bool = False,
) -> list[ObjectFacts]:
    """Returns every object whose key begins with `prefix`, in key order. Calls `tick` at least once
    a second. `versions`: each with the id of its newest version."""
    page = bucket.list_versions_page if versions else bucket.list_page
    found: list[ObjectFacts] = []
    with pools(REQUESTS) as pool:
        under_way: set[Future[_Listed]] = {pool.submit(_listed, page, prefix, Range(""))}
        while under_way:
            done, under_way = pools.wait(under_way, TICK_SECONDS, FIRST_COMPLETED)
            tick()
            for listed in [future.result() for future in done]:
                found += listed.facts
                if listed.rest is None:
                    continue
                ranges = [listed.rest]
                if len(under_way) < REQUESTS:
                    first = listed.facts[0].key if listed.facts else listed.rest.after
                    ranges = list(divided(listed.rest, first, len(prefix)))
                under_way |= {pool.submit(_listed, page, prefix, one) for one in ranges}
    # S3 sorts by UTF-8 bytes, Python by code points, which is the same.
    found.sort(key=lambda fact: fact.key)
    return found


def divided(rest: Range, first: str, common: int) -> Iterator[Range]:
    """Yields the smaller ranges that the range is divided into, in order. `first` is the first key
    of the page that ended with `rest.after`. All keys begin with the same `common` characters.

    A smaller range begins where a key like `rest.after` has a higher digit, or a higher letter of
    the same case, at one place. The places are those from `common` to the first one where the
    page's first and last key differ. At a later place, a range would hold less than a page.
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
    """Returns the digits, or the letters of the same case, that come after this one. Empty for any
    other character."""
    for kind in (digits, ascii_lowercase, ascii_uppercase):
        if character and character in kind:
            return kind[kind.index(character) + 1 :]
    return ""


def _listed(list_page: _ListPage, prefix: str, wanted: Range) -> _Listed:
    """Returns one page of the range."""
    page = list_page(prefix, wanted.after)
    last = wanted.last
    facts = tuple(fact for fact in page.facts if last is None or fact.key <= last)
    if not page.more or (last is not None and page.end >= last):
        return _Listed(facts, None)
    return _Listed(facts, Range(page.end, last))
