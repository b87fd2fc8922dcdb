"""The Python that builds the site, with the packages that infra/site/site.txt pins."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra import daemon
from infra.errors import PackageError
from infra.paths import REPOSITORY, STATE

LOCK: Final = REPOSITORY / "infra" / "site" / "site.txt"
_WAIT_SECONDS: Final = 600.0


def program(name: str, lock: Path = LOCK) -> Path:
    """Returns the path of a program that the lock's packages have, such as mkdocs.

    Makes their environment if it is not there, or not as the lock says. Raises PackageError with
    pip's own words.
    """
    home = STATE / lock.stem
    made = home / "bin" / name
    with daemon.exclusively(STATE / f"{lock.stem}.lock"):
        stamp, wanted = home / ".made-from", _digest(lock)
        if stamp.exists() and stamp.read_text() == wanted:
            return made
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "-q", "--disable-pip-version-check"]
        options = ["install", "--no-compile", "--require-hashes", "--requirement", str(lock)]
        run([*pip, *options], f"What {lock.name} pins could not be installed.")
        stamp.write_text(wanted)
    return made


def run(
    command: Sequence[str],
    failed: str,
    *,
    folder: Path = REPOSITORY,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Runs a command. Returns what it prints. Raises PackageError with that, if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WAIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise PackageError(f"{failed}\n\n{done.stdout.strip()}")
    return done.stdout


def _digest(lock: Path) -> str:
    return hashlib.sha256(sys.version.encode() + lock.read_bytes()).hexdigest()
