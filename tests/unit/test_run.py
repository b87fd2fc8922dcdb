"""What `make test` runs, and what it says of that."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from infra.errors import EmulatorError
from infra.localstack import ways
from infra.observe import prometheus
from infra.scenario import nginx
from infra.scenario.nginx import NginxError
from tests import run
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError
from tests.e2e.deployment import GIVEN_VARIABLE
from tests.run import Halt, Outcome, Part

PARTS = [
    ("tests/unit", None),
    ("tests/faults", None),
    ("tests/e2e", "ministack"),
    ("tests/targets", "ministack"),
    ("tests/browser", "ministack"),
    ("tests/scenario", "ministack"),
    ("tests/wreck", "ministack"),
    ("tests/fuzz", "ministack"),
    ("tests/observe", "ministack"),
    ("tests/observe/test_alarms.py", "ministack"),
    ("tests/examples", "ministack"),
    ("tests/own_way", "ministack"),
    ("tests/site", "ministack"),
    ("tests/js", "ministack"),
    ("tests/js/element", "ministack"),
    ("tests/e2e", "localstack"),
    ("tests/targets", "localstack"),
]
"""All parts by their first folder and their target, in the order in which they are told of."""

TOGETHER_SECONDS = 60


@dataclass
class Pytest:
    """A pytest that runs nothing; `code` is its exit code, by the first folder of a part."""

    code: dict[str, int] = field(default_factory=dict)
    runs: list[tuple[str, str | None]] = field(default_factory=list)

    def __call__(self, part: Part) -> int:
        self.runs.append((part.arguments[0], part.target))
        return self.code.get(part.arguments[0], 0)


@pytest.fixture(autouse=True)
def _there_are_all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "found", lambda: "/usr/sbin/nginx")
    monkeypatch.setattr(chromium, "found", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(prometheus, "found", lambda: "/usr/bin/prometheus")
    monkeypatch.setattr(run, "has_jq", lambda: True)


@pytest.fixture(autouse=True)
def _no_stack_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GIVEN_VARIABLE, raising=False)
    monkeypatch.setattr(run, "_LANES", 2)


@pytest.fixture
def _localstack_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "chosen", lambda: None)


@pytest.fixture
def _localstack_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise EmulatorError("There is no LocalStack: no Java.")

    monkeypatch.setattr(ways, "chosen", refuse)


def words(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.words.partition(",")[0] for outcome in outcomes]


def failures(outcomes: Sequence[Outcome]) -> list[bool]:
    return [outcome.is_failure for outcome in outcomes]


@pytest.mark.usefixtures("_localstack_can_run")
def test_where_none_is_named_each_target_is_run() -> None:
    ran = Pytest()

    outcomes = run.run([], ran, Halt())

    assert sorted(ran.runs, key=str) == sorted(PARTS, key=str)
    assert words(outcomes) == ["passed"] * len(PARTS)


@pytest.mark.usefixtures("_localstack_can_run")
def test_unit_tests_have_ended_before_anything_else_begins() -> None:
    ran = Pytest()

    run.run([], ran, Halt())

    assert ran.runs[0] == ("tests/unit", None)


@pytest.mark.usefixtures("_localstack_can_run")
def test_two_parts_run_at_the_same_time_and_beside_them_the_faults() -> None:
    together = threading.Barrier(3, timeout=TOGETHER_SECONDS)
    met: list[str] = []

    def pytest(part: Part) -> int:
        folder = part.arguments[0]
        if folder in ("tests/e2e", "tests/faults"):
            together.wait()
            met.append(part.name)
        return 0

    run.run([], pytest, Halt())

    names = ["end to end on localstack", "end to end on ministack", "simulated faults"]
    assert sorted(met) == names


@pytest.mark.usefixtures("_localstack_can_run")
def test_parts_take_turns_on_a_stack_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN_VARIABLE, "outputs.json")
    turn, overlaps = threading.Lock(), []

    def pytest(part: Part) -> int:
        if part.target:
            overlaps.append(not turn.acquire(blocking=False))
            threading.Event().wait(0.01)  # for another one to come
            turn.release()
        return 0

    run.run([], pytest, Halt())

    assert overlaps == [False] * (len(PARTS) - 2)


@pytest.mark.usefixtures("_localstack_cannot_run")
def test_a_target_that_cannot_run_is_told_with_its_reason() -> None:
    outcomes = run.run([], Pytest(), Halt())

    assert outcomes[-1].words == "not run: There is no LocalStack: no Java."
    assert failures(outcomes) == [False] * len(PARTS)


@pytest.mark.usefixtures("_localstack_cannot_run")
def test_a_target_that_is_named_must_run() -> None:
    outcomes = run.run(["ministack", "localstack"], Pytest(), Halt())

    assert failures(outcomes) == [*[False] * (len(PARTS) - 2), True, True]


@pytest.mark.usefixtures("_localstack_can_run")
@pytest.mark.parametrize(("named", "fails"), [([], False), (["ministack"], True)])
@pytest.mark.parametrize(
    ("program", "error", "part"),
    [
        (chromium, NoChromiumError("There is no Chromium."), 4),
        (nginx, NginxError("There is no nginx."), 5),
    ],
)
def test_a_missing_program_is_told_and_fails_where_ministack_is_named(
    named: list[str],
    *,
    fails: bool,
    program: ModuleType,
    error: Exception,
    part: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(program, "found", refuse)

    outcome = run.run(named, Pytest(), Halt())[part]

    assert outcome.words == f"not run: {error}"
    assert outcome.is_failure == fails


@pytest.mark.usefixtures("_localstack_can_run")
@pytest.mark.parametrize(("named", "fails"), [([], False), (["ministack"], True)])
def test_without_prometheus_the_others_run(
    named: list[str], *, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "found", lambda: None)

    outcomes = run.run(named, Pytest(), Halt())

    assert outcomes[8].words == f"not run: {run.NO_PROMETHEUS}"
    assert failures(outcomes) == [index == 8 and fails for index in range(len(outcomes))]


@pytest.mark.usefixtures("_localstack_can_run")
def test_only_what_is_named_is_run() -> None:
    ran = Pytest()

    run.run(["localstack"], ran, Halt())

    assert sorted(ran.runs[1:], key=str) == sorted([PARTS[1], *PARTS[-2:]], key=str)


def test_on_aws_only_the_stack_is_tested() -> None:
    def pytest(part: Part) -> int:
        return int("tests/targets" in part.arguments)

    assert failures(run.run(["aws"], pytest, Halt())) == [False] * 3


@pytest.mark.usefixtures("_localstack_can_run")
def test_one_target_that_fails_does_not_hide_the_other() -> None:
    outcomes = run.run([], Pytest({"tests/e2e": 1}), Halt())

    failed = "FAILED (pytest's exit code is 1)"
    assert words(outcomes) == [
        "passed",
        "passed",
        failed,
        *["passed"] * (len(PARTS) - 5),
        failed,
        "passed",
    ]


@pytest.mark.usefixtures("_localstack_can_run")
def test_what_fails_soon_is_not_followed_by_minutes() -> None:
    ran = Pytest({"tests/unit": 1})

    outcomes = run.run([], ran, Halt())

    assert ran.runs == [("tests/unit", None)]
    assert words(outcomes)[1:] == ["not run: the tests before failed"] * (len(PARTS) - 1)


@pytest.mark.usefixtures("_localstack_can_run")
def test_after_ctrl_c_nothing_begins_and_that_is_a_failure() -> None:
    halt, running = Halt(), threading.Barrier(3, timeout=TOGETHER_SECONDS)

    def interrupted(part: Part) -> int:
        if part is run.FIRST:
            return 0
        running.wait()
        halt.reason = "the tests were interrupted"
        return 2

    outcomes = run.run([], interrupted, halt)

    assert words(outcomes).count("FAILED (pytest's exit code is 2)") == 3
    assert words(outcomes).count("not run: the tests were interrupted") == len(PARTS) - 4
    assert failures(outcomes) == [False, *[True] * (len(PARTS) - 1)]


def test_each_part_is_told_of_when_it_begins_and_when_it_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run.run(["aws"], Pytest({"tests/e2e": 1}), Halt())

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "unit and integration: begins"
    assert lines[1].startswith("unit and integration: passed, ")
    assert "end to end on aws: begins" in lines
    assert any(line.startswith("end to end on aws: FAILED") for line in lines)


def test_the_summary_has_a_line_for_each_part() -> None:
    parts = [
        Outcome("unit", "passed", is_failure=False),
        Outcome("end to end", "not run: why", is_failure=False),
    ]

    assert run.summary(parts) == "  unit        passed\n  end to end  not run: why"
