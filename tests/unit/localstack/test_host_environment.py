"""An execution environment runs a function as AWS does, whatever the function does."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.localstack.plugin.environment import Environment
from infra.localstack.plugin.process import Function
from infra.localstack.plugin.runtime_api import Invocation
from tests.waiting import wait_for

_RUNTIME = Path(__file__).parent / "stand_in_runtime"

Make = Callable[..., Environment]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes and starts an environment for a function with this source."""
    made: list[Environment] = []

    def start(source: str, *, timeout: float = 10, handler: str = "code.handler") -> Environment:
        place = tmp_path / str(len(made))
        code = place / "code"
        code.mkdir(parents=True)
        (code / "function.py").write_text(f"import os, signal, sys, time\n{source}\n")
        function = Function(
            handler=handler.replace("code.", "function."),
            code=code,
            version="$LATEST",
            timeout_seconds=timeout,
            memory_mb=256,
            python=sys.executable,
            runtime=_RUNTIME,
        )
        environment = Environment(function, {"SETTING": "here"}, place / "scratch")
        made.append(environment)
        environment.start()
        return environment

    yield start
    for environment in made:
        environment.stop()


def _invocation(payload: object = None) -> Invocation:
    return Invocation("r-1", "arn:aws:lambda:::function:it", json.dumps(payload).encode())


def test_the_caller_gets_what_the_function_returns(make: Make) -> None:
    environment = make("def handler(event, context): return {'got': event}")

    outcome = environment.invoke(_invocation("word"))

    assert json.loads(outcome.payload) == {"got": "word"}
    assert not outcome.failed


def test_an_error_that_the_runtime_reports_is_passed_on(make: Make) -> None:
    environment = make("def handler(event, context): raise ValueError('no such thing')")

    outcome = environment.invoke(_invocation())

    assert outcome.failed
    assert json.loads(outcome.payload)["errorMessage"] == "no such thing"


def test_the_process_stays_between_invocations(make: Make) -> None:
    environment = make("def handler(event, context): return os.getpid()")

    first = environment.invoke(_invocation())
    second = environment.invoke(_invocation())

    assert first.payload == second.payload


def test_the_log_has_lambdas_lines_around_the_functions_own(make: Make) -> None:
    environment = make("print('loading')\ndef handler(event, context): print('working')")

    first = environment.invoke(_invocation()).logs.splitlines()
    second = environment.invoke(_invocation()).logs

    assert first[:4] == [
        "loading",
        "START RequestId: r-1 Version: $LATEST",
        "working",
        "END RequestId: r-1",
    ]
    assert "Memory Size: 256 MB" in first[4]
    assert "Init Duration: " in first[4]
    assert "loading" not in second
    assert "Init Duration: " not in second


def test_the_function_gets_its_deadline(make: Make) -> None:
    environment = make(
        "def handler(event, context): return int(context['Lambda-Runtime-Deadline-Ms'])", timeout=5
    )

    deadline = json.loads(environment.invoke(_invocation()).payload)

    assert 0 < deadline - time.time() * 1000 <= 5000


def test_the_function_sees_its_own_environment_and_not_ours(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "secret")
    environment = make("def handler(event, context): return [os.environ.get(it) for it in event]")

    outcome = environment.invoke(
        _invocation(["SETTING", "OURS", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "_HANDLER"])
    )

    assert json.loads(outcome.payload) == ["here", None, "256", "function.handler"]


def test_a_function_that_runs_too_long_is_killed_with_all_it_started(make: Make) -> None:
    environment = make(
        "import subprocess\n"
        "def handler(event, context):\n"
        "    print(subprocess.Popen(['sleep', '60']).pid)\n"
        "    time.sleep(60)",
        timeout=1,
    )

    outcome = environment.invoke(_invocation())

    assert outcome.failed
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 1.00 seconds",
    }
    assert "r-1 Task timed out after 1.00 seconds" in outcome.logs
    assert outcome.logs.endswith("Status: timeout\n")
    assert _is_gone(int(outcome.logs.splitlines()[1]))


def test_after_a_timeout_the_next_invocation_gets_a_new_process(make: Make) -> None:
    environment = make(
        "def handler(event, context): return os.getpid() if event else time.sleep(60)", timeout=1
    )
    before = environment.invoke(_invocation("tell"))
    environment.invoke(_invocation())

    after = environment.invoke(_invocation("tell"))

    assert not after.failed
    assert after.payload != before.payload


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_is_described_in_lambdas_words(make: Make, end: str, reason: str) -> None:
    environment = make(f"def handler(event, context): {end}")

    outcome = environment.invoke(_invocation())

    assert outcome.failed
    assert json.loads(outcome.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: r-1 Error: {reason}",
    }
    assert f"RequestId: r-1 Error: {reason}\nRuntime.ExitError\n" in outcome.logs


def test_a_process_that_ended_between_invocations_is_replaced(make: Make) -> None:
    environment = make("def handler(event, context): return os.getpid()")
    pid = json.loads(environment.invoke(_invocation()).payload)
    os.kill(pid, signal.SIGKILL)
    assert _is_gone(pid)

    outcome = environment.invoke(_invocation())

    assert not outcome.failed
    assert json.loads(outcome.payload) != pid


def test_a_function_that_cannot_be_loaded_says_why_at_each_invocation(make: Make) -> None:
    environment = make("", handler="nothing.handler")

    first = environment.invoke(_invocation())
    second = environment.invoke(_invocation())

    assert json.loads(first.payload)["errorType"] == "Runtime.ImportModuleError"
    assert "Phase: init\tStatus: error\tError Type: Runtime.ImportModuleError" in first.logs
    assert second.failed


def test_a_function_that_ends_the_process_while_it_loads_is_a_crash(make: Make) -> None:
    environment = make("os._exit(7)")

    outcome = environment.invoke(_invocation())

    assert json.loads(outcome.payload)["errorMessage"].endswith("exit status 7")


def test_a_function_that_failed_to_load_is_loaded_again_by_an_invocation(
    make: Make, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    environment = make(
        f"from pathlib import Path\n"
        f"if not Path({str(mark)!r}).exists():\n"
        f"    Path({str(mark)!r}).touch()\n"
        f"    os._exit(1)\n"
        f"def handler(event, context): return 'loaded'"
    )

    assert environment.invoke(_invocation()).payload == b'"loaded"'


def test_a_stop_ends_the_process_in_the_middle_of_its_work(make: Make, tmp_path: Path) -> None:
    working = tmp_path / "working"
    environment = make(
        f"def handler(event, context):\n    open({str(working)!r}, 'w').close()\n    time.sleep(60)"
    )
    invoking = threading.Thread(target=environment.invoke, args=(_invocation(),))
    invoking.start()
    wait_for(working.exists, 5, "the function to begin", pause=0.01)

    environment.stop()

    invoking.join(5)
    assert not invoking.is_alive()
    assert environment.invoke(_invocation()).failed


def _is_gone(pid: int) -> bool:
    """Waits until the process has ended. A zombie has ended too."""

    def gone() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return wait_for(gone, 5, f"the end of process {pid}", pause=0.01)
