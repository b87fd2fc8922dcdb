"""Pools of threads, and ways to wait for their work.

No other module of chalicelib starts a thread. So a test can pass pools that do the work in the
order that the test wants.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, wait
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

TICK_SECONDS: Final = 0.5
"""The longest time between two ticks. A tick renews the lease and reports progress."""


class Pools(Protocol):
    """Makes pools, and waits for the work that was submitted to them."""

    def __call__(self, threads: int, /) -> Executor:
        """Returns a new pool of that many threads."""

    def wait(
        self, futures: Iterable[Future[Any]], timeout: float, return_when: str, /
    ) -> tuple[set[Future[Any]], set[Future[Any]]]:
        """Returns (done, not done), as `concurrent.futures.wait` does."""


class Threads:
    """Pools of real threads."""

    def __call__(self, threads: int, /) -> Executor:
        from concurrent.futures import ThreadPoolExecutor  # not before a pool is needed

        return ThreadPoolExecutor(threads)

    def wait(
        self, futures: Iterable[Future[Any]], timeout: float, return_when: str, /
    ) -> tuple[set[Future[Any]], set[Future[Any]]]:
        done, pending = wait(futures, timeout, return_when)
        return done, pending


def ahead(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Iterator[Result]:
    """Yields `work(item)` for each item, in order. At most `most` results are being computed or
    wait to be taken."""
    remaining = iter(items)
    under_way = deque(pool.submit(work, item) for item in islice(remaining, most))
    while under_way:
        yield under_way.popleft().result()
        under_way.extend(pool.submit(work, item) for item in islice(remaining, 1))


def wait_for(pools: Pools, futures: Iterable[Future[Any]], tick: Callable[[], None]) -> None:
    """Returns when all futures have succeeded. Calls `tick` at least once a second.

    If a future fails or `tick` raises, cancels the futures that have not begun, and raises that
    error.
    """
    pending = set(futures)
    try:
        while pending:
            done, pending = pools.wait(pending, TICK_SECONDS, FIRST_EXCEPTION)
            for future in done:
                future.result()
            tick()
    except BaseException:
        for future in pending:
            future.cancel()
        raise
