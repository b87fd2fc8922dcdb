"""What is read of log groups, whatever becomes of the target meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.telemetry.lines import Line
from infra import logs
from infra.observe import database, store
from infra.observe.counting import Wanted
from infra.observe.exposition import Progress
from infra.observe.follow import Follower
from infra.observe.store import Log, Store
from infra.targets import Target
from tests.unit.observe.fake_logs import GROUPS, FakeLogs, accepted
from tests.unit.observe.scrapes import scrape, value

API, WORKER = GROUPS["APIHandler"], GROUPS["Worker"]
NOW = 1_790_000_000.0
MS = int(NOW * 1000)


@dataclass(frozen=True)
class Place:
    target: Target
    id: str = "arn"
    stack_name: str = "longhaul-fake"


@dataclass
class Followed:
    """A follower, its fake target and its clock."""

    fake: FakeLogs
    store: Store
    progress: Progress = field(default_factory=lambda: Progress(started_at=0))
    said: list[str] = field(default_factory=list)
    now: float = NOW
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        place = Place(self.fake.target)
        self.follower = Follower(
            place, self.store, self.progress, self.said.append, lambda: self.now
        )

    def poll(self, seconds: float = 1) -> None:
        """Polls after so many seconds."""
        self.now += seconds
        self.follower.poll(Event())

    @property
    def jobs(self) -> float:
        return value(scrape(self.store.path), "export_jobs_accepted_total")

    @property
    def lines(self) -> float:
        found = scrape(self.store.path)
        return sum(value(found, "telemetry_lines_total", function=one) for one in GROUPS)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    with store.opened(tmp_path, Wanted(traces=False, logs=False), print) as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["ministack", "aws"])
def followed(request: pytest.FixtureRequest, kept: Store) -> Followed:
    return Followed(FakeLogs(is_aws=request.param), kept)


def test_each_line_of_all_groups_is_counted_and_none_of_lambda_s_own(followed: Followed) -> None:
    followed.fake.write(API, MS - 5_000, *accepted(range(3)))
    followed.fake.write(WORKER, MS - 4_000, "plain text", "")
    followed.poll()
    followed.poll()

    assert followed.jobs == 3
    assert followed.lines == 4


def test_that_lambda_stopped_a_function_is_a_line(followed: Followed) -> None:
    report = "REPORT RequestId: 5f2dd97f\tDuration: 900000.00 ms"
    followed.fake.write(WORKER, MS, report, f"{report}\tStatus: timeout")
    followed.poll()

    assert followed.lines == 1


def test_two_equal_lines_at_the_same_time_are_two(followed: Followed) -> None:
    followed.fake.write(WORKER, MS, "same", "same", "same")
    for _ in range(3):
        followed.poll()

    assert followed.lines == 3


def test_a_group_that_is_not_there_yet_is_read_when_it_is(followed: Followed) -> None:
    followed.poll()
    followed.fake.write(WORKER, MS, "first")
    followed.poll()

    assert followed.lines == 1
    assert followed.said == []


def test_a_line_that_is_late_is_counted_too(followed: Followed) -> None:
    followed.fake.write(API, MS, *accepted([1]))
    followed.poll()
    followed.fake.write(API, MS - 25_000, *accepted([2]))
    followed.poll(60)

    assert followed.jobs == 2


def test_between_looks_far_back_little_is_read_again(followed: Followed) -> None:
    followed.fake.write(API, MS, *accepted([1]))
    followed.poll()
    followed.fake.asked.clear()
    followed.poll()

    assert followed.fake.asked[0] >= MS - 20_000
    followed.poll(60)
    assert followed.fake.asked[-1] < MS - 20_000


def test_a_line_from_the_future_hides_none_that_come_before_it(followed: Followed) -> None:
    followed.fake.write(API, MS + 3_600_000, *accepted([1]))
    followed.poll()
    followed.fake.write(API, MS, *accepted([2]))
    followed.poll()

    assert followed.jobs == 2


def test_a_backlog_of_many_pages_is_read_in_batches(followed: Followed) -> None:
    followed.fake.page = 10_000
    for number in range(40):
        lines = accepted(range(number * 700, number * 700 + 700))
        followed.fake.write(API, MS - 60_000 + number, *lines)
    followed.poll()

    assert followed.jobs == 28_000


def test_a_backlog_that_was_stopped_in_the_middle_goes_on(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        lines = accepted(range(number * 100, number * 100 + 100))
        followed.fake.write(API, MS - 60_000 + number * 1_000, *lines)
    stop = Event()
    counted = followed.store.count

    def once(log: Log, lines: Sequence[Line], cursor: int, now: int) -> int:
        stop.set()
        return counted(log, lines, cursor, now)

    monkeypatch.setattr(followed.store, "count", once)
    followed.follower.poll(stop)
    assert 0 < followed.jobs < 3_000
    monkeypatch.setattr(followed.store, "count", counted)
    followed.restart()
    followed.poll()

    assert followed.jobs == 3_000


def test_after_a_restart_nothing_is_counted_again(followed: Followed) -> None:
    followed.fake.write(API, MS - 5_000, *accepted(range(5)))
    followed.poll()
    followed.restart()
    followed.fake.write(API, MS, *accepted(range(5, 7)))
    followed.poll()

    assert followed.jobs == 7


def test_a_target_that_is_down_is_told_of_once_and_read_when_it_is_back(followed: Followed) -> None:
    followed.fake.write(API, MS, *accepted([1]))
    followed.poll()
    followed.fake.down = True
    for _ in range(9):
        followed.poll()
    followed.fake.write(API, MS + 3_000, *accepted([2]))
    followed.fake.down = False
    followed.poll()

    assert followed.jobs == 2
    assert [text.partition(":")[0] for text in followed.said] == [
        "longhaul-fake cannot be read",
        "longhaul-fake can be read again.",
    ]


def test_a_stack_that_goes_is_no_trouble_before_the_next_look(followed: Followed) -> None:
    followed.poll()
    followed.fake.down = True
    for _ in range(4):
        followed.poll()

    assert followed.said == []


def test_while_a_target_is_down_the_lag_grows(followed: Followed) -> None:
    followed.fake.write(API, MS, *accepted([1]))
    followed.poll()
    followed.fake.down = True
    followed.poll(50)

    assert followed.progress.lag(followed.now) == pytest.approx(50)


def test_a_target_that_asks_to_slow_down_loses_nothing(followed: Followed) -> None:
    followed.fake.write(API, MS, *accepted([1]))
    followed.fake.throttles = 2
    for _ in range(4):
        followed.poll()

    assert followed.jobs == 1


def test_ids_of_lines_that_are_read_no_more_are_forgotten(followed: Followed) -> None:
    for minute in range(30):
        at = MS + minute * 60_000
        followed.fake.write(API, at, *accepted([minute]))
        followed.now = at / 1000
        followed.poll()
    with database.reading(followed.store.path) as sql:
        seen = sql.execute("SELECT count(*) FROM seen").fetchone()[0]

    assert seen <= 13
    assert followed.jobs == 30


def test_of_a_new_stack_on_aws_the_last_minutes_are_read(kept: Store) -> None:
    followed = Followed(FakeLogs(is_aws=True), kept)
    followed.fake.write(API, MS - 3_600_000, *accepted([1]))
    followed.fake.write(API, MS - 60_000, *accepted([2]))
    followed.poll()

    assert followed.jobs == 1


def test_more_lines_in_one_ms_than_ministack_can_be_asked_for_are_told(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_PAGE", 50)
    followed = Followed(FakeLogs(page=50), kept)
    followed.fake.write(API, MS, *accepted(range(80)))
    followed.fake.write(API, MS + 1, *accepted([100]))
    followed.poll()
    followed.poll()
    found = scrape(kept.path)

    assert followed.jobs == 50
    assert value(found, "telemetry_dropped_total", signal="lines", reason="unreadable") == 1
    assert len(followed.said) == 1


@given(st.data())
def test_however_lines_come_and_polls_fall_each_counts_once(data: st.DataObject) -> None:
    import tempfile

    fake = FakeLogs(is_aws=data.draw(st.booleans()))
    fake.page = data.draw(st.sampled_from([25, 10_000])) if fake.is_aws else 10_000
    with (
        tempfile.TemporaryDirectory() as folder,
        store.opened(Path(folder), Wanted(traces=False, logs=False), print) as kept,
    ):
        followed = Followed(fake, kept)
        written = 0
        for _ in range(data.draw(st.integers(1, 8))):
            for _ in range(data.draw(st.integers(0, 3))):
                many, late = data.draw(st.integers(1, 9)), data.draw(st.integers(0, 1_500))
                at = int(followed.now * 1000) - late
                lines = accepted(range(written, written + many))
                fake.write(data.draw(st.sampled_from([API, WORKER])), at, *lines)
                written += many
            if data.draw(st.booleans()):
                followed.restart()
            fake.down = data.draw(st.booleans())
            followed.poll(data.draw(st.sampled_from([0, 0.5, 1])))
        fake.down = False
        followed.poll()
        assert followed.jobs == written
