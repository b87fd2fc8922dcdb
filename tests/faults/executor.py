"""Stands for ThreadPoolExecutor: one thread does the tasks, in an order that follows from the seed.

A task is done when somebody waits for it. So the caller's own code runs between two tasks, and no
two tasks run at the same time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from random import Random
from typing import Any, Self

from tests.faults.schedule import Death


class Task:
    """Stands for a Future."""

    def __init__(self, number: int, work: Callable[[], Any]) -> None:
        self._number = number
        self._work = work
        self._value: Any = None
        self.error: Exception | None = None
        self.pending = True

    def __hash__(self) -> int:
        """Returns the task's number. So a set of tasks has the same order in each run."""
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other

    def run(self) -> None:
        self.pending = False
        try:
            self._value = self._work()
        except Exception as error:  # noqa: BLE001 - a future keeps any error
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
    """Makes the executors of one run, and waits for their tasks: the Pools of a simulation."""

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
        """Waits until the first failure, or until a timeout whose time follows from the seed."""
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
            return  # a process that has died does not wait
        for task in self._tasks:
            if task.pending:
                task.run()
