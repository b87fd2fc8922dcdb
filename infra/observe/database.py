"""The file with all that the shipper knows: its tables, and how it is opened.

It is SQLite with a write-ahead log: a transaction is there as a whole or not at all, whenever the
process is killed. If the machine loses power, the last ones may be missing, as a whole too; then
their lines are read again. https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

NAME: Final = "telemetry.sqlite"

_VERSION: Final = 1
_APPLICATION: Final = 0x4C484C54  # "LHLT"
_BUSY_SECONDS: Final = 30
_LOG_BYTES_MAX: Final = 64 * 2**20
"""What is left of the write-ahead log after a long transaction."""

_TABLES: Final = """
CREATE TABLE stacks (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY, stack INTEGER NOT NULL, name TEXT NOT NULL, cursor INTEGER NOT NULL,
    UNIQUE (stack, name));
CREATE TABLE seen (
    log INTEGER NOT NULL, line TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (log, line)
) WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (log, at);
CREATE TABLE amounts (
    stack INTEGER NOT NULL, metric TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL,
    amount REAL NOT NULL, PRIMARY KEY (stack, metric, labels, part)) WITHOUT ROWID;
CREATE TABLE gauges (
    stack INTEGER NOT NULL, metric TEXT NOT NULL, labels TEXT NOT NULL,
    value REAL NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (stack, metric, labels)) WITHOUT ROWID;
CREATE TABLE exemplars (
    stack INTEGER NOT NULL, metric TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL,
    trace TEXT NOT NULL, value REAL NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (stack, metric, labels, part)) WITHOUT ROWID;
CREATE TABLE open_jobs (
    stack INTEGER NOT NULL, job TEXT NOT NULL, accepted INTEGER NOT NULL,
    started INTEGER NOT NULL, PRIMARY KEY (stack, job)) WITHOUT ROWID;
CREATE TABLE ended_jobs (
    stack INTEGER NOT NULL, job TEXT NOT NULL, span TEXT, began INTEGER, ended INTEGER,
    told INTEGER NOT NULL, PRIMARY KEY (stack, job)) WITHOUT ROWID;
CREATE INDEX ended_by_time ON ended_jobs (told);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, signal TEXT NOT NULL, items INTEGER NOT NULL,
    bytes INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX outbox_sizes ON outbox (signal, id, items, bytes);
"""

Connect = Callable[[Path], sqlite3.Connection]


class _Unusable(Exception):
    """The file is not one that this version has written."""


def connect(path: Path) -> sqlite3.Connection:
    """Returns a connection without transactions of its own, for any thread."""
    return sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def opened(path: Path, tell: Callable[[str], None], connect: Connect) -> sqlite3.Connection:
    """Opens the file, or makes it. One that is damaged, or of another version, is put aside first,
    and `tell` gets a sentence about it."""
    try:
        return _ready(path, connect)
    except (_Unusable, sqlite3.DatabaseError) as error:
        # Nothing is wrong with the file if the disk is full, or if it may not be written.
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = path.with_suffix(".aside")
        put_aside(path, aside)
        tell(f"{path} could not be used ({error}), and is {aside.name} now. Counting begins anew.")
        return _ready(path, connect)


def put_aside(path: Path, aside: Path) -> None:
    """Renames the file. Its write-ahead log belongs to it, and goes."""
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def transaction(sql: sqlite3.Connection) -> Iterator[None]:
    """Has all that the body writes be there as a whole, or not at all."""
    sql.execute("BEGIN IMMEDIATE")
    try:
        yield
        sql.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            sql.execute("ROLLBACK")
        raise


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Yields a connection that sees one state, that of the last transaction."""
    with closing(connect(path)) as sql:
        sql.execute("PRAGMA query_only = ON")
        sql.execute("BEGIN")
        yield sql


def _ready(path: Path, connect: Connect) -> sqlite3.Connection:
    sql = connect(path)
    try:
        _check(sql)
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = NORMAL")
        sql.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES_MAX}")
        if not sql.execute("PRAGMA user_version").fetchone()[0]:
            with transaction(sql):
                for statement in filter(str.strip, _TABLES.split(";")):
                    sql.execute(statement)
                sql.execute(f"PRAGMA application_id = {_APPLICATION}")
                sql.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        sql.close()
        raise
    return sql


def _check(sql: sqlite3.Connection) -> None:
    """Raises _Unusable or DatabaseError if the file is not empty, and not as it must be."""
    version = sql.execute("PRAGMA user_version").fetchone()[0]
    tables = sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not version and not tables:
        return
    application = sql.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION or version != _VERSION:
        raise _Unusable(f"it has version {version}, not {_VERSION}")
    problem = sql.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise _Unusable(problem)
