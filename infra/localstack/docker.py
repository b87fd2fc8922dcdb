"""Runs LocalStack in a container, as compose.yml describes it: one for each state directory."""

import contextlib
import hashlib
from pathlib import Path

from infra import daemon, docker_command
from infra.daemon import HOST
from infra.docker_command import DockerError
from infra.errors import EmulatorError

COMPOSE_FILE = Path(__file__).with_name("compose.yml")
USUAL_PORT = 4566
"""LocalStack's own port. The first start takes it if it is free."""

_PROBE_SECONDS = 10.0
_COMMAND_SECONDS = 120.0
# The first start downloads an image of a gigabyte.
_UP_SECONDS = 900.0


def start(state: Path) -> str:
    """Starts the container of this directory unless it runs. Returns its endpoint URL."""
    state = state.resolve()
    with daemon.exclusively(state / "lock"):
        if (running := endpoint(state)) is not None:
            return running
        # The last one first: a bookmark of the page goes on to work.
        last = _last(state)
        known = int(last.read_text()) if last.exists() else USUAL_PORT
        with daemon.listen([known, USUAL_PORT, 0]) as free:
            port: int = free.getsockname()[1]
        _file(state).write_text(str(port))
        try:
            _compose(state, "up", "--detach", "--wait", seconds=_UP_SECONDS)
        except BaseException:
            # After Ctrl-C too: an emulator that is not ready must not be left running.
            with contextlib.suppress(EmulatorError):
                _remove(state)
            raise
        return _url(state)


def stop(state: Path) -> bool:
    """Removes the container, those of its functions, and their network.

    Returns False if it was not running.
    """
    state = state.resolve()
    with daemon.exclusively(state / "lock"):
        if not _file(state).exists():
            return False
        was_up = endpoint(state) is not None
        _remove(state)
        return was_up


def endpoint(state: Path) -> str | None:
    """Returns the endpoint URL of the container of this directory. None if none runs."""
    state = state.resolve()
    if not _file(state).exists():
        return None
    try:
        running = _compose(state, "ps", "--quiet", "--status", "running", seconds=_PROBE_SECONDS)
    except EmulatorError:
        return None
    return _url(state) if running.strip() else None


def log_file(state: Path) -> Path:
    """Writes the container's log to a file, and returns the file.

    Functions write to their log groups instead.
    """
    state = state.resolve()
    log = state / "localstack.log"
    log.write_text(_compose(state, "logs", "--no-color", seconds=_PROBE_SECONDS))
    return log


def project(state: Path) -> str:
    """Returns the compose project of a state directory. No two directories share one."""
    return f"longhaul-{hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:10]}"


def _remove(state: Path) -> None:
    _compose(state, "stop", seconds=_COMMAND_SECONDS)
    # LocalStack removes its functions' containers when it ends, but not when it is killed. And a
    # network that has containers cannot be removed.
    network = f"network={project(state)}_default"
    left = _docker("ps", "--all", "--quiet", "--filter", network, seconds=_PROBE_SECONDS).split()
    if left:
        _docker("rm", "--force", "--volumes", *left, seconds=_COMMAND_SECONDS)
    _compose(state, "down", "--volumes", seconds=_COMMAND_SECONDS)
    _file(state).replace(_last(state))


def _compose(state: Path, *command: str, seconds: float) -> str:
    chosen = ("--project-name", project(state), "--file", str(COMPOSE_FILE))
    port = _file(state).read_text()
    return _docker("compose", *chosen, *command, seconds=seconds, LOCALSTACK_PORT=port)


def _docker(*command: str, seconds: float, **environment: str) -> str:
    try:
        return docker_command.run(*command, seconds=seconds, environment=environment)
    except DockerError as error:
        raise EmulatorError(str(error)) from error


def _url(state: Path) -> str:
    return f"http://{HOST}:{_file(state).read_text()}"


def _file(state: Path) -> Path:
    return state / "docker-port"


def _last(state: Path) -> Path:
    return state / "docker-port-before"
