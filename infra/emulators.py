"""The local targets that run on this machine, behind one set of functions."""

from pathlib import Path
from typing import Protocol

from infra import ministack
from infra.console import step
from infra.errors import EmulatorError, NotDeployedError
from infra.localstack import ways as localstack
from infra.targets import Target, TargetName


class Emulator(Protocol):
    """What a module offers to be a local target. `state` is the directory of one instance."""

    def stop(self, state: Path) -> bool:
        """Stops it; False if it was not running."""

    def endpoint(self, state: Path) -> str | None:
        """Its endpoint URL while it runs, else None."""

    def log_file(self, state: Path) -> Path | None:
        """Where it writes what it does; None if that is not ours to know."""


_EMULATORS: dict[TargetName, Emulator] = {"ministack": ministack, "localstack": localstack}


def started(target: Target, state: Path, *, auth: bool = False) -> Target:
    """The target with its emulator running; AWS as it is.

    `auth` makes the emulator enforce IAM policies, as AWS always does.
    """
    if not target.is_local:
        return target
    with step(f"Start {target.name}") as note:
        url = _start(target, state, auth=auth)
        note(url)
    return target.at(url)


def found(target: Target, state: Path) -> Target:
    """The target if its emulator runs; raises NotDeployedError if it does not. AWS as it is."""
    if not target.is_local:
        return target
    url = _EMULATORS[target.name].endpoint(state)
    if url is None:
        raise NotDeployedError(
            f"{target.name} is not running. Start it with: make up TARGET={target.name}"
        )
    return target.at(url)


def stop(target: Target, state: Path) -> bool:
    """Stops the target's emulator; False if none was running."""
    return _EMULATORS[target.name].stop(state)


def is_ours(target: Target, state: Path) -> bool:
    """Whether the target is ours to stop with all that it holds: an emulator that we started."""
    return target.is_local and (target.name != "localstack" or localstack.is_ours(state))


def log_file(target: Target, state: Path) -> Path | None:
    """The log of the target's emulator; None if that is not ours to know."""
    return _EMULATORS[target.name].log_file(state)


def _start(target: Target, state: Path, *, auth: bool) -> str:
    if target.name == "ministack":
        return ministack.start(state, auth=auth)
    if auth:
        raise EmulatorError("Only MiniStack can enforce IAM policies.")
    return localstack.start(state)
