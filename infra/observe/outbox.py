"""What waits for a backend: requests of OTLP, as they will be posted. A part of the store.

It is bounded. If a backend is down for too long, the oldest requests are dropped, and their spans
and records are counted as dropped.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from chalicelib.telemetry.otlp import Signal
from infra.observe.counters import Add
from infra.observe.labels import Dropped


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that waits for each signal."""

    requests: int = 20_000
    bytes: int = 256 * 2**20


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that waits. `items` are the spans or the records in it."""

    id: int
    signal: Signal
    items: int
    body: bytes


def put(sql: sqlite3.Connection, signal: Signal, items: int, body: bytes) -> None:
    """Puts a request into the outbox, within a transaction."""
    sql.execute(
        "INSERT INTO outbox (signal, items, bytes, body) VALUES (?, ?, ?, ?)",
        (signal, items, len(body), body),
    )


def trim(sql: sqlite3.Connection, signal: Signal, limits: Limits) -> list[Add]:
    """Drops the oldest requests that are over the limits, within a transaction. Returns what that
    adds to the counters."""
    requests, size = sql.execute(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM outbox WHERE signal = ?", (signal,)
    ).fetchone()
    dropped, last = 0, None
    oldest = sql.execute(
        "SELECT id, items, bytes FROM outbox WHERE signal = ? ORDER BY id", (signal,)
    )
    while requests > limits.requests or size > limits.bytes:
        last, items, length = oldest.fetchone()
        requests, size, dropped = requests - 1, size - length, dropped + items
    oldest.close()
    if last is None:
        return []
    sql.execute("DELETE FROM outbox WHERE signal = ? AND id <= ?", (signal, last))
    return [Add("telemetry_dropped_total", (signal, Dropped.OUTBOX_FULL), dropped)]


def oldest(sql: sqlite3.Connection, signal: Signal) -> Request | None:
    """Returns the request that waits longest; None if none waits."""
    row = sql.execute(
        "SELECT id, items, body FROM outbox WHERE signal = ? ORDER BY id LIMIT 1", (signal,)
    ).fetchone()
    return Request(row[0], signal, row[1], row[2]) if row else None


def remove(sql: sqlite3.Connection, request: Request) -> bool:
    """Removes the request, within a transaction. Returns False if it was dropped meanwhile."""
    return sql.execute("DELETE FROM outbox WHERE id = ?", (request.id,)).rowcount == 1


def waiting(sql: sqlite3.Connection) -> dict[str, int]:
    """Returns how many spans (traces) and records (logs) wait."""
    rows = sql.execute("SELECT signal, sum(items) FROM outbox GROUP BY signal")
    return dict(rows.fetchall())
