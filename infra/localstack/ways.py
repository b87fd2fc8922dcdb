"""The three ways to get a LocalStack: one that runs already, one in Docker, one on the host.

The first way that can be taken is taken. The state directory remembers it until it is stopped.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra import docker_command
from infra.errors import EmulatorError
from infra.localstack import docker, host, install, machine, running

WayName = Literal["endpoint", "docker", "host"]

WAY_SETTING = "LONGHAUL_LOCALSTACK_WAY"
"""Names the only way that may be taken."""


@dataclass(frozen=True)
class Way:
    """One way. Its functions take the state directory of an instance."""

    name: WayName
    advice: str
    """What makes it possible."""
    obstacle: Callable[[], str | None]
    """Returns why it cannot be taken on this machine. None if it can."""
    start: Callable[[Path], str]
    stop: Callable[[Path], bool]
    endpoint: Callable[[Path], str | None]
    log_file: Callable[[Path], Path | None]


_WAYS = (
    Way(
        "endpoint",
        f"{running.ENDPOINT_SETTING}=http://HOST:PORT, where a LocalStack runs",
        running.obstacle,
        running.start,
        running.stop,
        running.endpoint,
        running.log_file,
    ),
    Way(
        "docker",
        "a Docker engine that runs, and the compose plugin",
        docker_command.obstacle,
        docker.start,
        docker.stop,
        docker.endpoint,
        docker.log_file,
    ),
    Way(
        "host",
        "Python 3.13, Java 17 and npm: docs/localstack.md",
        lambda: " ".join(machine.obstacles()) or None,
        lambda state: host.start(install.default_root(), state),
        host.stop,
        host.endpoint,
        host.log_file,
    ),
)


def chosen() -> Way:
    """Returns the way to take on this machine.

    Raises EmulatorError if there is none. Its message says what each way lacks.
    """
    named = _named()
    candidates = (named,) if named else _WAYS
    reasons = []
    for way in candidates:
        reason = way.obstacle()
        if reason is None:
            return way
        reasons.append(f"{way.name:<8}  {reason} It needs {way.advice}.")
    asked = "in the only way that may be taken:" if named else "in any of these ways:"
    raise EmulatorError("\n  ".join([f"There is no LocalStack {asked}", *reasons]))


def start(state: Path) -> str:
    """Starts a LocalStack, or finds the one that runs. Returns its endpoint URL."""
    taken = _taken(state)
    if taken is not None and taken.endpoint(state) is not None:
        named = _named()
        if named not in (None, taken):
            raise EmulatorError(
                f"LocalStack runs already (way: {taken.name}). First: make down TARGET=localstack"
            )
        return taken.start(state)
    way = chosen()
    state.mkdir(parents=True, exist_ok=True)
    _file(state).write_text(way.name)
    return way.start(state)


def stop(state: Path) -> bool:
    """Stops the LocalStack, or forgets it if it is not ours. False if it was not running."""
    taken = _taken(state)
    if taken is None:
        return False
    was_up = taken.stop(state)
    _file(state).unlink(missing_ok=True)
    return was_up


def endpoint(state: Path) -> str | None:
    """Returns its endpoint URL while it runs, else None."""
    taken = _taken(state)
    return taken.endpoint(state) if taken else None


def log_file(state: Path) -> Path | None:
    """Returns the file that it logs to. None if only its owner knows."""
    taken = _taken(state)
    return taken.log_file(state) if taken else None


def is_ours(state: Path) -> bool:
    """Whether we may stop the LocalStack of this directory, with all that it holds."""
    taken = _taken(state)
    return taken is None or taken.name != "endpoint"


def is_on_the_host(state: Path) -> bool:
    """Whether functions run as processes of this machine. Elsewhere they run in containers."""
    taken = _taken(state)
    return taken is not None and taken.name == "host"


def _named() -> Way | None:
    """Returns the way that the environment asks for. None if it leaves the choice to us."""
    name = os.environ.get(WAY_SETTING)
    if not name:
        return _way("endpoint") if running.is_named() else None
    names = [way.name for way in _WAYS]
    if name not in names:
        raise EmulatorError(f"{WAY_SETTING} must be one of {', '.join(names)}, not {name}")
    return _way(name)


def _taken(state: Path) -> Way | None:
    try:
        return _way(_file(state).read_text())
    except FileNotFoundError:
        return None


def _way(name: str) -> Way:
    return next(way for way in _WAYS if way.name == name)


def _file(state: Path) -> Path:
    return state / "way"
