"""Work done by a pool a bounded way ahead of who takes its results, in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Iterator[Result]:
    """`work` of each item, in order; `most` of them are under way, or done and not yet taken."""
    remaining = iter(items)
    under_way = deque(pool.submit(work, item) for item in islice(remaining, most))
    while under_way:
        yield under_way.popleft().result()
        under_way.extend(pool.submit(work, item) for item in islice(remaining, 1))
