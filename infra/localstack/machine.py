"""What host mode needs from the machine itself: a Python for LocalStack, a Java, and npm."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.errors import EmulatorError

PYTHON_SETTING = "LONGHAUL_LOCALSTACK_PYTHON"
"""The interpreter to make LocalStack's environment with, if not the one that we find."""

PYTHON_VERSION = (3, 13)
"""LocalStack's own. Its syntax is too new for 3.11, and 3.12 has no `warnings.deprecated` yet."""

JAVA_VERSION = 17
"""The least that DynamoDB Local takes."""

_PROBE = "import ensurepip, ssl, sys, venv; print(*sys.version_info[:2])"
_PROBE_SECONDS = 20.0


def obstacles() -> list[str]:
    """What this machine lacks for host mode, one sentence each; empty if it can run it."""
    found = []
    for check in (linux, python, java, npm):
        try:
            check()
        except EmulatorError as error:
            found.append(str(error))
    return found


def linux() -> str:
    """The system, whose kernel ends what LocalStack leaves behind."""
    if sys.platform != "linux":
        raise EmulatorError("Host mode is for Linux.")
    return sys.platform


def python() -> str:
    """A Python that LocalStack runs on and that can make a virtual environment."""
    for candidate in _pythons():
        if _version_of(candidate) == PYTHON_VERSION:
            return candidate
    raise EmulatorError(
        "No Python 3.13 with venv was found, which LocalStack needs (on Debian 13: install"
        f" python3-venv; or use pyenv). If there is one elsewhere, name it in {PYTHON_SETTING}."
    )


def java() -> str:
    """A Java new enough for DynamoDB Local."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    if program:
        told = _output([program, "-version"])
        # "17.0.15", "21", "25-ea"; the last old-style number was "1.8.0".
        version = re.search(r'version "(\d+)', told)
        if version and int(version[1]) >= JAVA_VERSION:
            return program
    raise EmulatorError(
        f"No Java {JAVA_VERSION} or newer was found, which DynamoDB Local needs (on Debian and"
        " Ubuntu: install default-jre-headless; or set JAVA_HOME)."
    )


def npm() -> str:
    """npm, which fetches DynamoDB Local."""
    program = shutil.which("npm")
    if program is None:
        raise EmulatorError("npm was not found, which fetches DynamoDB Local (install Node.js).")
    return program


def _pythons() -> Iterator[str]:
    if named := os.environ.get(PYTHON_SETTING):
        yield named
    if sys.version_info[:2] == PYTHON_VERSION:
        yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    major, minor = PYTHON_VERSION
    if program := shutil.which(f"python{major}.{minor}"):
        yield program
    yield from (str(it) for it in sorted(pyenv.glob(f"{major}.{minor}.*/bin/python")))


def _version_of(program: str) -> tuple[int, ...]:
    return tuple(int(it) for it in re.findall(r"\d+", _output([program, "-c", _PROBE])))


def _output(command: list[str]) -> str:
    """What the command says on either stream; nothing if it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
