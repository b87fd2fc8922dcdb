"""What host mode needs of the machine is found, or named in an error."""

import sys
from pathlib import Path

import pytest

from infra.errors import EmulatorError
from infra.localstack import machine


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is all of PATH. No Python is found elsewhere."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv(machine.PYTHON_SETTING, raising=False)
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def _program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_on_a_bare_machine_all_that_it_lacks_is_listed(tools: Path) -> None:
    lacks = machine.obstacles()

    assert len(lacks) == 3
    assert "Python 3.13" in lacks[0]
    assert "Java 17" in lacks[1]
    assert "npm" in lacks[2]


def test_a_machine_that_has_all_has_no_obstacles(tools: Path) -> None:
    _program(tools / "python3.13", "3 13")
    _program(tools / "java", 'openjdk version "17.0.15" 2025-04-15')
    _program(tools / "npm", "")

    assert machine.obstacles() == []


def test_another_system_is_an_obstacle(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert "Linux" in machine.obstacles()[0]


def test_the_python_of_the_setting_is_used_before_any_other(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tools / "python3.13", "3 13")
    mine = _program(tools / "mine", "3 13")
    monkeypatch.setenv(machine.PYTHON_SETTING, str(mine))

    assert machine.python() == str(mine)


def test_a_python_that_does_not_run_is_not_used(tools: Path) -> None:
    _program(tools / "python3.13", "no such version is set")
    pyenv = tools / "pyenv" / "versions" / "3.13.0" / "bin"
    pyenv.mkdir(parents=True)
    works = _program(pyenv / "python", "3 13")

    assert machine.python() == str(works)


def test_a_python_of_another_version_is_not_used(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(machine.PYTHON_SETTING, str(_program(tools / "mine", "3 12")))

    with pytest.raises(EmulatorError, match=r"No Python 3\.13"):
        machine.python()


@pytest.mark.parametrize("version", ['java version "1.8.0_402"', 'openjdk version "11.0.2"', ""])
def test_an_old_java_is_not_used(tools: Path, version: str) -> None:
    _program(tools / "java", version)

    with pytest.raises(EmulatorError, match="Java 17 or newer"):
        machine.java()


def test_java_home_is_used_before_the_path(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tools / "java", 'openjdk version "11.0.2"')
    (tools / "home" / "bin").mkdir(parents=True)
    newer = _program(tools / "home" / "bin" / "java", 'openjdk version "21" 2023-09-19')
    monkeypatch.setenv("JAVA_HOME", str(tools / "home"))

    assert machine.java() == str(newer)
