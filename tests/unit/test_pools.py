"""How work is put on threads, and how a worker waits for it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future
from dataclasses import dataclass, field
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pools import TICK_SECONDS, Threads, ahead, wait_for

mosts = st.integers(1, 8)


class AtOnce(Executor):
    """Does all work when it is submitted, and counts it."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except ValueError as error:
            future.set_exception(error)
        return future


@dataclass
class Patient:
    """Pools that only wait: of the futures, one is done each time, the first of `order` first."""

    order: list[Future[Any]]
    idle: int = 0
    """So often the time is up before any is done."""
    timeouts: list[float] = field(default_factory=list)

    def __call__(self, threads: int, /) -> Executor:
        raise NotImplementedError

    def wait(
        self, futures: Iterable[Future[Any]], timeout: float, _: str, /
    ) -> tuple[set[Future[Any]], set[Future[Any]]]:
        self.timeouts.append(timeout)
        pending = set(futures)
        if len(self.timeouts) <= self.idle:
            return set(), pending
        done = next(future for future in self.order if future in pending)
        return {done}, pending - {done}


@dataclass
class Gauge:
    """Work that measures how much of it is done at the same time."""

    now: int = 0
    highest: int = 0
    lock: Lock = field(default_factory=Lock)

    def work(self, item: int) -> int:
        with self.lock:
            self.now += 1
            self.highest = max(self.highest, self.now)
        with self.lock:
            self.now -= 1
        return -item


def done(value: object = None) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def failed(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


# -- ahead --------------------------------------------------------------------------------------


@given(st.lists(st.integers(), max_size=30), mosts)
def test_the_results_come_in_the_order_of_the_items(items: list[int], most: int) -> None:
    with Threads()(4) as pool:
        assert list(ahead(pool, lambda item: -item, items, most)) == [-item for item in items]


@given(st.integers(0, 30), mosts)
def test_no_more_than_the_most_are_submitted_before_their_turn(count: int, most: int) -> None:
    pool = AtOnce()

    ahead_of = [
        pool.submitted - taken for taken, _ in enumerate(ahead(pool, str, range(count), most))
    ]

    assert ahead_of == [min(most, count - taken) for taken in range(count)]


@given(st.integers(0, 60), mosts)
def test_no_more_than_the_most_run_at_a_time(count: int, most: int) -> None:
    gauge = Gauge()

    with Threads()(16) as pool:
        results = list(ahead(pool, gauge.work, range(count), most))

    assert results == [-item for item in range(count)]
    assert gauge.highest <= most


def test_an_item_is_taken_only_when_its_work_is_to_be_submitted() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            taken.append(item)
            yield item

    results = ahead(AtOnce(), str, items(), 3)

    assert taken == []
    assert next(results) == "0"
    assert taken == [0, 1, 2]
    assert next(results) == "1"
    assert taken == [0, 1, 2, 3]


def test_a_failure_comes_in_its_turn_and_ends_the_results() -> None:
    pool = AtOnce()
    results = ahead(pool, int, ["1", "x", "3", "4", "5"], 2)

    assert next(results) == 1
    with pytest.raises(ValueError, match="'x'"):
        next(results)
    assert list(results) == []
    assert pool.submitted == 3


# -- wait_for -----------------------------------------------------------------------------------


def test_a_wait_ends_when_all_have_succeeded() -> None:
    futures = [done(1), done(2), done(3)]
    pools, ticks = Patient(futures), []

    wait_for(pools, iter(futures), lambda: ticks.append(len(pools.timeouts)))

    assert ticks == [1, 2, 3]


def test_for_nothing_there_is_no_wait() -> None:
    pools, ticks = Patient([]), []

    wait_for(pools, [], lambda: ticks.append(1))

    assert (pools.timeouts, ticks) == ([], [])


def test_it_ticks_at_least_once_a_second_while_nothing_happens() -> None:
    futures = [done()]
    pools, ticks = Patient(futures, idle=5), []

    wait_for(pools, futures, lambda: ticks.append(1))

    assert len(ticks) == 6
    assert set(pools.timeouts) == {TICK_SECONDS}
    assert TICK_SECONDS <= 1


def test_the_first_failure_is_raised_and_what_has_not_begun_is_cancelled() -> None:
    first, second = failed(KeyError("first")), failed(ValueError("second"))
    begun: Future[Any] = Future()
    begun.set_running_or_notify_cancel()
    waiting: Future[Any] = Future()
    pools, ticks = Patient([done(), first, second, begun, waiting]), []

    with pytest.raises(KeyError, match="first"):
        wait_for(pools, pools.order, lambda: ticks.append(1))

    assert waiting.cancelled()
    assert begun.running()
    assert len(ticks) == 1


@pytest.mark.parametrize("error", [RuntimeError("the job has ended"), KeyboardInterrupt()])
def test_a_tick_that_raises_ends_the_wait_as_a_failure_does(error: BaseException) -> None:
    waiting: Future[Any] = Future()
    futures = [done(), waiting]

    def tick() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        wait_for(Patient(futures), futures, tick)

    assert caught.value is error
    assert waiting.cancelled()


# -- real threads -------------------------------------------------------------------------------


def test_a_pool_has_as_many_threads_as_asked_for() -> None:
    meeting = Barrier(3)

    with Threads()(3) as pool:
        places = list(pool.map(lambda _: meeting.wait(timeout=10), range(3)))

    assert sorted(places) == [0, 1, 2]


def test_a_failure_among_real_threads_is_raised_while_another_one_is_at_work() -> None:
    ended = Event()

    def fail() -> None:
        raise KeyError("it broke")

    with Threads()(2) as pool:
        at_work = pool.submit(ended.wait, 10)
        broken = pool.submit(fail)
        with pytest.raises(KeyError, match="it broke"):
            wait_for(Threads(), [at_work, broken], lambda: None)
        ended.set()

    assert at_work.result()


def test_a_wait_tells_what_is_done_from_what_is_not() -> None:
    ready, waiting = done(), Future[None]()

    assert Threads().wait([ready, waiting], 0.0, FIRST_COMPLETED) == ({ready}, {waiting})
