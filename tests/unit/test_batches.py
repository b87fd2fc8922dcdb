"""Items in batches."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.batches import batched


@given(st.lists(st.integers()), st.integers(1, 20))
def test_batches_hold_every_item_in_order(items: list[int], size: int) -> None:
    assert list(chain.from_iterable(batched(items, size))) == items


@given(st.lists(st.integers(), min_size=1), st.integers(1, 20))
def test_only_the_last_batch_may_be_shorter(items: list[int], size: int) -> None:
    *full, last = batched(items, size)

    assert {len(batch) for batch in full} <= {size}
    assert 1 <= len(last) <= size


def test_no_items_make_no_batch() -> None:
    assert list(batched([], 3)) == []
