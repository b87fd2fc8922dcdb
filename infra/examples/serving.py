"""The server of an example, as a child process on a port of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.daemon import HOST
from infra.examples.catalog import Example, ExampleError

_START_LIMIT_SECONDS: Final = 60.0
_STOP_PATIENCE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.1
_LOG_TAIL_LINES: Final = 15


@dataclass(frozen=True)
class Server:
    """A server that runs. `log` has all that it prints."""

    example: Example
    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def wait(self, seconds: float) -> None:
        """Waits. Raises ExampleError, with the server's last lines, if it ends meanwhile."""
        with suppress(subprocess.TimeoutExpired):
            raise self._ended(self.process.wait(seconds))

    def _ended(self, code: int) -> ExampleError:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        said = "\n\n" + "\n".join(lines) if lines else " It printed nothing."
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return ExampleError(f"The example {self.example.name} has ended, {how}.{said}")


def port(wanted: str | None) -> int:
    """Returns a port that is free: the one that is wanted, or any. Raises ExampleError."""
    if wanted and not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 2**16):
        raise ExampleError(f"PORT must be a number from 1 to 65535, not {wanted!r}.")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, int(wanted or 0)))
        except OSError as error:
            raise ExampleError(f"PORT={wanted} cannot be used: {error.strerror}.") from None
        found: int = tried.getsockname()[1]
    return found


@contextmanager
def serving(
    example: Example, environment: Mapping[str, str], on: int, log: Path
) -> Iterator[Server]:
    """Runs the example's server on port `on` while the body runs. It answers before that begins.

    Raises ExampleError, with the server's last lines, if it does not start.
    """
    log.unlink(missing_ok=True)
    url = f"http://{HOST}:{on}"
    variables = {**environment, "PORT": str(on), "SITE_URL": url}
    for command in example.prepare:
        with _running(example, command, variables, log) as server:
            if server.process.wait(_START_LIMIT_SECONDS) != 0:
                server.wait(0)
    with _running(example, example.command, variables, log) as server:
        _await(server)
        yield server


@contextmanager
def _running(
    example: Example, command: Sequence[str], variables: Mapping[str, str], log: Path
) -> Iterator[Server]:
    program, *arguments = (part.format(port=variables["PORT"]) for part in command)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [shutil.which(program, path=variables["PATH"]) or program, *arguments],
            cwd=example.folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us. We then end it in good order.
        )
    try:
        yield Server(example, process, variables["SITE_URL"], log)
    finally:
        _stop(process)


def _await(server: Server) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        server.wait(_POLL_SECONDS)
        try:
            direct.open(server.url, timeout=_START_LIMIT_SECONDS).close()
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise ExampleError(
                    f"The example {server.example.name} did not answer in "
                    f"{_START_LIMIT_SECONDS:.0f} s: {error}. Its log: {server.log}"
                ) from error
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_PATIENCE_SECONDS)
    # It leads a group of its own. The rest of the group are its children.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
