"""Simulated time, and tasks that take turns in it.

Each task has a thread, but only one task runs at a time. It runs until it sleeps. Then the task
that is due next runs: which one that is follows from the times of the events and from the seed
alone. A task that sleeps less than all others goes on at once.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from threading import Lock, Thread


class Death(BaseException):
    """The end of a worker's process. The code does not catch it, so all of its work ends."""


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


class _Host:
    """A thread that runs one task after another, of one schedule after another."""

    idle: "list[_Host]" = []  # noqa: RUF012 - all threads of the process

    def __init__(self) -> None:
        self.baton = _held()
        self.task: Task | None = None
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            self.baton.acquire()
            task = self.task
            if task:
                task.schedule._run(task, self)


# A forked process has none of its parent's threads.
os.register_at_fork(after_in_child=_Host.idle.clear)


@dataclass(eq=False, slots=True)
class Task:
    """One piece of work that can sleep. `name` is for the trace."""

    schedule: "Schedule"
    name: str
    body: Callable[[], None]
    baton: Lock = field(default_factory=_held)
    begun: bool = False
    killed: bool = False


class Schedule:
    """`now` is simulated time in ms."""

    def __init__(self, random: Random, start: int) -> None:
        self.now = start
        self.failures: list[BaseException] = []
        self._random = random
        self._events: list[tuple[int, int, int, Task | Callable[[], None]]] = []
        self._count = 0
        self._live: set[Task] = set()
        self.current = Task(self, "director", lambda: None, begun=True)

    def at(self, due: int, action: Callable[[], None]) -> None:
        """Schedules `action` for this time. It must not sleep."""
        self._push(due, action)

    def spawn(self, name: str, body: Callable[[], None], delay: int = 0) -> Task:
        """Starts a task that many ms from now."""
        task = Task(self, name, body)
        self._live.add(task)
        self._push(self.now + delay, task)
        return task

    @property
    def busy(self) -> bool:
        """Whether there is any task besides the caller's."""
        return bool(self._live)

    def sleep(self, ms: int) -> None:
        """Lets the caller's task sleep for `ms`."""
        task = self.current
        if task.killed:
            raise Death
        due = self.now + ms
        if not self._events or due < self._events[0][0]:
            self.now = due
            return
        self._push(due, task)
        following = self._following()
        if following is not task:
            self._resume(following)
            task.baton.acquire()
        if task.killed:
            raise Death

    def kill_all(self) -> None:
        """Ends every task, at any place."""
        for task in list(self._live):
            task.killed = True
        while self._live:
            self.sleep(1000)

    def _push(self, due: int, event: Task | Callable[[], None]) -> None:
        self._count += 1
        # Events of the same time come in any order.
        heappush(self._events, (due, self._random.getrandbits(16), self._count, event))

    def _following(self) -> Task:
        while True:
            due, _, _, event = heappop(self._events)
            self.now = max(self.now, due)
            if isinstance(event, Task):
                return event
            event()

    def _resume(self, task: Task) -> None:
        self.current = task
        if task.begun:
            task.baton.release()
            return
        task.begun = True
        host = _Host.idle.pop() if _Host.idle else _Host()
        host.task = task
        host.baton.release()

    def _run(self, task: Task, host: _Host) -> None:
        try:
            if not task.killed:
                task.body()
        except Death:
            pass
        except BaseException as error:  # noqa: BLE001 - any error is a finding
            self.failures.append(error)
        self._live.discard(task)
        host.task = None
        _Host.idle.append(host)
        self._resume(self._following())
