"""`longhaul listen`, run as a program of its own."""

import fcntl
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import IO

from tests.unit.longhaul.hooks import KEY
from tests.waiting import wait_for

PROGRAM = (sys.executable, "-c", "from longhaul.cli.main import main; main()", "listen")
SECONDS = 30


@dataclass
class Listening:
    """A running program, its port, and what it has written."""

    process: subprocess.Popen[bytes]
    port: int = 0
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)

    def post(self, content: bytes, headers: dict[str, str] | None = None) -> int:
        """Returns the status of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("POST", "/in", content, headers or {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def raw(self, request: bytes) -> bytes:
        """Sends the bytes. Returns the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as way:
            way.sendall(request)
            with way.makefile("rb") as answer:
                return answer.readline().strip()

    def lines(self, count: int) -> list[str]:
        """Waits for this number of lines on standard output. Returns them without their times."""
        wait_for(lambda: self.out.count(b"\n") >= count, SECONDS, f"{count} lines")
        return without_times(self.out)

    def said(self, count: int) -> list[str]:
        """The same for requests that are shown on standard error."""
        wait_for(lambda: len(without_times(self.err)) >= count, SECONDS, f"{count} requests")
        return without_times(self.err)

    def ended(self) -> int:
        """Ends it with Ctrl-C. Returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


def without_times(written: bytearray) -> list[str]:
    lines = re.findall(
        r"^.{0,20}?\d\d:\d\d:\d\d(?:\x1b\[0m)?  (.*)$", written.decode(), re.MULTILINE
    )
    return [line.rstrip("\r") for line in lines]


def started(*words: str) -> subprocess.Popen[bytes]:
    """Starts the program in a pipe. Whoever calls this ends it."""
    environment = {**os.environ, "LONGHAUL_WEBHOOK_SECRET": KEY}
    return subprocess.Popen(
        [*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


@contextmanager
def listening(
    *words: str, secret: str = KEY, columns: int | None = None, **more: str
) -> Iterator[Listening]:
    """Runs the program during the body: in a pipe or, with `columns`, on a terminal."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    environment |= {"LONGHAUL_WEBHOOK_SECRET": secret, "TERM": "xterm-256color", **more}
    with ExitStack() as stack:
        side = -1
        if columns:
            main, side = pty.openpty()
            fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(
            [*PROGRAM, "--port", "0", *words],
            stdin=subprocess.DEVNULL,
            stdout=side if columns else subprocess.PIPE,
            stderr=side if columns else subprocess.PIPE,
            env=environment,
        )
        ran = Listening(process)
        if columns:
            os.close(side)
            stack.enter_context(_read(os.fdopen(main, "rb", 0), ran.out))
            ran.err = ran.out
        else:
            assert process.stdout
            assert process.stderr
            stack.enter_context(_read(process.stdout, ran.out))
            stack.enter_context(_read(process.stderr, ran.err))
        stack.callback(_killed, process)
        wait_for(lambda: b"\n" in ran.err, SECONDS, "its first line")
        ran.port = int(ran.err.partition(b"/ until")[0].rpartition(b":")[2])
        yield ran


@contextmanager
def _read(source: IO[bytes], into: bytearray) -> Iterator[None]:
    def read() -> None:
        with suppress(OSError, ValueError):  # EIO: the program has closed the terminal
            while chunk := os.read(source.fileno(), 4096):
                into.extend(chunk)

    thread = threading.Thread(target=read)
    thread.start()
    yield
    thread.join(SECONDS)
    source.close()


def _killed(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
