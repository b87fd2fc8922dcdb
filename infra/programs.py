"""Other people's programs: runs them, and installs those in Python that a lock pins."""

import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra import daemon
from infra.errors import PackageError

_WAIT_SECONDS: Final = 600.0


def run(
    command: Sequence[str],
    failed: str,
    *,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Runs a command. Returns what it prints on standard output. `variables` are its whole
    environment. Raises PackageError with `failed` and its own words."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_WAIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise PackageError(f"{failed}\n\n{(done.stdout + done.stderr).strip()}")
    return done.stdout


def environment(lock: Path, home: Path) -> Path:
    """Makes a virtual environment in `home` with the packages that a lock pins by their hashes,
    unless it is there. Returns the folder of its programs. Raises PackageError."""
    stamp = home.with_name(f"{home.name}.made-from")
    wanted = hashlib.sha256(sys.version.encode() + lock.read_bytes()).hexdigest()
    with daemon.exclusively(home.with_name(f"{home.name}.lock")):
        if not (stamp.exists() and stamp.read_text() == wanted):
            stamp.unlink(missing_ok=True)
            shutil.rmtree(home, ignore_errors=True)
            venv.create(home, symlinks=True)
            # It has no pip of its own: that would take longer than the packages.
            pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "-q"]
            pip += ["--disable-pip-version-check", "install", "--no-compile", "--require-hashes"]
            run([*pip, "--requirement", str(lock)], f"What {lock} pins could not be installed.")
            stamp.write_text(wanted)
    return home / "bin"
