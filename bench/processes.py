"""Starts the processes of contenders (bench/child.py), and sends them events."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from bench.measure import Usage
from infra.errors import InfraError
from infra.paths import REPOSITORY

_LAST_LINES: Final = 15
"""How many lines of a dead process's log its error has."""


class ContenderError(InfraError):
    """A contender failed, or what it made is not right."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that takes events. `start` is what it used until it could take the first one."""

    process: "subprocess.Popen[str]"
    start: Usage
    log: IO[str]

    def do(self, event: Mapping[str, Any]) -> tuple[Any, Usage]:
        """Sends the event. Returns the process's answer, and what it used for it.

        Raises ContenderError if the process has died.
        """
        if self.process.stdin is None:
            raise ContenderError("The process takes no events.")
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()
        answered = _line(self.process, self.log)
        return answered["answer"], Usage.from_json(answered["usage"])


@contextmanager
def running(
    factory: str, environment: Mapping[str, str], code: Path = REPOSITORY
) -> Iterator[Running]:
    """Starts a process that sends its events to the function that `factory` returns.

    `factory` is "module:function", of the repository that is in `code`. The process ends with the
    `with` block.
    """
    with (
        TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, "-m", "bench.child", factory],
            cwd=code,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Running(process, Usage.from_json(_line(process, log)), log)
        except BaseException:
            process.kill()
            raise


def _line(process: "subprocess.Popen[str]", log: IO[str]) -> Any:
    line = process.stdout.readline() if process.stdout else ""
    if line:
        return json.loads(line)
    log.seek(0)
    last = "\n".join(log.read().splitlines()[-_LAST_LINES:])
    raise ContenderError(f"A process of the bench has died. The end of its log:\n\n{last}")
