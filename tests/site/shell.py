"""A shell on a terminal, which is given one command after the other."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_END: Final = "\x1e"
_ENDED: Final = re.compile(rf"{_END}(\d+){_END}")
_CHUNK: Final = 65_536


@dataclass(frozen=True)
class Ran:
    """What a command has printed on the terminal, and its exit code: None if it did not end."""

    printed: str
    code: int | None


class Shell:
    """One bash in a folder, on a terminal of its own. What a command sets, the next one has."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        ours, theirs = pty.openpty()
        self._terminal = ours
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607 - the shell of this system
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._script = Path(variables["TMPDIR"]) / "command.sh"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the shell, and what it has left in the background."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(BrokenPipeError):
            self._process.communicate()
        os.close(self._terminal)

    def run(self, command: str, seconds: float) -> Ran:
        """Runs a command, for so long at most: then its exit code is None."""
        self._script.write_text(f"{command}\n")
        assert self._process.stdin is not None
        line = f"source {self._script} < /dev/null; printf '{_END}%d{_END}' $?\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        deadline = time.monotonic() + seconds
        printed = ""
        while (left := deadline - time.monotonic()) > 0:
            new = self._read(left)
            if new is None:  # the shell has ended, as by `exit`
                return Ran(printed, self._process.wait())
            printed += new
            if ended := _ENDED.search(printed):
                return Ran(printed[: ended.start()] + printed[ended.end() :], int(ended[1]))
        return Ran(printed, None)

    def later(self, until: Callable[[str], bool], seconds: float) -> str:
        """Returns what comes from what runs in the background, until it is enough or it is late."""
        deadline = time.monotonic() + seconds
        printed = ""
        while not until(printed) and (left := deadline - time.monotonic()) > 0:
            printed += self._read(left) or ""
        return printed

    def _read(self, seconds: float) -> str | None:
        """Returns what is new on the terminal. None if nobody is there any more."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return ""
        try:
            return self._decoder.decode(os.read(self._terminal, _CHUNK))
        except OSError:
            return None
