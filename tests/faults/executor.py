"""A ThreadPoolExecutor of one thread, whose tasks are done in an order that the seed gives.

What is submitted is done when somebody waits for it: so between two tasks the caller's own code
gets its turns, and no task is ever done at the same time as another.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from random import Random
from typing import Any, Self

from tests.faults.schedule import Death


class Task:
    """A Future."""

    def __init__(self, number: int, work: Callable[[], Any]) -> None:
        self._number = number
        self._work = work
        self._value: Any = None
        self.error: Exception | None = None
        self.pending = True

    def __hash__(self) -> int:
        """Its number: a set of tasks then has the same order in each run."""
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other

    def run(self) -> None:
        self.pending = False
        try:
            self._value = self._work()
        except Exception as error:  # noqa: BLE001 - a future keeps it
            self.error = error

    def cancel(self) -> bool:
        cancelled, self.pending = self.pending, False
        return cancelled

    def result(self) -> Any:
        if self.pending:
            self.run()
        if self.error:
            raise self.error
        return self._value


class Executors:
    """Makes the executors of one run; stands for the class ThreadPoolExecutor and for `wait`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def __call__(self, _: int) -> "Executor":
        return Executor(self)

    def task(self, work: Callable[[], Any]) -> Task:
        self._count += 1
        return Task(self._count, work)

    def wait(
        self, tasks: Collection[Task], _timeout: float, _return_when: str
    ) -> tuple[set[Task], set[Task]]:
        """concurrent.futures.wait until the first failure, or a timeout at a time of the seed's."""
        pending = sorted((task for task in tasks if task.pending), key=hash)
        while pending and not any(task.error for task in tasks):
            pending.pop(self._random.randrange(len(pending))).run()
            if self._random.randrange(3) == 0:
                break
        return {task for task in tasks if not task.pending}, set(pending)


class Executor:
    def __init__(self, executors: Executors) -> None:
        self._executors = executors
        self._tasks: list[Task] = []

    def submit(self, work: Callable[..., Any], *args: Any) -> Task:
        task = self._executors.task(lambda: work(*args))
        self._tasks.append(task)
        return task

    def map(self, work: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        tasks = [self.submit(work, *args) for args in zip(*iterables, strict=False)]
        return (task.result() for task in tasks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, Death):
            return  # nobody waits in a process that has died
        for task in self._tasks:
            if task.pending:
                task.run()
