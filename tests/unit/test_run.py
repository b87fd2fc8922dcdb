"""What `make test` runs, and what it says of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from infra.errors import EmulatorError
from infra.localstack import ways
from infra.scenario import nginx
from infra.scenario.nginx import NginxError
from tests import run
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError
from tests.run import Outcome


@dataclass
class Pytest:
    """A pytest that runs nothing; `code` is its exit code, by the first folder of a run."""

    code: dict[str, int] = field(default_factory=dict)
    runs: list[tuple[str, str | None]] = field(default_factory=list)

    def __call__(self, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
        self.runs.append((arguments[0], variables.get("TARGET")))
        return self.code.get(arguments[0], 0)


@pytest.fixture(autouse=True)
def _there_are_all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "found", lambda: "/usr/sbin/nginx")
    monkeypatch.setattr(chromium, "found", lambda: "/usr/bin/chromium")


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

    outcomes = run.run([], ran)

    folders = ("tests/e2e", "tests/browser", "tests/scenario", "tests/wreck")
    on_ministack = [(folder, "ministack") for folder in folders]
    assert ran.runs == [("tests/unit", None), *on_ministack, ("tests/e2e", "localstack")]
    assert words(outcomes) == ["passed"] * 6


@pytest.mark.usefixtures("_localstack_cannot_run")
def test_a_target_that_cannot_run_is_told_with_its_reason() -> None:
    outcomes = run.run([], Pytest())

    assert outcomes[-1].words == "not run: There is no LocalStack: no Java."
    assert failures(outcomes) == [False] * 6


@pytest.mark.usefixtures("_localstack_cannot_run")
def test_a_target_that_is_named_must_run() -> None:
    outcomes = run.run(["ministack", "localstack"], Pytest())

    assert failures(outcomes) == [*[False] * 5, True]


@pytest.mark.usefixtures("_localstack_can_run")
@pytest.mark.parametrize(("named", "fails"), [([], False), (["ministack"], True)])
@pytest.mark.parametrize(
    ("program", "error", "part"),
    [
        (chromium, NoChromiumError("There is no Chromium."), 2),
        (nginx, NginxError("There is no nginx."), 3),
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

    outcome = run.run(named, Pytest())[part]

    assert outcome.words == f"not run: {error}"
    assert outcome.is_failure == fails


@pytest.mark.usefixtures("_localstack_can_run")
def test_only_what_is_named_is_run() -> None:
    ran = Pytest()

    run.run(["localstack"], ran)

    assert ran.runs[1:] == [("tests/e2e", "localstack")]


def test_on_aws_only_the_stack_is_tested() -> None:
    def pytest(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
        return int("tests/targets" in arguments)

    assert failures(run.run(["aws"], pytest)) == [False, False]


@pytest.mark.usefixtures("_localstack_can_run")
def test_one_target_that_fails_does_not_hide_the_other() -> None:
    outcomes = run.run([], Pytest({"tests/e2e": 1}))

    failed = "FAILED (pytest's exit code is 1)"
    assert words(outcomes) == ["passed", failed, *["passed"] * 3, failed]


@pytest.mark.usefixtures("_localstack_can_run")
def test_what_fails_in_seconds_is_not_followed_by_minutes() -> None:
    ran = Pytest({"tests/unit": 1})

    outcomes = run.run([], ran)

    assert ran.runs == [("tests/unit", None)]
    assert words(outcomes)[1:] == ["not run: the tests before failed"] * 5


@pytest.mark.usefixtures("_localstack_can_run")
def test_ctrl_c_ends_all_of_it() -> None:
    ran = Pytest({"tests/e2e": 2})

    outcomes = run.run([], ran)

    assert ran.runs[1:] == [("tests/e2e", "ministack")]
    assert outcomes[-1].words == "not run: the tests before were interrupted"


def test_the_summary_has_a_line_for_each_part() -> None:
    parts = [
        Outcome("unit", "passed", is_failure=False),
        Outcome("end to end", "not run: why", is_failure=False),
    ]

    assert run.summary(parts) == "  unit        passed\n  end to end  not run: why"
