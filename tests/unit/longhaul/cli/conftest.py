"""The program, run within the tests' own process."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from longhaul.cli import main
from tests.unit.longhaul.archives import archive
from tests.unit.longhaul.stub import JOB, Reply, Stored, Stub, accepted, completed, link


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    stub: Stub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Run:
    """Runs a command line for the stub's API, in a folder of its own."""
    monkeypatch.setenv("LONGHAUL_URL", stub.url)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["longhaul", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        code = main.run()
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run


@pytest.fixture
def whole(stub: Stub) -> Stored:
    """A stack on which an export is asked for, completes, and can be downloaded."""
    content = archive()
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, completed(len(content), missing=[10009])))
    stub.on(f"GET {JOB}/download", link(f"{stub.url}/s3"))
    stub.objects["/s3"] = Stored(content)
    return stub.objects["/s3"]
