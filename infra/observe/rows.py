"""The rows of what was counted: how they are written within a transaction, and read back."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from infra.observe.counting import Counted
from infra.observe.tally import Part, Seen, Series, Tally


def add(sql: sqlite3.Connection, stack: int, tally: Tally) -> None:
    """Adds what some lines of the stack add."""
    sql.executemany(
        "INSERT INTO amounts VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        (
            (stack, series.metric, _text(series.labels), part, amount)
            for (series, part), amount in tally.amounts.items()
        ),
    )
    sql.executemany(
        "INSERT INTO gauges VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET value = excluded.value, at = excluded.at WHERE excluded.at >= at",
        (
            (stack, series.metric, _text(series.labels), seen.value, seen.at)
            for series, seen in tally.gauges.items()
        ),
    )
    sql.executemany(
        "INSERT INTO exemplars VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET trace = "
        "excluded.trace, value = excluded.value, at = excluded.at WHERE excluded.at >= at",
        (
            (stack, series.metric, _text(series.labels), part, seen.trace, seen.value, seen.at)
            for (series, part), seen in tally.exemplars.items()
        ),
    )


def keep_jobs(sql: sqlite3.Connection, stack: int, found: Counted, now: int) -> None:
    """Keeps which jobs are open, and which have ended. `now` is Unix ms."""
    sql.executemany(
        "INSERT INTO ended_jobs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET span = excluded.span, began = excluded.began, ended = excluded.ended",
        (
            (stack, job, root.span, root.began_at, root.ended_at, now)
            for job, root in found.ended.items()
        ),
    )
    sql.executemany(
        "DELETE FROM open_jobs WHERE stack = ? AND job = ?", ((stack, job) for job in found.ended)
    )
    sql.executemany(
        "INSERT INTO open_jobs VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE "
        "SET accepted = excluded.accepted",
        ((stack, job, at) for job, at in found.accepted.items()),
    )
    sql.executemany(
        "INSERT INTO open_jobs VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET started = 1",
        ((stack, job, at) for job, at in found.started.items()),
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted of all stacks together. Of gauges, both the sum over the stacks that are
    followed and the largest value. `oldest_queued` is Unix ms; None if no job waits."""

    amounts: dict[Part, float]
    exemplars: dict[Part, Seen]
    sums: dict[Series, float]
    largest: dict[Series, float]
    active_jobs: int
    oldest_queued: int | None


def totals(sql: sqlite3.Connection, followed: Collection[int]) -> Totals:
    """Returns what was counted. `followed` are the stacks that are there now: a stack that is gone
    has no jobs and no queues, but what it has done stays done."""
    amounts = sql.execute(
        "SELECT metric, labels, part, sum(amount) FROM amounts GROUP BY metric, labels, part"
    )
    # SQLite takes the other columns from the row that has the maximum.
    exemplars = sql.execute(
        "SELECT metric, labels, part, max(at), value, trace FROM exemplars "
        "GROUP BY metric, labels, part"
    )
    stacks = json.dumps(list(followed))
    gauges = sql.execute(
        "SELECT metric, labels, sum(value), max(value) FROM gauges "
        "WHERE stack IN (SELECT value FROM json_each(?)) GROUP BY metric, labels",
        (stacks,),
    ).fetchall()
    active, oldest = sql.execute(
        "SELECT count(*), min(CASE WHEN started THEN NULL ELSE accepted END) FROM open_jobs "
        "WHERE stack IN (SELECT value FROM json_each(?))",
        (stacks,),
    ).fetchone()
    return Totals(
        amounts={Part(_series(*row[:2]), row[2]): row[3] for row in amounts},
        exemplars={Part(_series(*row[:2]), row[2]): Seen(*row[3:]) for row in exemplars},
        sums={_series(*row[:2]): row[2] for row in gauges},
        largest={_series(*row[:2]): row[3] for row in gauges},
        active_jobs=active,
        oldest_queued=oldest,
    )


def _text(labels: tuple[str, ...]) -> str:
    return json.dumps(labels, separators=(",", ":"))


def _series(metric: str, labels: str) -> Series:
    return Series(metric, tuple(json.loads(labels)))
