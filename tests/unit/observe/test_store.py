"""Each line counts once, however lines come, and whenever the shipper dies."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count as numbers
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.log_lines import of_job, of_jobs
from chalicelib.telemetry.lines import Line
from chalicelib.telemetry.otlp import Signal
from infra.observe import database, store
from infra.observe.counters import Add
from infra.observe.counting import Wanted
from infra.observe.outbox import Limits
from infra.observe.store import AlreadyRunning, Store
from tests.unit.observe import naive
from tests.unit.observe.scrapes import scrape, value

NOW = 1_790_000_100_000
OVERLAP = 30_000
NOTHING = Wanted(traces=False, logs=False)

LINES = tuple(
    Line(str(number), written.at, written.function, written.text)
    for number, written in enumerate(of_jobs(60))
)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


class Mortal(sqlite3.Connection):
    """A connection whose process dies before one of its statements."""

    lives: Iterator[bool] = iter(())

    def execute(self, *given: Any) -> sqlite3.Cursor:
        self._die()
        return super().execute(*given)

    def executemany(self, *given: Any) -> sqlite3.Cursor:
        self._die()
        return super().executemany(*given)

    def _die(self) -> None:
        if not next(self.lives, True):
            # What a killed process has not committed is gone.
            self.close()
            raise Killed


def connect_until(statement: int) -> database.Connect:
    """Returns what opens a connection that dies before the statement of that number."""

    def connect(path: Path) -> sqlite3.Connection:
        sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Mortal)
        sql.lives = (number != statement for number in numbers())
        return sql

    return connect


def tell(text: str) -> None:
    raise AssertionError(text)


def put(kept: Store, lines: Sequence[Line], cursor: int = 0) -> None:
    kept.count(kept.log(kept.stack("arn"), "group", 0, OVERLAP), lines, cursor, NOW)


def agree(path: Path, lines: Sequence[Line]) -> None:
    """Checks that /metrics says what a simple count says."""
    found, right = scrape(path), naive.count(lines)
    for status in naive.ALL:
        assert value(found, "export_jobs_total", status=status) == right.jobs[status]
    for function, amount in right.lines.items():
        assert value(found, "telemetry_lines_total", function=function) == amount
    for (step, outcome), amount in right.steps.items():
        assert value(found, "export_steps_total", step=step, outcome=outcome) == amount
    for (method, route, status), amount in right.requests.items():
        labels = {"method": method, "path": route, "status": status}
        assert value(found, "http_requests_total", **labels) == amount
        assert value(found, "http_request_duration_seconds_count", **labels) == amount
    assert value(found, "export_jobs_accepted_total") == right.accepted
    assert value(found, "export_bytes_total", way="copied") == right.copied
    assert value(found, "export_jobs_active") == len(right.active)
    for bound in (5.0, 10.0, 15.0, 30.0, 60.0, 90.0, 120.0):
        shown = sum(
            value(found, "export_job_duration_seconds_bucket", status=status, le=str(bound))
            for status in naive.ALL
        )
        assert shown == sum(seconds <= bound for seconds in right.seconds)
    oldest = min(right.waiting.values(), default=NOW)
    shown = value(found, "export_oldest_queued_job_seconds")
    assert shown == pytest.approx(NOW / 1000 - oldest / 1000)


JOBS = tuple(
    tuple(line for line in LINES if f'"job":"{job}"' in line.text)
    for job in dict.fromkeys(json.loads(line.text)["job"] for line in LINES)
)

# All lines of a few jobs, or some of them, in any order; some more than once.
any_order = (
    st.lists(st.sampled_from(JOBS), min_size=1, max_size=3)
    .map(lambda jobs: [line for job in jobs for line in job])
    .flatmap(
        lambda lines: st.tuples(
            st.permutations(lines).flatmap(
                lambda order: st.integers(0, len(order)).map(lambda last: order[:last])
            ),
            st.sets(st.integers(0, 60), max_size=8),
        )
    )
)


def batches(lines: Sequence[Line], cuts: set[int]) -> list[Sequence[Line]]:
    places = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    return [lines[first:last] for first, last in pairwise(places)]


@given(any_order)
def test_any_split_of_any_lines_with_any_repeats_counts_each_once(
    drawn: tuple[list[Line], set[int]],
) -> None:
    lines, cuts = drawn
    with (
        tempfile.TemporaryDirectory() as folder,
        store.opened(Path(folder), Wanted(), tell) as kept,
    ):
        for batch in batches(lines, cuts):
            put(kept, batch)
        put(kept, lines)
        agree(kept.path, lines)


@given(any_order, st.lists(st.integers(0, 60), max_size=6))
def test_a_kill_between_any_two_statements_loses_and_repeats_nothing(
    drawn: tuple[list[Line], set[int]], kills: list[int]
) -> None:
    lines, cuts = drawn
    parts = batches(lines, cuts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kill in [*kills, -1]:
            try:
                with store.opened(folder, Wanted(), tell, connect=connect_until(kill)) as kept:
                    # A shipper that starts again reads from where the one before was.
                    log = kept.log(kept.stack("arn"), "group", 0, OVERLAP)
                    for number in range(log.cursor, len(parts)):
                        kept.count(log, parts[number], number + 1, NOW)
            except Killed:
                continue
            agree(kept.path, lines)


def test_every_statement_of_a_batch_can_be_the_last_before_a_kill(tmp_path: Path) -> None:
    statement, killed = 0, True
    while killed:
        folder = tmp_path / str(statement)
        killed = False
        try:
            with store.opened(folder, Wanted(), tell, connect=connect_until(statement)) as kept:
                put(kept, LINES[:40])
        except Killed:
            killed = True
        with store.opened(folder, Wanted(), tell) as kept:
            put(kept, LINES[:40])
            agree(kept.path, LINES[:40])
        statement += 1
    assert statement > 30


def test_the_cursor_is_kept_with_the_lines_and_never_goes_back(tmp_path: Path) -> None:
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, LINES[:3], 700)
        put(kept, LINES[3:6], 400)
    with store.opened(tmp_path, NOTHING, tell) as kept:
        assert kept.log(kept.stack("arn"), "group", 9, OVERLAP).cursor == 700


def test_a_new_stack_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, LINES)
        second = kept.log(kept.stack("another arn"), "group", 0, OVERLAP)
        assert second.cursor == 0
        assert kept.count(second, LINES, 0, NOW) == len(LINES)
        found = scrape(kept.path)

    assert value(found, "telemetry_lines_total", function="Worker") == 2 * sum(
        line.function == "Worker" for line in LINES
    )


def test_the_jobs_of_a_stack_that_is_gone_are_not_active(tmp_path: Path) -> None:
    accepted = [line for line in LINES if "job accepted" in line.text]
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, accepted)
        gone = kept.log(kept.stack("another arn"), "group", 0, OVERLAP)
        kept.count(gone, accepted, 0, NOW)
        assert value(scrape(kept.path), "export_jobs_active") == len(accepted)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    second = store.opened(tmp_path, NOTHING, tell)
    with store.opened(tmp_path, NOTHING, tell), pytest.raises(AlreadyRunning, match="already"):
        second.__enter__()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough" * 100, b"\0" * 8192, b"SQLite format 3\0"]
)
def test_a_damaged_file_is_put_aside_and_counting_begins_anew(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / database.NAME).write_bytes(content)
    said: list[str] = []

    with store.opened(tmp_path, NOTHING, said.append) as kept:
        put(kept, LINES)
        agree(kept.path, LINES)

    assert len(said) == 1
    assert "begins anew" in said[0]
    assert (tmp_path / "telemetry.aside").read_bytes() == content


def test_a_file_whose_pages_are_damaged_is_put_aside(tmp_path: Path) -> None:
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, LINES)
    path = tmp_path / database.NAME
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    path.write_bytes(content)
    said: list[str] = []

    with store.opened(tmp_path, NOTHING, said.append) as kept:
        put(kept, LINES)
        agree(kept.path, LINES)
    assert len(said) == 1


def test_a_file_of_another_version_is_put_aside(tmp_path: Path) -> None:
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, LINES)
    with sqlite3.connect(tmp_path / database.NAME) as sql:
        sql.execute("PRAGMA user_version = 99")
    sql.close()
    said: list[str] = []

    with store.opened(tmp_path, NOTHING, said.append) as kept:
        agree(kept.path, [])
    assert "version 99" in said[0]


def test_ids_of_lines_that_are_not_read_again_are_forgotten(tmp_path: Path) -> None:
    middle = LINES[len(LINES) // 2].at
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, LINES, middle + OVERLAP)
        put(kept, [line for line in LINES if line.at >= middle], middle + OVERLAP)
        agree(kept.path, LINES)
        with database.reading(kept.path) as sql:
            assert sql.execute("SELECT min(at) FROM seen").fetchone()[0] >= middle


def test_jobs_are_forgotten_after_days(tmp_path: Path) -> None:
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, [line for line in LINES if "job e" in line.text or "job acc" in line.text])
        kept.forget_jobs(NOW + 9 * 24 * 3600 * 1000)
        with database.reading(kept.path) as sql:
            assert sql.execute("SELECT count(*) FROM ended_jobs").fetchone()[0] == 0
            assert sql.execute("SELECT count(*) FROM open_jobs").fetchone()[0] == 0


def test_of_a_full_outbox_the_oldest_are_dropped_and_counted(tmp_path: Path) -> None:
    with store.opened(tmp_path, Wanted(traces=False), tell, limits=Limits(3, 10**9)) as kept:
        for number in range(10):
            put(kept, LINES[number : number + 1])
        found = scrape(kept.path)
        first = kept.oldest(Signal.LOGS)

    assert first is not None
    assert LINES[7].text.split('"message":"')[1].split('"')[0].encode() in first.body
    assert value(found, "telemetry_outbox_rows", signal="logs") == 3
    assert value(found, "telemetry_dropped_total", signal="logs", reason="outbox_full") == 7


def test_the_outbox_is_bounded_in_bytes_too(tmp_path: Path) -> None:
    with store.opened(tmp_path, Wanted(traces=False), tell, limits=Limits(10**6, 2_000)) as kept:
        for number in range(50):
            put(kept, LINES[number : number + 1])
        with database.reading(kept.path) as sql:
            kept_bytes = sql.execute("SELECT sum(bytes) FROM outbox").fetchone()[0]
        found = scrape(kept.path)

    assert 0 < kept_bytes <= 2_000
    waiting = value(found, "telemetry_outbox_rows", signal="logs")
    dropped = value(found, "telemetry_dropped_total", signal="logs", reason="outbox_full")
    assert waiting + dropped == 50


def test_a_request_that_was_dropped_meanwhile_is_not_counted_as_sent(tmp_path: Path) -> None:
    with store.opened(tmp_path, Wanted(traces=False), tell, limits=Limits(1, 10**9)) as kept:
        put(kept, LINES[:1])
        request = kept.oldest(Signal.LOGS)
        put(kept, LINES[1:2])
        assert request is not None
        kept.settle(request, [Add("telemetry_sent_total", ("logs",), 1)])
        found = scrape(kept.path)

    assert value(found, "telemetry_sent_total", signal="logs") == 0
    assert value(found, "telemetry_dropped_total", signal="logs", reason="outbox_full") == 1


def test_only_signals_with_a_backend_are_put_into_the_outbox(tmp_path: Path) -> None:
    with store.opened(tmp_path, Wanted(logs=False), tell) as kept:
        put(kept, LINES)
        assert kept.oldest(Signal.LOGS) is None
        assert kept.oldest(Signal.TRACES) is not None


def test_a_job_is_a_line_of_many(tmp_path: Path) -> None:
    lines = [Line(str(n), one.at, one.function, one.text) for n, one in enumerate(of_job(7))]
    with store.opened(tmp_path, NOTHING, tell) as kept:
        put(kept, lines)
        agree(kept.path, lines)
