"""`make observe`: what a stack does, in numbers, dashboards, logs and traces, until Ctrl-C."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import click
from rich.markup import escape

from chalicelib.telemetry.endpoints import BadEndpoint, Endpoint, endpoints
from chalicelib.telemetry.otlp import Signal
from infra import daemon, docker_command
from infra.console import say, step
from infra.daemon import HOST
from infra.errors import InfraError
from infra.observe import configuration, docker, prometheus, relay, runs
from infra.observe.stacks import Place, Stacks

USUAL_PORT: Final = 9464
"""The usual port of /metrics in OpenTelemetry. It is used if it is free."""

_LOCAL_LOOK_SECONDS: Final = 2.0
_AWS_LOOK_SECONDS: Final = 20.0
_CHECK_SECONDS: Final = 10.0
_SCRAPE_SECONDS: Final = 30.0
_SHIPPER_END_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.2
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_NO_DOCKER: Final = (
    "No dashboards, logs and traces: Grafana, Loki and Jaeger need a Docker engine with its "
    "compose plugin. {why} How to have them, or others: docs/observability.md"
)
_NO_PROMETHEUS: Final = (
    "No Prometheus either, so only the numbers of now. On Debian and Ubuntu: "
    "sudo apt install --no-install-recommends prometheus"
)


class ObserveError(InfraError):
    """Something that `make observe` needs has ended, or a setting of it is wrong."""


class Ship(Protocol):
    """The shipper: it reads the lines of all places, counts them, and sends them on.

    `places` returns the stacks that are up, and is asked again and again.
    """

    def __call__(
        self,
        places: Callable[[], Sequence[Place]],
        state: Path,
        endpoints: Mapping[Signal, Endpoint],
        listener: socket.socket,
        stop: threading.Event,
    ) -> None:
        """Returns when `stop` is set and all that was counted is stored in the folder `state`."""


@dataclass(frozen=True)
class _Run:
    """A run. `obstacle` says why there are no containers. `checks` find what ended by itself."""

    state: Path
    folder: Path
    stop: threading.Event
    obstacle: str | None
    checks: list[Callable[[], None]]


def observe(
    state: Path, stacks: Stacks, ship: Ship, *, is_local: bool = True, hint: str = ""
) -> None:
    """Observes the stacks until Ctrl-C or SIGTERM, and stops all that it has started.

    `state` is the directory of the target. `hint` is said when all is there. Prints a line
    `name  URL` on standard output for each thing that there is to see. Raises RunsAlreadyError if
    it runs already; ObserveError, DockerError or PrometheusError if something does not start, or
    has ended by itself.
    """
    named = _named(os.environ)
    with runs.alone(state) as folder, _asked_to_stop() as stop, contextlib.ExitStack() as ending:
        run = _Run(state, folder, stop, docker_command.obstacle(), [])
        listener = ending.enter_context(daemon.listen([USUAL_PORT, 0]))
        metrics = _url(listener) + "/metrics"
        runs.remember(state, metrics)
        scraped = _scraped(run, listener, metrics, ending)
        files = configuration.write(folder, scraped)
        stacks.look()
        project = None if run.obstacle else docker.project(state, files)
        for of, endpoint in named.items():
            # Not the whole URL: its query may be a key.
            say(f"The {of} go to {escape(urlsplit(endpoint.url).hostname or '')} (OTLP_…).")
        sent_to = {**({} if project is None else _ours(project)), **named}
        ending.enter_context(_shipping(run, ship, (stacks, sent_to, listener)))
        _print("metrics", metrics)
        if project is not None:
            shown = ending.enter_context(_containers(run, project))
        else:
            shown = ending.enter_context(_prometheus_alone(run, files))
        for name, url in shown.items():
            _print(name, url)
        if not stop.is_set():
            say(f"Ctrl-C ends this. {hint}".rstrip())
        look_seconds = _LOCAL_LOOK_SECONDS if is_local else _AWS_LOOK_SECONDS
        _watch(run, stacks, shown.get("prometheus"), look_seconds)
        if stop.is_set():
            stays = "" if runs.is_forgotten(state) else " What was counted stays until make down."
            say(f"Stopping.{stays}")


def _watch(run: _Run, stacks: Stacks, url: str | None, look_seconds: float) -> None:
    """Waits for the end. Raises an error if something has ended by itself."""
    now = time.monotonic()
    next_look, next_check = now + look_seconds, now
    # Until then, Prometheus must have reached the shipper.
    scrape_limit = now + _SCRAPE_SECONDS if url else None
    while not run.stop.wait(_PAUSE_SECONDS):
        now = time.monotonic()
        if now >= next_look:
            stacks.look()
            next_look = time.monotonic() + look_seconds
        if now >= next_check:
            for check in run.checks:
                check()
            next_check = time.monotonic() + (_CHECK_SECONDS if run.obstacle is None else 0)
        if scrape_limit and now >= scrape_limit and url:
            if (wrong := prometheus.complaint(url)) is not None:
                say(
                    f"Prometheus does not reach the shipper: {escape(wrong)}. A firewall may keep "
                    "containers from this machine: docs/observability.md"
                )
            scrape_limit = None


def _scraped(run: _Run, listener: socket.socket, metrics: str, ending: contextlib.ExitStack) -> str:
    """Returns HOST:PORT of the shipper, as Prometheus reaches it."""
    port: int = listener.getsockname()[1]
    if run.obstacle is not None:
        return f"{HOST}:{port}"
    gateway = docker.gateway(port)
    if gateway is not None:
        ending.enter_context(relay.running(gateway, metrics))
        port = gateway.getsockname()[1]
    return f"{docker.FROM_A_CONTAINER}:{port}"


@contextmanager
def _shipping(
    run: _Run,
    ship: Ship,
    how: tuple[Stacks, Mapping[Signal, Endpoint], socket.socket],
) -> Iterator[None]:
    """Runs the shipper in a thread while the body runs."""
    stacks, sent_to, listener = how
    failure: list[BaseException] = []

    def work() -> None:
        try:
            ship(stacks.up, runs.home(run.state), sent_to, listener, run.stop)
        except BaseException as error:  # noqa: BLE001 - `check` tells it
            failure.append(error)

    # Where it hangs it is left alone: what it has stored is whole at each moment.
    thread = threading.Thread(target=work, name="shipper", daemon=True)

    def check() -> None:
        if thread.is_alive() or run.stop.is_set():
            return
        why = failure[0] if failure else None
        if isinstance(why, InfraError):
            raise why
        raise ObserveError(f"The shipper has ended: {why!r}") from why

    run.checks.append(check)
    thread.start()
    try:
        yield
    finally:
        run.stop.set()
        thread.join(_SHIPPER_END_SECONDS)


@contextmanager
def _containers(run: _Run, project: docker.Project) -> Iterator[dict[str, str]]:
    """Runs the containers while the body runs. Gives the address of each."""
    runs.will_use_docker(run.state)
    try:
        with step("Containers") as note:
            note("the first time, images of some hundred MB are downloaded")
            is_up = docker.up(project, run.folder, run.stop.is_set)
            note("all answer" if is_up else "stopped")
        run.checks.append(lambda: docker.check(project))
        yield project.urls if is_up else {}
    finally:
        with step("Remove") as note:
            note("the containers and what they have written")
            docker.down(project.name)
        runs.containers_are_gone(run.state)


@contextmanager
def _prometheus_alone(run: _Run, files: Path) -> Iterator[dict[str, str]]:
    """Runs Debian's Prometheus while the body runs, if it is installed. Gives its address."""
    say(escape(_NO_DOCKER.format(why=run.obstacle)))
    if prometheus.found() is None:
        say(_NO_PROMETHEUS)
        yield {}
        return
    try:
        child = prometheus.start(run.folder, files, run.stop.is_set)

        def check() -> None:
            if child is not None and not child.is_alive:
                raise prometheus.PrometheusError(
                    f"Prometheus has ended. The end of its log:\n\n{prometheus.tail(run.folder)}"
                )

        run.checks.append(check)
        yield {"prometheus": prometheus.url(child)} if child is not None else {}
    finally:
        prometheus.stop(run.folder)


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Gives an event that Ctrl-C, SIGTERM and the end of the terminal set, however often.

    So none of them cuts off what is being stopped.
    """
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in _SIGNALS
        # What nohup wants ignored stays ignored.
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _named(environment: Mapping[str, str]) -> Mapping[Signal, Endpoint]:
    """Returns the backends that the user has named. They win over ours."""
    try:
        return endpoints(environment)
    except BadEndpoint as error:
        raise ObserveError(str(error)) from error


def _ours(project: docker.Project) -> dict[Signal, Endpoint]:
    urls = {Signal.TRACES: project.traces, Signal.LOGS: project.logs}
    return {of: Endpoint(of, url, {}) for of, url in urls.items()}


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def _print(name: str, url: str) -> None:
    click.echo(f"{name}  {url}")
