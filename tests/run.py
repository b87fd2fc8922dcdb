"""Runs the tests: `python -m tests.run [TARGET ...]`, which is what `make test` does.

Unit and integration tests come first and alone: they only compute, for about two minutes. The other
parts mostly wait. So some of them run at the same time, each on an emulator of its own, and the
simulated faults take the processor time that is left. The output of a part is printed at its end.

A target that is named must be able to run; where none is named, each that can is taken. The last
lines tell which tests ran, and which did not and why.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import IO

from infra.errors import EmulatorError
from infra.localstack import ways
from infra.observe import prometheus
from infra.paths import REPOSITORY
from infra.scenario import nginx
from infra.scenario.nginx import NginxError
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError
from tests.e2e.deployment import GIVEN_VARIABLE

LOCAL_TARGETS = ("ministack", "localstack")

_LANES = max(2, (os.cpu_count() or 1) - 1)
"""How many parts run at the same time, besides the simulated faults. Two of them use about as much
processor time as one and a half processors have."""

_NICE = 10
"""The niceness of the simulated faults: nothing in them depends on how long they take."""

_saying = Lock()


@dataclass(frozen=True)
class Part:
    """Some of the tests, which one pytest runs."""

    name: str
    arguments: tuple[str, ...]
    target: str | None = None
    """The emulator that it starts, if it starts one."""
    seconds: int = 0
    """About how long it takes, as the longest begin first."""


FIRST = Part("unit and integration", ("tests/unit", "tests/integration", "--numprocesses", "auto"))
FAULTS = Part("simulated faults", ("tests/faults", "--numprocesses", "auto"))

IN_A_BROWSER = ("tests/browser",)
EXAMPLES = ("tests/examples",)
CLIENT = ("tests/js", "--ignore=tests/js/element")
COMPONENT = ("tests/js/element",)
SCENARIO = ("tests/scenario",)
OWN_WAY = ("tests/own_way",)
SITE = ("tests/site",)
NO_JQ = "There is no jq. On Debian and Ubuntu: sudo apt install jq"
ON_AWS = (
    "tests/observe/test_alarms.py",
    "tests/observe/test_canary_alarms.py",
    "tests/observe/test_function.py",
)
"""What needs neither Prometheus nor `make observe`. Each has an emulator of its own."""
OBSERVED = ("tests/observe", *(f"--ignore={path}" for path in ON_AWS))
NO_PROMETHEUS = "There is no Prometheus. On Debian and Ubuntu: sudo apt install prometheus"
WRECKS = ("tests/wreck", "-m", "not long", "--numprocesses", "2", "--dist", "loadfile")


def parts_on(target: str) -> Iterator[Part]:
    """What there is to run on a target."""
    yield Part(f"end to end on {target}", ("tests/e2e",), target, 200)
    if target in LOCAL_TARGETS:
        yield Part(f"{target} compared with AWS", ("tests/targets",), target, 80)
    if target == "ministack":
        yield Part("the page in a browser", IN_A_BROWSER, target, 300)
        yield Part("the scenario behind nginx", SCENARIO, target, 20)
        yield Part(f"wrecks on {target}", WRECKS, target, 140)
        yield Part("the API under fuzz", ("tests/fuzz",), target, 100)
        yield Part("what make observe shows", OBSERVED, target, 230)
        yield Part("alarms and the function telemetry", ON_AWS, target, 100)
        yield Part("the examples", EXAMPLES, target, 240)
        yield Part("the template, deployed in other ways", OWN_WAY, target, 60)
        yield Part("the site and the commands on it", SITE, target, 240)
        yield Part("the client in JavaScript", CLIENT, target, 150)
        yield Part("the component in a browser", COMPONENT, target, 150)


@dataclass(frozen=True)
class Outcome:
    """How one part of the tests ended, in a few words."""

    name: str
    words: str
    is_failure: bool


@dataclass
class Halt:
    """Why no other part begins any more; None as long as they do."""

    reason: str | None = None


Pytest = Callable[[Part], int]
"""Runs pytest for a part, and returns its exit code."""


def run(named: Sequence[str], pytest: Pytest, halt: Halt) -> list[Outcome]:
    """Runs the tests, on the targets that are named or on those that can run."""

    def outcome(part: Part) -> Outcome:
        if halt.reason:
            return _told(Outcome(part.name, f"not run: {halt.reason}", is_failure=True))
        if obstacle := _obstacle(part):
            return _told(Outcome(part.name, f"not run: {obstacle}", is_failure=bool(named)))
        return _told(_ran(part, pytest))

    first = outcome(FIRST)
    if first.is_failure:
        halt.reason = halt.reason or "the tests before failed"
    targets = dict.fromkeys(named or LOCAL_TARGETS)
    parts = [part for target in targets for part in parts_on(target)]
    with ThreadPoolExecutor(_lanes()) as lanes, ThreadPoolExecutor(1) as beside:
        longest_first = sorted(parts, key=lambda part: part.seconds, reverse=True)
        begun = {part: lanes.submit(outcome, part) for part in longest_first}
        faults = beside.submit(outcome, FAULTS)
    return [first, faults.result(), *(begun[part].result() for part in parts)]


def summary(outcomes: Sequence[Outcome]) -> str:
    """What ran and what did not, a line each."""
    width = max(len(outcome.name) for outcome in outcomes)
    return "\n".join(f"  {outcome.name:<{width}}  {outcome.words}" for outcome in outcomes)


def _lanes() -> int:
    # A stack that runs already is one for all parts, and some of them change its settings.
    return 1 if os.environ.get(GIVEN_VARIABLE) else _LANES


def _ran(part: Part, pytest: Pytest) -> Outcome:
    _say(f"{part.name}: begins")
    started = time.monotonic()
    code = pytest(part)
    words = "passed" if code == 0 else f"FAILED (pytest's exit code is {code})"
    return Outcome(part.name, f"{words}, {time.monotonic() - started:.0f} s", is_failure=code != 0)


def _told(outcome: Outcome) -> Outcome:
    _say(f"{outcome.name}: {outcome.words}")
    return outcome


def _obstacle(part: Part) -> str | None:
    """Why the part cannot run on this machine; None if it can."""
    try:
        if part.target == "localstack":
            ways.chosen()
        if part.arguments is SCENARIO:
            nginx.found()
        if part.arguments in (IN_A_BROWSER, EXAMPLES, CLIENT, COMPONENT):
            chromium.found()
        if part.arguments is OBSERVED and prometheus.found() is None:
            return NO_PROMETHEUS
        if part.arguments is SITE and not has_jq():
            return NO_JQ
    except (EmulatorError, NginxError, NoChromiumError) as error:
        return str(error)
    return None


def has_jq() -> bool:
    """Whether this machine has jq, which commands of pages use."""
    return shutil.which("jq") is not None


def _pytest(part: Part) -> int:
    command = [sys.executable, "-m", "pytest", *part.arguments]
    if part is FIRST:
        # Nothing runs beside it, so its progress can be seen.
        return _started(part, command, None).wait()
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        command.append("--color=yes")
    with tempfile.TemporaryFile() as written:
        code = _started(part, command, written).wait()
        written.seek(0)
        _say("", written)
    return code


def _started(
    part: Part, command: Sequence[str], output: IO[bytes] | None
) -> "subprocess.Popen[bytes]":
    more = {"TARGET": part.target} if part.target else {}
    running = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | more,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
    )
    if part is FAULTS:
        os.setpriority(os.PRIO_PROCESS, running.pid, _NICE)
    return running


def _say(line: str, written: IO[bytes] | None = None) -> None:
    """Prints a line and what was written, with no other part's words in between."""
    with _saying:
        print(line, flush=True)
        if written:
            shutil.copyfileobj(written, sys.stdout.buffer)
            sys.stdout.flush()


def _main() -> int:
    halt = Halt()

    # Ctrl-C reaches each pytest too, which then stops what it started. That is waited for.
    def interrupt(*_: object) -> None:
        halt.reason = "the tests were interrupted"

    signal.signal(signal.SIGINT, interrupt)
    outcomes = run(sys.argv[1:], _pytest, halt)
    print(f"\nTests:\n{summary(outcomes)}", flush=True)
    return int(any(outcome.is_failure for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(_main())
