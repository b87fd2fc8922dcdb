"""The program, run in the process of the tests."""

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from longhaul.cli import main
from tests.unit.longhaul.build_archive import build_archive
from tests.unit.longhaul.stub import JOB, Reply, Stored, Stub, accepted, completed, link


@dataclass(frozen=True)
class Ran:
    """The result of a run."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]

SKIPPED = (
    {"file": 10009, "reason": "missing", "detail": "does not exist"},
    {"file": "a/b.bin", "reason": "archived", "detail": "in GLACIER; restore it first"},
)


class Typed(io.TextIOWrapper):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(
    stub: Stub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Run:
    """Runs a command line against the stub, in an empty folder."""
    monkeypatch.setenv("LONGHAUL_URL", stub.url)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, stdin: bytes = b"", is_typed: bool = False) -> Ran:
        kind = Typed if is_typed else io.TextIOWrapper
        monkeypatch.setattr(sys, "argv", ["longhaul", *words])
        monkeypatch.setattr(sys, "stdin", kind(io.BytesIO(stdin), "utf-8"))
        code = main.run()
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


@pytest.fixture
def whole(stub: Stub) -> Stored:
    """A stack with one job, which has completed and can be downloaded."""
    return _stored(stub, [])


@pytest.fixture
def partial(stub: Stub) -> Stored:
    """The same, but some of the files that were asked for are not in the archive."""
    return _stored(stub, SKIPPED)


def _stored(stub: Stub, skipped: Sequence[Mapping[str, object]]) -> Stored:
    missing = [one["file"] for one in skipped if one["reason"] == "missing"]
    content = build_archive(missing=missing, skipped=skipped)
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, completed(len(content), missing, skipped)))
    stub.on(f"GET {JOB}/download", link(f"{stub.url}/s3"))
    stub.objects["/s3"] = Stored(content)
    return stub.objects["/s3"]
