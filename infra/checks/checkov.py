"""Checkov, which looks at a template as somebody who guards an account does.

It is installed once for each lock, in an environment of its own: it asks for a hundred packages,
some of them older than ours. That takes half a minute, and the only use of the network.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra import daemon
from infra.console import step
from infra.errors import CheckError
from infra.paths import STATE

LOCK = Path(__file__).resolve().parent / "checkov.txt"

_VENV = STATE / "checkov"
_QUIET = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-compile")


@dataclass(frozen=True)
class Verdict:
    """How many checks passed and were skipped, and a line for each that failed."""

    passed: int
    skipped: int
    failed: tuple[str, ...]


def verdict(template: Path) -> Verdict:
    """Returns what Checkov says of the template. Raises CheckError if it says nothing."""
    command = [str(_installed()), "--file", str(template), "--framework", "cloudformation"]
    # Without this it would ask its makers for more words about each check.
    command += ["--skip-download", "--quiet", "--compact", "--output", "json"]
    done = subprocess.run(
        command,
        # It would ask PyPI whether it is the newest.
        env={**os.environ, "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return read(done.stdout, done.stderr)


def read(output: str, error: str = "") -> Verdict:
    """Returns what Checkov's JSON says. Raises CheckError with `error` if it says nothing, and if
    Checkov has not understood the template."""
    try:
        report = json.loads(output)
        summary = report["summary"]
        broken, passed = summary["parsing_errors"], summary["passed"]
    except (ValueError, KeyError, TypeError):
        raise CheckError(f"Checkov has failed.\n\n{error.strip() or output.strip()}") from None
    if broken or not passed:
        raise CheckError("Checkov does not understand the template.")
    return Verdict(
        passed=passed,
        skipped=summary["skipped"],
        failed=tuple(
            f"{found['check_id']} {found['resource']}: {found['check_name']}"
            for found in report["results"]["failed_checks"]
        ),
    )


def _installed() -> Path:
    """Returns the command, and installs it first unless this lock is installed."""
    command, stamp = _VENV / "bin" / "checkov", _VENV / "made-from"
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    STATE.mkdir(exist_ok=True)
    with daemon.exclusively(STATE / "checkov.lock"):
        if not (stamp.exists() and stamp.read_text() == digest):
            with step("Install Checkov"):
                shutil.rmtree(_VENV, ignore_errors=True)
                _run([sys.executable, "-m", "venv", str(_VENV)])
                python = str(_VENV / "bin" / "python")
                _run([python, *_QUIET, "--require-hashes", "-r", str(LOCK)])
                stamp.write_text(digest)
    return command


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise CheckError(f"Checkov could not be installed.\n\n{done.stdout.strip()}")
