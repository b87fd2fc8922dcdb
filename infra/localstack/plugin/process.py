"""The process that runs a function: AWS's runtime client, the function's code, and nothing else."""

import contextlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

from . import children
from .runtime_api import Event, Exited, Invocation, Ready, RuntimeApi

_OUTPUT = "output.log"


@dataclass(frozen=True)
class Function:
    """What must be known of a deployed function to run it."""

    handler: str
    code: Path
    """The unpacked deployment package."""
    version: str
    timeout_seconds: float
    memory_mb: int
    """The function can read it. Nothing enforces it."""
    python: str
    """The interpreter."""
    runtime: Path
    """What the runtime provides beside the code: `awslambdaric` and boto3."""


class Process:
    """Starts at once. Its events come from `api`. The last one is always `Exited`."""

    def __init__(self, function: Function, variables: Mapping[str, str], scratch: Path) -> None:
        self.api = RuntimeApi()
        self._idle = False
        temporary = scratch / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        # A file and not a pipe. So when the answer is here, all that was written before it is here
        # too, and a function that writes much never waits for a reader.
        self._output = scratch / _OUTPUT
        self._read_to = 0
        with self._output.open("wb") as output:
            self._child = children.start(
                # -S and -s leave out the interpreter's own packages. So a package that is missing
                # from the deployment package is missing here too, as on AWS.
                [function.python, "-S", "-s", "-m", "awslambdaric", function.handler],
                environment=_environment(function, variables, self.api.address, temporary),
                directory=function.code,
                output=output,
            )
        threading.Thread(target=self._await_exit, name="lambda-exit", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait(self, deadline: float) -> Event | None:
        """Returns the process's next event. None if there is none by `deadline` (monotonic)."""
        with contextlib.suppress(Empty):
            event = self.api.events.get(timeout=max(0.0, deadline - time.monotonic()))
            self._idle = isinstance(event, Ready)
            return event
        return None

    def wait_until_idle(self, deadline: float) -> Event | None:
        """Returns `Ready` once the process can take an invocation, or else what prevents it."""
        event = Ready() if self._idle else self.wait(deadline)
        if isinstance(event, Ready) and children.has_ended(self._child):
            # It was ready, and has ended since.
            return self.wait(deadline)
        return event

    def give(self, invocation: Invocation, *, deadline_ms: int) -> None:
        """Hands an invocation to the idle process. `deadline_ms` is in Unix time."""
        self._idle = False
        self.api.give(invocation, deadline_ms=deadline_ms)

    def new_logs(self) -> str:
        """Returns what the process has written since the last call."""
        try:
            with self._output.open("rb") as output:
                output.seek(self._read_to)
                written = output.read()
        except FileNotFoundError:
            # The environment was stopped in the middle of an invocation.
            return ""
        self._read_to += len(written)
        return written.decode(errors="replace")

    def all_logs(self) -> str:
        """Returns all that the process has written."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def end(self) -> None:
        """Kills the process and all it started, and closes its Runtime API. May be repeated."""
        children.kill(self._child)
        self.api.close()

    def _await_exit(self) -> None:
        self.api.events.put(Exited(self._child.wait()))


def _environment(
    function: Function, variables: Mapping[str, str], api: str, temporary: Path
) -> dict[str, str]:
    """Returns the environment of the process. Of ours it has only PATH."""
    code, runtime = str(function.code), str(function.runtime)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        # What the code printed before it crashed must not be lost in a buffer.
        "PYTHONUNBUFFERED": "1",
        **variables,
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": code,
        "LAMBDA_RUNTIME_DIR": runtime,
        "PYTHONPATH": os.pathsep.join((code, runtime)),
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
    }
