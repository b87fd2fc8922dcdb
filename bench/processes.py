"""Starts contenders' processes, and hands them events."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Final

from bench.measure import Usage
from infra.errors import InfraError
from infra.paths import REPOSITORY

_LAST_LINES: Final = 15


class ContenderError(InfraError):
    """A contender's process did not do what it was there for."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that takes events. `start` is what it took to get there."""

    process: "subprocess.Popen[str]"
    start: Usage
    log: IO[str]

    def do(self, event: Mapping[str, Any]) -> tuple[Any, Usage]:
        """What the process answers to the event, and what that took. Raises ContenderError."""
        if self.process.stdin is None:
            raise ContenderError("the process takes no events")
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()
        answered = _line(self.process, self.log)
        return answered["answer"], Usage.from_json(answered["usage"])


@contextmanager
def running(factory: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """A fresh process that runs what `factory` ("module:function") gives, for the time of the
    body."""
    with (
        TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, "-m", "bench.child", factory],
            cwd=REPOSITORY,
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
    tail = "\n".join(log.read().splitlines()[-_LAST_LINES:])
    raise ContenderError(f"A process of the bench has died. Its last words:\n\n{tail}")
