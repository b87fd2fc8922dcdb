"""An execution environment: one process that runs a function, one invocation at a time.

It behaves as on AWS. If a process cannot load the function, the invocation starts it again. A
process that runs too long is killed. One that has crashed is replaced at the next invocation.
Between invocations it stays, with all that the function keeps in memory.
"""

import shutil
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import children, failures, report
from .process import Function, Process
from .runtime_api import Answered, Event, Exited, InitFailed, Invocation, Ready, error_type

INIT_LIMIT_SECONDS = 10.0
"""How long AWS lets a function load. Then the invocation loads it again, in its own time."""


@dataclass(frozen=True)
class Outcome:
    """What the caller of the function gets, and what the invocation wrote to the log."""

    payload: bytes
    failed: bool
    logs: str


class Environment:
    """Call `start` once, then `invoke` as often as needed, then `stop`, from any thread."""

    def __init__(self, function: Function, variables: Mapping[str, str], scratch: Path) -> None:
        """`scratch` is a directory for this environment alone; `stop` deletes it."""
        self._function = function
        self._variables = dict(variables)
        self._scratch = scratch
        self._guard = threading.Lock()
        self._process: Process | None = None
        self._stopped = False
        self._init_ms: float | None = None
        self._early_logs = ""

    def start(self) -> None:
        """Loads the function. If that fails, the first invocation tries again, and says why."""
        began = time.monotonic()
        try:
            process = self._new_process()
        except EnvironmentStoppedError:
            return
        event = process.wait_until_idle(began + INIT_LIMIT_SECONDS)
        took = _ms_since(began)
        self._early_logs = process.new_logs()
        if isinstance(event, Ready):
            self._init_ms = took
            return
        self._discard(process)
        self._early_logs += report.init_failed(took, status=_init_status(event))

    def invoke(self, invocation: Invocation) -> Outcome:
        """Runs the function once. Raises nothing, whatever the function does."""
        began = time.monotonic()
        deadline = began + self._function.timeout_seconds
        logs = self._early_logs + report.start(invocation.request_id, self._function.version)
        self._early_logs = ""
        event, process = self._run(invocation, deadline)
        peak = children.peak_memory_mb(process.pid) if process else None
        logs += process.new_logs() if process else ""
        payload, failed, status, line = self._verdict(invocation.request_id, event)
        if process and not isinstance(event, Answered):
            self._discard(process)
        usage = report.Usage(_ms_since(began), self._function.memory_mb, peak, self._init_ms)
        self._init_ms = None
        return Outcome(
            payload, failed, logs + line + report.end(invocation.request_id, usage, status=status)
        )

    def logs(self) -> str:
        """Returns what the process has written so far. It is for a developer, not for the log."""
        process = self._process
        return process.all_logs() if process else self._early_logs

    def stop(self) -> None:
        """Ends the process, also in the middle of an invocation, and deletes the scratch files."""
        with self._guard:
            self._stopped = True
            process = self._process
        if process:
            self._discard(process)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _run(self, invocation: Invocation, deadline: float) -> tuple[Event | None, Process | None]:
        """Returns the event that ends the invocation (None: time ran out), and its process."""
        process = self._process
        event = process.wait_until_idle(deadline) if process else None
        if process is None or isinstance(event, Exited):
            # It never started, or it ended between two invocations.
            if process:
                self._discard(process)
            try:
                process = self._new_process()
            except EnvironmentStoppedError:
                return Exited(-signal.SIGKILL), None
            event = process.wait_until_idle(deadline)
        if not isinstance(event, Ready):
            return event, process
        left_ms = int((deadline - time.monotonic()) * 1000)
        process.give(invocation, deadline_ms=int(time.time() * 1000) + left_ms)
        return process.wait(deadline), process

    def _verdict(self, request_id: str, event: Event | None) -> tuple[bytes, bool, str | None, str]:
        """Returns payload, whether it is an error, the report's status, and Lambda's own line."""
        seconds = self._function.timeout_seconds
        match event:
            case Answered(payload=payload, failed=failed):
                return payload, failed, None, ""
            case InitFailed(error=error):
                return error, True, f"error\tError Type: {error_type(error)}", ""
            case Exited(code=code):
                line = report.exited(request_id, failures.exit_reason(code))
                status = "error\tError Type: Runtime.ExitError"
                return failures.exited(request_id, code), True, status, line
        line = report.timed_out(request_id, seconds)
        return failures.timed_out(request_id, seconds), True, "timeout", line

    def _new_process(self) -> Process:
        with self._guard:
            if self._stopped:
                raise EnvironmentStoppedError
            self._process = Process(self._function, self._variables, self._scratch)
            return self._process

    def _discard(self, process: Process) -> None:
        with self._guard:
            if self._process is process:
                self._process = None
        process.end()


class EnvironmentStoppedError(Exception):
    """The function was deleted or LocalStack is stopping."""


def _init_status(event: Event | None) -> str:
    match event:
        case InitFailed(error=error):
            return f"error\tError Type: {error_type(error)}"
        case Exited():
            return "error\tError Type: Runtime.ExitError"
    return "timeout"


def _ms_since(began: float) -> float:
    return (time.monotonic() - began) * 1000
