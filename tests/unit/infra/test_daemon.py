"""A background process is found again, and no other process is mistaken for it."""

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from infra import daemon
from infra.daemon import HOST, Daemon, listen
from infra.errors import EmulatorError
from tests.waiting import wait_for

# Each of these goes on until it is ended.
SLEEPS = "import time; time.sleep(60)"
HAS_A_CHILD = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEPS!r}])
print(child.pid, flush=True)
time.sleep(60)
"""
REFUSES_TO_END = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def _spawn(directory: Path, code: str) -> Daemon:
    return daemon.spawn(
        [sys.executable, "-c", code], port=4566, environment={}, log=directory / "log"
    )


def _first_line(directory: Path) -> str:
    """Waits for the first line that the process writes, and returns it."""
    log = directory / "log"
    wait_for(lambda: log.read_text().endswith("\n"), 30, "the first line", pause=0.01)
    return log.read_text().strip()


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Daemon]:
    started = _spawn(tmp_path, SLEEPS)
    yield started
    started.stop(patience=0.1)


def test_a_started_process_is_alive(sleeper: Daemon) -> None:
    assert sleeper.is_alive


def test_a_stopped_process_is_not_alive(sleeper: Daemon) -> None:
    sleeper.stop()

    assert not sleeper.is_alive


def test_a_later_process_with_the_same_id_is_not_the_same_process(sleeper: Daemon) -> None:
    earlier = replace(sleeper, started_at=sleeper.started_at - 60)

    assert not earlier.is_alive


def test_a_later_process_with_the_same_id_is_not_stopped(sleeper: Daemon) -> None:
    earlier = replace(sleeper, started_at=sleeper.started_at - 60)

    earlier.stop()

    assert sleeper.is_alive


def test_a_stopped_process_leaves_no_children(tmp_path: Path) -> None:
    parent = _spawn(tmp_path, HAS_A_CHILD)
    child = psutil.Process(int(_first_line(tmp_path)))

    parent.stop()

    psutil.wait_procs([child], timeout=5)
    assert not child.is_running()


def test_a_process_that_does_not_end_when_asked_is_ended(tmp_path: Path) -> None:
    deaf = _spawn(tmp_path, REFUSES_TO_END)
    _first_line(tmp_path)

    deaf.stop(patience=0.1)

    assert not deaf.is_alive


def test_a_process_leads_a_session_of_its_own(sleeper: Daemon) -> None:
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_a_remembered_process_is_recalled(tmp_path: Path) -> None:
    known = Daemon(pid=1, started_at=2.5, port=4566)

    daemon.remember(known, tmp_path / "state.json")

    assert daemon.recall(tmp_path / "state.json") == known


@pytest.mark.parametrize("content", ["", "{", "{}", '{"pid": 1}', "[]"])
def test_a_damaged_state_file_has_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)

    assert daemon.recall(tmp_path / "state.json") is None


def test_without_a_state_file_there_is_no_process(tmp_path: Path) -> None:
    assert daemon.recall(tmp_path / "state.json") is None


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another process listens on."""
    with socket.create_server((HOST, 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.create_server((HOST, 0)) as other:
        port: int = other.getsockname()[1]
    return port


def test_the_first_port_is_taken_if_it_is_free(free: int) -> None:
    with listen([free, 0]) as listener:
        assert listener.getsockname() == (HOST, free)


def test_the_next_port_is_taken_if_the_first_is_not_free(taken: int, free: int) -> None:
    with listen([taken, free]) as listener:
        assert listener.getsockname()[1] == free


def test_port_0_is_any_free_port(taken: int) -> None:
    with listen([taken, 0]) as listener:
        assert listener.getsockname()[1] not in (0, taken)


def test_without_a_free_port_an_error_says_so(taken: int) -> None:
    with pytest.raises(EmulatorError, match="No port is free"):
        listen([taken])


def test_only_this_machine_can_connect(free: int) -> None:
    with listen([free]) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
