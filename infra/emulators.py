"""The local targets that run on this machine, behind one set of functions."""

from pathlib import Path
from typing import Protocol

from infra import ministack, wheels
from infra.console import step
from infra.errors import EmulatorError, NotDeployedError
from infra.localstack import ways as localstack
from infra.targets import Target, TargetName
from infra.wheels import Architecture, Machine


class Emulator(Protocol):
    """What a module needs to be a local target. `state` is the directory of one instance."""

    def stop(self, state: Path) -> bool:
        """Stops it. Returns False if it was not running."""

    def endpoint(self, state: Path) -> str | None:
        """Returns its endpoint URL while it runs, else None."""

    def log_file(self, state: Path) -> Path | None:
        """Returns the file that it logs to. None if we cannot know it."""


_EMULATORS: dict[TargetName, Emulator] = {"ministack": ministack, "localstack": localstack}


def started(target: Target, state: Path, *, enforce_iam: bool = False) -> Target:
    """Starts the target's emulator. Returns the target with its endpoint, and AWS unchanged.

    `enforce_iam` makes the emulator enforce IAM policies, as AWS always does.
    """
    if not target.is_local:
        return target
    with step(f"Start {target.name}") as note:
        url = _start(target, state, enforce_iam=enforce_iam)
        note(url)
    return target.at(url)


def found(target: Target, state: Path) -> Target:
    """Returns the target with the endpoint of its emulator, and AWS unchanged.

    Raises NotDeployedError if the emulator does not run.
    """
    if not target.is_local:
        return target
    url = _EMULATORS[target.name].endpoint(state)
    if url is None:
        raise NotDeployedError(
            f"{target.name} is not running. Start it with: make up{target.option}"
        )
    return target.at(url)


def stop(target: Target, state: Path) -> bool:
    """Stops the target's emulator. Returns False if none was running."""
    return _EMULATORS[target.name].stop(state)


def is_ours(target: Target, state: Path) -> bool:
    """Whether we started the target's emulator. Then we may stop it, with all that it holds."""
    return target.is_local and (target.name != "localstack" or localstack.is_ours(state))


def machine(target: Target, state: Path, architecture: Architecture) -> Machine | None:
    """Returns what the target's functions run on, if they find only what is in their package.

    None for MiniStack, whose functions find all packages of our own Python.
    """
    if target.name == "ministack":
        return None
    if target.name == "localstack" and localstack.is_on_the_host(state):
        return wheels.of_this_machine()
    return wheels.of_lambda(architecture)


def share_our_loopback(target: Target, state: Path) -> bool:
    """Whether the target's functions reach what listens on this machine's 127.0.0.1."""
    return target.name == "ministack" or (
        target.name == "localstack" and localstack.is_on_the_host(state)
    )


def log_file(target: Target, state: Path) -> Path | None:
    """Returns the log of the target's emulator. None if we cannot know it."""
    return _EMULATORS[target.name].log_file(state)


def _start(target: Target, state: Path, *, enforce_iam: bool) -> str:
    if target.name == "ministack":
        return ministack.start(state, enforce_iam=enforce_iam)
    if enforce_iam:
        raise EmulatorError("Only MiniStack can enforce IAM policies.")
    return localstack.start(state)
