"""Listing by several requests at a time: every key once, in order, and few requests in vain."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pools import Threads
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts, ObjectPage
from chalicelib.sources.listing import REQUESTS, Range, divided, list_all


@dataclass
class Pages:
    """A bucket that lists."""

    keys: list[str]
    size: int
    asked: list[str] = field(default_factory=list)

    def list_page(self, prefix: str, after: str = "") -> ObjectPage:
        self.asked.append(after)
        end = bisect_left(self.keys, prefix + chr(0x10FFFF))
        start = max(bisect_left(self.keys, prefix), bisect_right(self.keys, after))
        page = self.keys[start : min(start + self.size, end)]
        facts = tuple(ObjectFacts(key, 1, '"e"', 0) for key in page)
        return ObjectPage(facts, more=start + self.size < end)


letters = st.text(st.sampled_from("0123456789abyzABZ-_/.é€😀"), max_size=8)
key_sets = st.sets(letters.map(lambda rest: f"in/{rest}"), max_size=200)


@given(key_sets, st.integers(1, 7))
def test_every_key_is_listed_once_and_in_order(keys: set[str], size: int) -> None:
    bucket = Pages(sorted([*keys, "in", "io", "in0"]), size)

    assert _listed(bucket, "in/") == sorted(keys)


@given(letters, letters, letters | st.none())
def test_the_pieces_of_a_range_are_the_range(one: str, other: str, last: str | None) -> None:
    first, after = sorted((f"in/{one}", f"in/{other}"))
    rest = Range(after, None if last is None else after + last)

    pieces = list(divided(rest, first, len("in/")))

    begins = [piece.after for piece in pieces]
    assert begins[0] == after
    assert [piece.last for piece in pieces] == [*begins[1:], rest.last]
    assert begins == sorted(begins)


@pytest.mark.parametrize(
    "key",
    [
        "in/{:06d}",
        "in/{0:06x}.bin",
        "in/2026/log-{:08d}.txt",
        "in/part-{:d}",
    ],
)
def test_a_long_listing_takes_few_requests_in_vain(key: str) -> None:
    bucket = Pages(sorted(key.format(number) for number in range(100_000)), 1000)

    assert len(_listed(bucket, "in/")) == 100_000
    assert len(bucket.asked) < 5 * 100


@pytest.mark.parametrize("key", ["in/{:06d}", "in/{0:06x}.bin", "in/2026/log-{:08d}.txt"])
def test_after_the_first_page_there_are_full_ranges_for_most_of_the_requests(key: str) -> None:
    keys = sorted(key.format(number) for number in range(100_000))
    pieces = list(divided(Range(keys[999]), keys[0], len("in/")))

    counts = [
        bisect_right(keys, piece.last or keys[-1]) - bisect_right(keys, piece.after)
        for piece in pieces
    ]
    assert sum(counts) == 99_000
    assert sum(count >= 1000 for count in counts) >= REQUESTS // 2
    assert max(counts) <= 100_000 // 2


def test_what_is_listed_page_by_page_may_be_cut_short_by_an_error() -> None:
    class Broken(Pages):
        def list_page(self, prefix: str, after: str = "") -> ObjectPage:
            if self.asked:
                raise RuntimeError("it broke")
            return super().list_page(prefix, after)

    with pytest.raises(RuntimeError, match="it broke"):
        _listed(Broken(["in/a", "in/b", "in/c"], 1), "in/")


def _listed(bucket: Pages, prefix: str) -> list[str]:
    return [fact.key for fact in list_all(cast("Bucket", bucket), Threads(), prefix, lambda: None)]
