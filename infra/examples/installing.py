"""Installs what an example has locked, and builds its front end."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Final

from infra import daemon, js, node, programs
from infra.examples.catalog import Example
from infra.paths import STATE

_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR")
"""The only variables of ours that an example's server gets, besides PATH and its settings."""


def install(example: Example) -> dict[str, str]:
    """Installs the example's packages unless they are there. Returns the environment in which its
    command finds them. Raises PackageError with the words of pip or npm."""
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    found = [Path(sys.executable).parent]
    if (example.folder / "requirements.txt").exists():
        lock = example.folder / "requirements.txt"
        found = [programs.environment(lock, example.state / "python")]
    if (example.folder / "package-lock.json").exists():
        if "longhaul" in _described(example).get("dependencies", {}):
            _build_client()
        node.install(example.folder)
        found = [node.node().parent]
    path = os.pathsep.join([*map(str, found), os.environ.get("PATH", os.defpath)])
    return {**variables, "PATH": path, "PYTHONUNBUFFERED": "1"}


def build(example: Example) -> bool:
    """Builds what the example serves, if it has to be built. Returns whether it had to. Raises
    PackageError with the words of the tool."""
    if "build" not in _described(example).get("scripts", {}):
        return False
    node.npm(("run", "--silent", "build"), example.folder)
    return True


def _build_client() -> None:
    """Builds the package longhaul, which package.json of an example names by its folder, unless it
    is there as it should be."""
    stamp = STATE / "client.made-from"
    with daemon.exclusively(STATE / "client.lock"):
        if not stamp.exists() or stamp.read_text() != _client():
            js.package()
            stamp.write_text(_client())


def _client() -> str:
    """Returns a digest of what the package is made from, and of what was made."""
    files = [path for path in js.FOLDER.glob("*.json") if path.is_file()]
    for folder in ("src", "dist"):
        files += [path for path in (js.FOLDER / folder).rglob("*") if path.is_file()]
    digests = [f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(files)]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _described(example: Example) -> dict[str, dict[str, str]]:
    """Returns what package.json says; nothing without one."""
    path = example.folder / "package.json"
    found: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    return found
