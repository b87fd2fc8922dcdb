"""The program on a pseudo-terminal."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.longhaul.stub import CUT, JOB, JOB_ID, Reply, Stored, Stub, accepted, completed, job
from tests.waiting import wait_for

COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-7]|38;5;\d+)m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROGRAM = (sys.executable, "-c", "from longhaul.cli.main import main; main()")
AT_ONCE = {"Retry-After": "0"}


@dataclass
class Terminal:
    """A running program whose standard error is a terminal, and its output there."""

    process: subprocess.Popen[bytes]
    written: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return self.written.decode(errors="replace")

    @property
    def lines(self) -> list[str]:
        """Each line that was drawn at any time, without control sequences."""
        return [CONTROL.sub("", line).rstrip() for line in re.split(r"[\r\n]+", self.text)]

    @property
    def bars(self) -> list[str]:
        return [line for line in self.lines if "━" in line]

    def ended(self) -> int:
        """Waits for the end of the program. Returns its exit code."""
        return self.process.wait(30)


@contextmanager
def terminal(stub: Stub, *words: str, columns: int = 100, **more: str) -> Iterator[Terminal]:
    """Runs the program on a terminal with this number of columns."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unset = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"TERM": "xterm-256color", "LONGHAUL_URL": stub.url, **more}
    process = subprocess.Popen(
        [*PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=side,
        env=environment,
    )
    os.close(side)
    ran = Terminal(process)
    reader = threading.Thread(target=_read, args=(main, ran.written))
    reader.start()
    try:
        yield ran
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join()
        os.close(main)


def _read(main: int, into: bytearray) -> None:
    with suppress(OSError):  # EIO: the program has closed the terminal
        while chunk := os.read(main, 4096):
            into += chunk


@pytest.fixture
def slow(stub: Stub, whole: Stored) -> None:
    """A job that has several states before it completes."""
    ready = Reply(200, completed(len(whole.content)))
    some = [Reply(200, job(percent=percent), AT_ONCE) for percent in (0, 20, 40, 60)]
    stub.on(f"GET {JOB}", *some, ready)


@pytest.mark.usefixtures("slow")
def test_a_terminal_shows_a_bar_and_then_the_result(stub: Stub, tmp_path: Path) -> None:
    with terminal(stub, "export", "10001", "-o", str(tmp_path / "out.zip")) as ran:
        code = ran.ended()

    assert code == 0
    assert any(re.search(r"Assembling [━╸╺]+ +40 % 0/2 files  40.0/100.0 kB", b) for b in ran.bars)
    done = [re.sub(r"  [\d.]+ m?s$", "", line) for line in ran.lines if line.startswith("✓")]
    assert done == [
        "✓ Export     2 files, 56.8 kB",
        f"✓ Download   {tmp_path}/out.zip: 2 files, 56.8 kB, checked",
    ]


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("columns", [24, 66, 100])
def test_a_bar_fits_into_its_terminal(stub: Stub, columns: int) -> None:
    with terminal(stub, "watch", JOB_ID, columns=columns) as ran:
        code = ran.ended()

    assert code == 0
    assert max(map(len, ran.bars)) <= columns - len("^C")
    assert any("40 %" in line for line in ran.bars)


@pytest.mark.usefixtures("slow")
def test_no_color_turns_colours_off(stub: Stub) -> None:
    with terminal(stub, "watch", JOB_ID) as coloured:
        coloured.ended()
    stub.on(f"GET {JOB}", Reply(200, job(), AT_ONCE), Reply(200, completed()))
    with terminal(stub, "watch", JOB_ID, NO_COLOR="1") as plain:
        plain.ended()

    assert COLOUR.search(coloured.text)
    assert not COLOUR.search(plain.text)
    assert plain.bars


@pytest.mark.usefixtures("slow")
def test_lines_of_json_have_no_bar_between_them(stub: Stub) -> None:
    with terminal(stub, "watch", JOB_ID, "--json") as ran:
        code = ran.ended()

    assert code == 0
    assert ran.bars == []
    assert [line[:8] for line in ran.lines if "Export" in line] == ["✓ Export"]


@pytest.mark.usefixtures("slow")
def test_a_terminal_that_cannot_draw_gets_lines(stub: Stub) -> None:
    with terminal(stub, "watch", JOB_ID, TERM="dumb") as ran:
        ran.ended()

    assert "\x1b" not in ran.text
    assert ran.lines[0].startswith("Export     2 files")


@pytest.mark.usefixtures("slow")
def test_quiet_draws_no_bar(stub: Stub) -> None:
    with terminal(stub, "watch", JOB_ID, "-q") as ran:
        ran.ended()

    assert ran.text == ""


def test_ctrl_c_does_not_end_the_job_and_prints_how_to_return(stub: Stub) -> None:
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, job(percent=40)))

    with terminal(stub, "export", "10001", "--wait", "-o", "not yet.zip") as ran:
        wait_for(lambda: "40 %" in ran.text, 30, "the bar")
        ran.process.send_signal(signal.SIGINT)
        code = ran.ended()

    assert code == 130
    assert ran.lines[-3:] == [
        "The job goes on without you. Come back with:",
        f"  longhaul download {JOB_ID} --wait -o 'not yet.zip'",
        "",
    ]
    assert "Traceback" not in ran.text
    assert stub.of(f"DELETE {JOB}") == []


def test_ctrl_c_while_the_stack_is_down_claims_nothing(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(200, job(percent=40), AT_ONCE), CUT)

    with terminal(stub, "watch", JOB_ID) as ran:
        wait_for(lambda: "the connection broke" in ran.text, 30, "the failure")
        ran.process.send_signal(signal.SIGINT)
        code = ran.ended()

    assert code == 130
    assert "goes on without you" not in ran.text
    assert "the job was processing, 40 %. Whether it goes on, nobody can say from here." in ran.text
    assert ran.lines[-2] == f"  longhaul watch {JOB_ID}"


def test_ctrl_c_shows_the_cursor_again(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(200, job(percent=40)))

    with terminal(stub, "watch", JOB_ID) as ran:
        wait_for(lambda: "40 %" in ran.text, 30, "the bar")
        ran.process.send_signal(signal.SIGINT)
        ran.ended()

    assert ran.text.rindex("\x1b[?25h") > ran.text.rindex("\x1b[?25l")


def test_a_list_on_a_terminal_has_a_header(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from longhaul.cli import main

    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [job()], "cursor": None}))
    monkeypatch.setattr(sys, "argv", ["longhaul", "list", "--url", stub.url])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")

    main.run()
    coloured = capsys.readouterr().out
    monkeypatch.setenv("TERM", "dumb")
    main.run()
    plain = capsys.readouterr().out

    assert plain.splitlines()[0].split() == ["JOB", "STATUS", "FILES", "SIZE", "STARTED"]
    assert plain.splitlines()[1].startswith(f"{JOB_ID}  processing 0%      2  100.0 kB  20")
    assert coloured.startswith("\x1b[1mJOB")
    assert CONTROL.sub("", coloured.replace("\x1b[0m", "")) == plain
