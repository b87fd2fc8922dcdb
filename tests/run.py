"""Runs the tests: `python -m tests.run [TARGET ...]`, which is what `make test` does.

Unit and integration tests come first, then the end-to-end tests on each target, and after those on
MiniStack the page in a browser, the scenario behind nginx, and what wrecks the stack, but for the
long ones of these (`make wreck`). A target that is named must be able to run; where none is named,
each that can is taken. The last lines tell which tests ran, and which did not and why.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.errors import EmulatorError
from infra.localstack import ways
from infra.paths import REPOSITORY
from infra.scenario import nginx
from infra.scenario.nginx import NginxError
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError

LOCAL_TARGETS = ("ministack", "localstack")

FIRST = ("tests/unit", "tests/integration", "tests/faults", "--numprocesses", "auto")
ON_A_TARGET = ("tests/e2e", "tests/targets")
SCENARIO = ("tests/scenario",)
IN_A_BROWSER = ("tests/browser",)
# Most of their time is waiting.
WRECKS = ("tests/wreck", "-m", "not long", "--numprocesses", "2", "--dist", "loadfile")

_INTERRUPTED = 2
"""Pytest's exit code after Ctrl-C, and where it could not even begin."""

Pytest = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs pytest with these arguments and variables, and gives its exit code."""


@dataclass(frozen=True)
class Outcome:
    """How one part of the tests ended, in a few words."""

    name: str
    words: str
    is_failure: bool
    is_interruption: bool = False


def run(named: Sequence[str], pytest: Pytest) -> list[Outcome]:
    """Runs the tests, on the targets that are named or on those that can run."""
    outcomes = [_ran("unit, integration and faults", pytest, FIRST, {})]
    for name, target, folders in _parts(named or LOCAL_TARGETS):
        obstacle = _end(outcomes) or _obstacle(target, folders)
        if obstacle is None:
            outcomes.append(_ran(name, pytest, folders, {"TARGET": target}))
        else:
            outcomes.append(Outcome(name, f"not run: {obstacle}", is_failure=bool(named)))
    return outcomes


def _parts(targets: Sequence[str]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """What there is to run on the targets: its name, the target, the folders."""
    for target in targets:
        folders = ON_A_TARGET if target in LOCAL_TARGETS else ON_A_TARGET[:1]
        yield f"end to end on {target}", target, folders
        if target == "ministack":
            yield "the page in a browser", target, IN_A_BROWSER
            yield "the scenario behind nginx", target, SCENARIO
            yield f"wrecks on {target}", target, WRECKS


def summary(outcomes: Sequence[Outcome]) -> str:
    """What ran and what did not, a line each."""
    width = max(len(outcome.name) for outcome in outcomes)
    return "\n".join(f"  {outcome.name:<{width}}  {outcome.words}" for outcome in outcomes)


def _end(outcomes: Sequence[Outcome]) -> str | None:
    """Why the outcomes so far are the end; None if they are not."""
    if any(outcome.is_interruption for outcome in outcomes):
        return "the tests before were interrupted"
    return "the tests before failed" if outcomes[0].is_failure else None


def _ran(name: str, pytest: Pytest, arguments: Sequence[str], more: Mapping[str, str]) -> Outcome:
    started = time.monotonic()
    code = pytest(arguments, more)
    words = "passed" if code == 0 else f"FAILED (pytest's exit code is {code})"
    words = f"{words}, {time.monotonic() - started:.0f} s"
    return Outcome(name, words, is_failure=code != 0, is_interruption=code == _INTERRUPTED)


def _obstacle(target: str, folders: Sequence[str]) -> str | None:
    """Why the tests cannot run on the target; None if they can."""
    try:
        if target == "localstack":
            ways.chosen()
        if folders is SCENARIO:
            nginx.found()
        if folders is IN_A_BROWSER:
            chromium.found()
    except (EmulatorError, NginxError, NoChromiumError) as error:
        return str(error)
    return None


def _pytest(arguments: Sequence[str], more: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | more) as running:
        return running.wait()


def _main() -> int:
    # Ctrl-C reaches pytest too, which then stops what it started. That is waited for.
    signal.signal(signal.SIGINT, lambda *_: None)
    outcomes = run(sys.argv[1:], _pytest)
    print(f"\nTests:\n{summary(outcomes)}", flush=True)
    return int(any(outcome.is_failure for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(_main())
