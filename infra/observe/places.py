"""The stacks that are deployed, for the shipper: each with an id that no later stack of the same
name has."""

import socket
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.otlp import Signal
from infra.observe import shipper
from infra.targets import Target

_LOOK_SECONDS: Final = 2.0
_SETTINGS: Final = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)


@dataclass(frozen=True)
class Deployed:
    """A stack that is up. `id` is CloudFormation's own."""

    id: str
    target: Target
    stack_name: str


class Places:
    """The deployed stacks among those that are followed. It looks for them every few seconds."""

    def __init__(self, followed: Iterable[tuple[Target, str]]) -> None:
        self._followed = followed
        self._known: list[Deployed] = []
        self._look_at = 0.0

    def __call__(self) -> list[Deployed]:
        """Returns those that were deployed at the last look."""
        now = time.monotonic()
        if now >= self._look_at:
            found = [_deployed(target, name) for target, name in self._followed]
            self._known = [one for one in found if one is not None]
            self._look_at = now + _LOOK_SECONDS
        return self._known


def ship(
    places: Iterable[tuple[Target, str]],
    state: Path,
    endpoints: Mapping[Signal, Endpoint],
    listener: socket.socket,
    stop: threading.Event,
) -> None:
    """Runs the shipper on these stacks, as shipper.run does."""
    state.mkdir(parents=True, exist_ok=True)
    shipper.run(Places(places), state, endpoints, listener, stop)


def _deployed(target: Target, name: str) -> Deployed | None:
    """Returns the stack; None if there is none, or if the target does not answer just now."""
    try:
        client = target.session().client("cloudformation", config=_SETTINGS)
        (found,) = client.describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError):
        return None
    return Deployed(found["StackId"], target, name)
