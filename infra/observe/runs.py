"""The state of `make observe`: one run at a time for each target, and what stays between two."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from infra.errors import InfraError
from infra.observe import docker, prometheus

_HOME: Final = "observe"


class RunsAlreadyError(InfraError):
    """`make observe` runs already for this target."""


def home(state: Path) -> Path:
    """Returns the folder for what stays between two runs: the counters. `state` is the target's."""
    return state.resolve() / _HOME


@contextmanager
def alone(state: Path) -> Iterator[Path]:
    """Lets one run at a time do the body, with a new folder that goes at the end.

    Raises RunsAlreadyError, with its address, if one runs.
    """
    home(state).mkdir(parents=True, exist_ok=True)
    with _lock(state).open("a") as handle:
        if not _is_taken(handle):
            url = _address(state).read_text() if _address(state).exists() else "it starts just now"
            raise RunsAlreadyError(f"make observe runs already for {state.name}: {url}")
        _remove_what_was_left(state)
        _folder(state).mkdir()
        try:
            yield _folder(state)
        finally:
            shutil.rmtree(_folder(state), ignore_errors=True)
            _address(state).unlink(missing_ok=True)
            if is_forgotten(state):
                shutil.rmtree(home(state), ignore_errors=True)


def remember(state: Path, url: str) -> None:
    """Writes down where the metrics of this run are."""
    _address(state).write_text(url)


def address(state: Path) -> str | None:
    """Returns where the metrics of the run are. None if none runs; but a killed run may have left
    an address where nobody answers."""
    try:
        return _address(state).read_text() or None
    except FileNotFoundError:
        return None


def will_use_docker(state: Path) -> None:
    """Writes down that there are containers, or that there soon will be."""
    _containers(state).touch()


def forget(state: Path) -> None:
    """Deletes all that `make observe` knows of a target. If it runs, it does so itself at its end.

    What a killed run has left is stopped and removed too. Raises DockerError if Docker does not
    remove its containers.
    """
    if not home(state).exists():
        return
    with _lock(state).open("a") as handle:
        if not _is_taken(handle):
            _forgotten(state).touch()
            return
        _remove_what_was_left(state)
        shutil.rmtree(home(state), ignore_errors=True)


def is_forgotten(state: Path) -> bool:
    """Whether all that is known of the target goes when this run ends."""
    return _forgotten(state).exists()


def _remove_what_was_left(state: Path) -> None:
    """Stops and removes what a run has left that could not end well."""
    prometheus.stop(_folder(state))
    if _containers(state).exists():
        docker.down(docker.name(state))
        _containers(state).unlink()
    shutil.rmtree(_folder(state), ignore_errors=True)
    _address(state).unlink(missing_ok=True)
    _forgotten(state).unlink(missing_ok=True)


def _is_taken(handle: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def containers_are_gone(state: Path) -> None:
    """Takes back what `will_use_docker` has written down."""
    _containers(state).unlink(missing_ok=True)


def _lock(state: Path) -> Path:
    return home(state) / "lock"


def _folder(state: Path) -> Path:
    return home(state) / "run"


def _address(state: Path) -> Path:
    return home(state) / "address"


def _containers(state: Path) -> Path:
    return home(state) / "containers"


def _forgotten(state: Path) -> Path:
    return home(state) / "forgotten"
