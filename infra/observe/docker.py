"""Runs Grafana, Prometheus, Loki and Jaeger in containers, as compose.yml describes them."""

import contextlib
import hashlib
import ipaddress
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import daemon, docker_command
from infra.daemon import HOST
from infra.docker_command import DockerError

COMPOSE_FILE: Final = Path(__file__).with_name("compose.yml")

FROM_A_CONTAINER: Final = "host.docker.internal"
"""The name that this machine has in a container: see `extra_hosts` in compose.yml."""

SERVICES: Final = ("grafana", "prometheus", "loki", "jaeger")

_USUAL_PORTS: Final = {"GRAFANA": 3000, "PROMETHEUS": 9090, "LOKI": 3100, "JAEGER": 16686}
_OTLP_PORT: Final = 4318
_READY: Final = {
    "grafana": "/api/health",
    "prometheus": "/-/ready",
    "loki": "/ready",
    "jaeger": "/",
}

_QUESTION_SECONDS: Final = 15.0
# The first start downloads images of about a gigabyte.
_UP_SECONDS: Final = 1800.0
_DOWN_SECONDS: Final = 120.0
_READY_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.2
_LOG_TAIL_LINES: Final = 15


@dataclass(frozen=True)
class Project:
    """The containers of one run. `ports` are this machine's, by the names in compose.yml."""

    name: str
    configuration: Path
    ports: Mapping[str, int]

    @property
    def urls(self) -> dict[str, str]:
        """Where each service is, by its name."""
        return {one: f"http://{HOST}:{self.ports[one.upper()]}" for one in SERVICES}

    @property
    def traces(self) -> str:
        """Where Jaeger takes traces. https://www.jaegertracing.io/docs/2.20/architecture/apis/"""
        return f"http://{HOST}:{self.ports['OTLP']}/v1/traces"

    @property
    def logs(self) -> str:
        """Where Loki takes logs. https://grafana.com/docs/loki/latest/send-data/otel/"""
        return f"{self.urls['loki']}/otlp/v1/logs"


def project(state: Path, configuration: Path) -> Project:
    """Returns the project of a state directory, on ports that are free now."""
    usual = {**_USUAL_PORTS, "OTLP": _OTLP_PORT}
    with contextlib.ExitStack() as held:
        # All at once, so that no two get the same one.
        taken = {
            of: held.enter_context(daemon.listen([port, 0])).getsockname()[1]
            for of, port in usual.items()
        }
    return Project(name(state), configuration, taken)


def gateway(port: int) -> socket.socket | None:
    """Returns a socket where containers of an engine on Linux reach this machine.

    It is bound to the address of Docker's bridge, at `port` if that is free. None if that address
    is none of ours: Docker Desktop brings what it is asked for to 127.0.0.1 by itself.
    """
    told = _docker(
        "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
    )
    for address in filter(_is_private_v4, told.split()):
        for wanted in (port, 0):
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((address, wanted))
                listener.listen()
            except OSError:
                listener.close()
            else:
                return listener
    return None


def up(of: Project, run: Path, is_over: Callable[[], bool]) -> bool:
    """Starts all containers. Returns once each answers. False if `is_over` became true meanwhile.

    What an earlier run has left is removed before. Raises DockerError, with the end of what was
    said, if it does not work. In each case `down` must follow.
    """
    down(of.name)
    log = run / "compose.log"
    with log.open("wb") as output:
        child = subprocess.Popen(  # nosec B607
            ["docker", *_compose(of.name), "up", "--detach"],  # noqa: S607 - the user's own
            env=_environment(of),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: cut off by it, Docker would leave half of it.
            start_new_session=True,
        )
    deadline = time.monotonic() + _UP_SECONDS
    while child.poll() is None and not is_over() and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_QUESTION_SECONDS)
        child.kill()
        child.wait()
    if is_over():
        return False
    if child.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        raise DockerError("The containers did not start. What Docker said:\n\n" + "\n".join(lines))
    return _all_answer(of, is_over)


def down(of: str) -> None:
    """Removes the containers of that project, what they have written, and their network."""
    _docker(*_compose(of), "down", "--volumes", "--timeout", "5", seconds=_DOWN_SECONDS)


def check(of: Project) -> None:
    """Raises DockerError, with the end of its log, if a container has ended by itself."""
    running = _docker(*_compose(of.name), "ps", "--services", "--status", "running").split()
    for service in SERVICES:
        if service not in running:
            words = _docker(*_compose(of.name), "logs", "--no-color", "--tail", "10", service)
            raise DockerError(f"The container of {service} has ended. It said:\n\n{words}")


def _all_answer(of: Project, is_over: Callable[[], bool]) -> bool:
    waiting = dict(of.urls)
    deadline = time.monotonic() + _READY_SECONDS
    while waiting and not is_over():
        for service, url in tuple(waiting.items()):
            if answers(url + _READY[service]):
                del waiting[service]
        if waiting:
            check(of)
            if time.monotonic() > deadline:
                raise DockerError(f"{', '.join(waiting)}: no answer in {_READY_SECONDS:.0f} s.")
            time.sleep(_PAUSE_SECONDS)
    return not is_over()


def answers(url: str) -> bool:
    """Whether that address is answered well."""
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(url, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def _is_private_v4(text: str) -> bool:
    """Whether it may be a bridge's. So we never listen where other machines reach us."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified


def name(state: Path) -> str:
    """Returns the name of the project of a state directory. No two directories share one."""
    digest = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:10]
    return f"longhaul-observe-{digest}"


def _compose(of: str) -> tuple[str, ...]:
    return ("compose", "--project-name", of, "--file", str(COMPOSE_FILE))


def _environment(of: Project) -> dict[str, str]:
    ports = {f"OBSERVE_{one}_PORT": str(port) for one, port in of.ports.items()}
    return os.environ | ports | {"OBSERVE_CONFIG": str(of.configuration)}


def _docker(*command: str, seconds: float = _QUESTION_SECONDS) -> str:
    """Returns what the command prints. Ctrl-C does not reach it. Raises DockerError."""
    return docker_command.run(*command, seconds=seconds, is_apart=True)
