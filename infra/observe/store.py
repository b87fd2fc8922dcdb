"""What the shipper knows, and keeps: counters, jobs, how far it has read, and what is to be sent.

All that some lines change is written in one transaction, with the ids of the lines. So a line
counts once, whenever the shipper is killed, and however often the line is read.

All is kept for each stack, by the stack's own id: when a stack was deleted and made again, nothing
of the old one is taken for one of the new.
"""

import fcntl
import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Final

from chalicelib.telemetry import otlp
from chalicelib.telemetry.lines import Line, read
from chalicelib.telemetry.otlp import Signal
from infra.errors import InfraError
from infra.observe import database, outbox, rows
from infra.observe.counters import Change
from infra.observe.counting import Counted, Ended, Wanted, counted
from infra.observe.outbox import LIMITS, Limits, Request
from infra.observe.tally import Tally

OWN: Final = 0
"""Stands in place of a stack for what the shipper counts of itself."""

JOB_DAYS: Final = 8
"""How long a job is known that has ended, or that never does. A line of it that comes later than
that would count once more: the last notice of a job is sent after 27 hours."""

_DAY_MS: Final = 24 * 3600 * 1000
_ID_BYTES: Final = 12  # two of a million lines have the same with a chance of 10^-17
_LOCK: Final = "telemetry.lock"


class AlreadyRunning(InfraError):
    """Another process counts into the same folder."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log group of a stack. `cursor`: how far it was read, in Unix ms. `overlap`: how far before
    the cursor it is read again, at most, in ms."""

    id: int
    stack: int
    cursor: int
    overlap: int


@contextmanager
def opened(
    state: Path,
    wanted: Wanted,
    tell: Callable[[str], None],
    *,
    limits: Limits = LIMITS,
    connect: database.Connect = database.connect,
) -> Iterator["Store"]:
    """Yields the store in this folder, which only this process has meanwhile. `tell` gets a
    sentence if it has to begin anew. Raises AlreadyRunning."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"Another process already counts into {state}.") from None
        path = state / database.NAME
        with closing(database.opened(path, tell, connect)) as sql:
            yield Store(sql, path, wanted, limits)


class Store:
    """The open file. One thread counts; others may take from the outbox and add to counters."""

    def __init__(self, sql: sqlite3.Connection, path: Path, wanted: Wanted, limits: Limits) -> None:
        self.path = path
        self._sql = sql
        self._wanted = wanted
        self._limits = limits
        self._lock = Lock()

    def stack(self, stack_id: str) -> int:
        """Returns the number that the stack has in the store."""
        with self._lock, database.transaction(self._sql):
            self._sql.execute("INSERT OR IGNORE INTO stacks (name) VALUES (?)", (stack_id,))
            found = self._sql.execute("SELECT id FROM stacks WHERE name = ?", (stack_id,))
            return int(found.fetchone()[0])

    def log(self, stack: int, name: str, since: int, overlap: int) -> Log:
        """Returns the log group of that name. A new one is read from `since` on, in Unix ms."""
        with self._lock, database.transaction(self._sql):
            self._sql.execute(
                "INSERT OR IGNORE INTO logs (stack, name, cursor) VALUES (?, ?, ?)",
                (stack, name, since),
            )
            found = self._sql.execute(
                "SELECT id, cursor FROM logs WHERE stack = ? AND name = ?", (stack, name)
            )
            number, cursor = found.fetchone()
            return Log(number, stack, cursor, overlap)

    def count(self, log: Log, lines: Sequence[Line], cursor: int, now: int) -> int:
        """Counts those of the lines that were not counted before, and remembers that the log was
        read up to `cursor`. Forgets the ids of lines that will not be read again. Returns how many
        it has counted. Times are Unix ms."""
        with self._lock:
            fresh = self._unseen(log, lines)
        events = [read(line) for line in fresh.values()]
        with self._lock:
            known = self._ended(log.stack, {event.job for event in events if event.job})
        found = counted(events, known, self._wanted)
        requests = _requests(found)
        with self._lock, database.transaction(self._sql):
            seen = ((log.id, line_id, line.at) for line_id, line in fresh.items())
            self._sql.executemany("INSERT INTO seen VALUES (?, ?, ?)", seen)
            rows.add(self._sql, log.stack, found.tally)
            rows.keep_jobs(self._sql, log.stack, found, now)
            own = Tally()
            for signal, items, body in requests:
                outbox.put(self._sql, signal, items, body)
                own.take(outbox.trim(self._sql, signal, self._limits))
            rows.add(self._sql, OWN, own)
            self._sql.execute(
                "UPDATE logs SET cursor = max(cursor, ?) WHERE id = ?", (cursor, log.id)
            )
            self._sql.execute(
                "DELETE FROM seen WHERE log = ? AND at < ?", (log.id, cursor - log.overlap)
            )
        return len(fresh)

    def add(self, changes: Iterable[Change]) -> None:
        """Counts what the shipper says of itself."""
        own = Tally()
        own.take(changes)
        with self._lock, database.transaction(self._sql):
            rows.add(self._sql, OWN, own)

    def oldest(self, signal: Signal) -> Request | None:
        """Returns the request that waits longest for the signal's backend; None if none does."""
        with self._lock:
            return outbox.oldest(self._sql, signal)

    def settle(self, request: Request, changes: Iterable[Change]) -> None:
        """Removes a request that was sent or refused, and counts that. If it was dropped meanwhile,
        it is counted as that alone."""
        own = Tally()
        own.take(changes)
        with self._lock, database.transaction(self._sql):
            if outbox.remove(self._sql, request):
                rows.add(self._sql, OWN, own)

    def forget_jobs(self, now: int) -> None:
        """Forgets the jobs of JOB_DAYS ago. `now` is Unix ms."""
        before = now - JOB_DAYS * _DAY_MS
        with self._lock, database.transaction(self._sql):
            self._sql.execute("DELETE FROM ended_jobs WHERE told < ?", (before,))
            self._sql.execute("DELETE FROM open_jobs WHERE accepted < ?", (before,))

    def _unseen(self, log: Log, lines: Sequence[Line]) -> dict[str, Line]:
        """Returns the lines that are new, by their ids as the file has them."""
        given: dict[str, Line] = {}
        for line in lines:
            given.setdefault(_digest(line.id), line)
        old = self._sql.execute(
            "SELECT line FROM seen WHERE log = ? AND line IN (SELECT value FROM json_each(?))",
            (log.id, json.dumps(list(given))),
        )
        for (line_id,) in old.fetchall():
            del given[line_id]
        return given

    def _ended(self, stack: int, jobs: set[str]) -> dict[str, Ended]:
        found = self._sql.execute(
            "SELECT job, span, began, ended FROM ended_jobs "
            "WHERE stack = ? AND job IN (SELECT value FROM json_each(?))",
            (stack, json.dumps(list(jobs))),
        )
        return {row[0]: Ended(*row[1:]) for row in found}


def _requests(found: Counted) -> list[tuple[Signal, int, bytes]]:
    made = []
    if found.spans:
        made.append((Signal.TRACES, len(found.spans), otlp.traces(found.spans)))
    if found.records:
        made.append((Signal.LOGS, len(found.records), otlp.logs(found.records)))
    return made


def _digest(line_id: str) -> str:
    digest = blake2b(line_id.encode(errors="replace"), digest_size=_ID_BYTES).digest()
    return b64encode(digest).decode()
