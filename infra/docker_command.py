"""The user's own docker command."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

from infra.errors import InfraError

_PROBE_SECONDS: Final = 10.0
_LOG_TAIL_LINES: Final = 15


class DockerError(InfraError):
    """Docker failed, or a container did."""


def obstacle() -> str | None:
    """Returns why Docker cannot be used on this machine. None if it can."""
    if shutil.which("docker") is None:
        return "There is no docker command."
    try:
        # The client is often there without an engine.
        run("version", "--format", "{{.Server.Version}}", seconds=_PROBE_SECONDS)
    except DockerError:
        return "The docker command is there, but no Docker engine answers it."
    try:
        run("compose", "version", seconds=_PROBE_SECONDS)
    except DockerError:
        return "Docker is there, but its compose plugin is not."
    return None


def run(
    *command: str,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    is_apart: bool = False,
) -> str:
    """Returns what the command prints. `environment` is added to that of this process. `is_apart`:
    Ctrl-C does not reach it. Raises DockerError, also if it takes longer than `seconds`."""
    try:
        return subprocess.run(
            ["docker", *command],  # noqa: S607 - the user's own  # nosec B607
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=True,
            start_new_session=is_apart,
        ).stdout
    except subprocess.CalledProcessError as error:
        tail = "\n".join(error.stdout.splitlines()[-_LOG_TAIL_LINES:])
        raise DockerError(f"Docker failed. The end of its output:\n\n{tail}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise DockerError(f"Docker failed: {error}") from error
