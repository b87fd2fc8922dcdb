"""Whether MiniStack runs is read from its directory."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from infra import daemon, ministack
from infra.daemon import Daemon
from infra.errors import EmulatorError

GONE = Daemon(pid=2**22 + 1, started_at=0.0, port=4570)
"""No system has a process with this id."""


def test_a_directory_without_state_has_no_endpoint(tmp_path: Path) -> None:
    assert ministack.endpoint(tmp_path) is None


def test_a_stale_state_file_has_no_endpoint(tmp_path: Path) -> None:
    daemon.remember(GONE, tmp_path / "process.json")

    assert ministack.endpoint(tmp_path) is None


def test_a_process_that_has_ended_is_not_stopped(tmp_path: Path) -> None:
    daemon.remember(GONE, tmp_path / "process.json")

    assert ministack.stop(tmp_path) is False


def test_a_running_instance_without_iam_is_not_used_where_iam_is_asked_for(
    tmp_path: Path,
) -> None:
    running = Daemon(os.getpid(), psutil.Process().create_time(), port=4570)
    daemon.remember(running, tmp_path / "process.json")

    with pytest.raises(EmulatorError, match="make down"):
        ministack.start(tmp_path, enforce_iam=True)


def test_it_is_said_if_another_program_has_the_port_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running = Daemon(os.getpid(), psutil.Process().create_time(), port=4570)
    monkeypatch.setattr(ministack, "_spawn", lambda *_, **__: running)
    monkeypatch.setattr(ministack, "_await_health", lambda *_: None)

    with socket.create_server((daemon.HOST, 0)) as other:
        port = other.getsockname()[1]
        daemon.remember(replace(GONE, port=port), tmp_path / "process.json")
        ministack.start(tmp_path)

    assert f"Another program has port {port} now" in capsys.readouterr().err


def test_an_instance_that_runs_already_is_found(tmp_path: Path) -> None:
    running = Daemon(os.getpid(), psutil.Process().create_time(), port=4570)
    daemon.remember(running, tmp_path / "process.json")

    assert ministack.start(tmp_path) == "http://127.0.0.1:4570"
