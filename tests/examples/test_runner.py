"""`make example`, as a person runs it: from nothing to a page, and to nothing after Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import urllib3

from infra.paths import REPOSITORY
from tests.waiting import wait_for

_START_SECONDS = 150.0
_END_SECONDS = 30.0


@dataclass
class Run:
    """A run of the command. Its output goes to files."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def printed(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def said(self) -> str:
        return (self.folder / "err").read_text()

    def url(self) -> str:
        """Waits for the address that it prints."""

        def found() -> str:
            assert self.process.poll() is None, self.said
            return self.printed.strip()

        return wait_for(found, _START_SECONDS, "the address of the example")

    def started(self) -> list[psutil.Process]:
        """All processes that it has started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def code(self) -> int:
        """Waits for its end. Returns its exit code."""
        return self.process.wait(_END_SECONDS)


@contextmanager
def running(name: str, folder: Path) -> Iterator[Run]:
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.examples", name],
            cwd=REPOSITORY,
            env={name: value for name, value in os.environ.items() if name != "PORT"},
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield Run(process, folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_END_SECONDS)


def alive(processes: list[psutil.Process]) -> list[str]:
    """Returns those of the processes that still run."""
    gone, left = psutil.wait_procs(processes, timeout=_END_SECONDS)
    assert len(gone) + len(left) == len(processes)
    return [process.name() for process in left]


def server_of(run: Run) -> psutil.Process:
    """Returns the process of the example's own server."""
    (found,) = [one for one in run.started() if "uvicorn" in one.cmdline()]
    return found


def test_an_example_runs_until_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running("fastapi", tmp_path) as run:
        url = run.url()
        answer = urllib3.request("GET", url)
        started = run.started()
        run.process.send_signal(signal.SIGINT)

        assert run.code() == 130
    assert answer.status == 200
    assert b"Sign in as alice" in answer.data
    assert len(started) >= 3  # the shop, the emulator, the issuer
    assert alive(started) == []
    assert "Ctrl-C ends this" in run.said


def test_a_server_that_dies_ends_all_and_its_last_lines_are_said(tmp_path: Path) -> None:
    with running("fastapi", tmp_path) as run:
        run.url()
        started = run.started()
        server_of(run).kill()

        assert run.code() == 1
    assert alive(started) == []
    assert "The example fastapi has ended, by signal 9." in run.said
    assert "Uvicorn running on" in run.said


@pytest.mark.parametrize("name", ["angular", "../fastapi", ""])
def test_an_unknown_name_starts_nothing(tmp_path: Path, name: str) -> None:
    with running(name, tmp_path) as run:
        assert run.code() == 1

    assert f"There is no example {name!r}. NAME is one of html, " in run.said
