"""`make observe` as a process, from its first line to what it leaves behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from infra.errors import InfraError
from infra.observe import docker, runs
from infra.paths import REPOSITORY
from tests.unit.observe.fake_docker import Docker
from tests.waiting import wait_for

SECONDS = 90

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="Prometheus is not installed"
)


@dataclass
class Observe:
    """The command, and what it has said."""

    process: subprocess.Popen[str]
    state: Path
    output: Path
    errors: Path

    @property
    def shown(self) -> dict[str, str]:
        """The addresses that it has printed, by their names."""
        lines = self.output.read_text().splitlines()
        return {name: url for name, _, url in (line.partition("  ") for line in lines)}

    @property
    def said(self) -> str:
        return self.errors.read_text()

    def wait_until_shown(self, name: str) -> str:
        wait_for(lambda: name in self.shown or self.is_over, SECONDS, f"the address of {name}")
        assert name in self.shown, self.said
        return self.shown[name]

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait_until_said(self, words: str) -> None:
        wait_for(lambda: words in self.said or self.is_over, SECONDS, words)
        assert words in self.said

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it, as Ctrl-C in a terminal does: all processes of the group get the signal."""
        os.killpg(self.process.pid, number)
        return self.process.wait(SECONDS)

    @property
    def left(self) -> set[str]:
        """The files that it has left in its own folder."""
        home = runs.home(self.state)
        return {str(path.relative_to(home)) for path in home.rglob("*")}

    @property
    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


class Starter:
    """Starts the command, and ends what is still there after the test."""

    def __init__(self, folder: Path, fake: Docker) -> None:
        self._folder, self._fake = folder, fake
        self._started: list[Observe] = []
        self.state = folder / "state"

    def __call__(self, *how: str, **environment: str) -> Observe:
        count = len(self._started)
        output, errors = self._folder / f"output-{count}", self._folder / f"errors-{count}"
        with output.open("w") as out, errors.open("w") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.unit.observe.driver", str(self.state), *how],
                cwd=REPOSITORY,
                env={"HOME": str(self._folder), **self._fake.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )
        self._started.append(Observe(process, self.state, output, errors))
        return self._started[-1]

    def end_all(self) -> None:
        for one in self._started:
            if not one.is_over:
                one.process.terminate()
                one.process.wait(SECONDS)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Docker]:
    (tmp_path / "docker").mkdir()
    made = Docker(tmp_path / "docker")
    yield made
    for pid in made.containers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def no_docker(fake: Docker) -> Docker:
    fake.fail("{{.Server.Version}}")
    return fake


@pytest.fixture
def start(tmp_path: Path, fake: Docker) -> Iterator[Starter]:
    made = Starter(tmp_path, fake)
    yield made
    made.end_all()


def get(url: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=5) as answer:
        return str(answer.read(), "utf-8")


def is_refused(url: str) -> bool:
    try:
        get(url)
    except urllib.error.HTTPError:
        return False
    except urllib.error.URLError:
        return True
    return False


@needs_prometheus
def test_without_docker_prometheus_has_the_shippers_numbers(
    start: Starter, no_docker: Docker
) -> None:
    observe = start()

    prometheus = observe.wait_until_shown("prometheus")

    assert list(observe.shown) == ["metrics", "prometheus"]
    assert "export_jobs_active 3" in get(observe.shown["metrics"])
    question = f"{prometheus}/api/v1/query?query=export_jobs_active"
    wait_for(lambda: '"3"' in get(question), SECONDS, "a scrape")


def test_without_docker_it_says_what_is_missing_and_how_to_have_it(
    start: Starter, no_docker: Docker
) -> None:
    observe = start()

    observe.wait_until_said("Ctrl-C ends this")

    assert "no Docker engine answers" in observe.said
    assert "docs/observability.md" in observe.said
    assert "sudo apt install" not in observe.said or shutil.which("prometheus") is None


def test_without_prometheus_there_are_the_metrics_alone(
    start: Starter, no_docker: Docker, tmp_path: Path
) -> None:
    observe = start(PATH=str(tmp_path / "docker" / "bin") + ":/bin-without-prometheus")

    observe.wait_until_said("sudo apt install --no-install-recommends prometheus")

    assert list(observe.shown) == ["metrics"]
    assert "export_jobs_active 3" in get(observe.shown["metrics"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@needs_prometheus
def test_each_way_to_end_it_leaves_the_counters_and_nothing_else(
    start: Starter, no_docker: Docker, number: signal.Signals
) -> None:
    observe = start()
    observe.wait_until_shown("prometheus")
    children = observe.children

    assert observe.end(number) == 0

    assert not any(child.is_running() for child in children)
    assert observe.left == {"counters", "lock"}
    assert all(is_refused(url) for url in observe.shown.values())


@needs_prometheus
def test_a_prometheus_that_ends_by_itself_ends_all_of_it_with_its_words(
    start: Starter, no_docker: Docker
) -> None:
    observe = start()
    observe.wait_until_shown("prometheus")
    (child,) = [one for one in observe.children if one.name() == "prometheus"]

    child.kill()

    assert observe.process.wait(SECONDS) == 1
    assert "Prometheus has ended" in observe.said
    assert observe.left == {"counters", "lock"}


def test_a_shipper_that_ends_by_itself_ends_all_of_it(start: Starter, no_docker: Docker) -> None:
    observe = start("dies")

    assert observe.process.wait(SECONDS) == 1
    assert "The shipper has ended" in observe.said
    assert "no shipper does this" in observe.said
    assert observe.left == {"lock"}


def test_ports_that_are_taken_are_left_to_whoever_has_them(
    start: Starter, no_docker: Docker
) -> None:
    with contextlib.ExitStack() as held:
        for port in (9464, 9090):
            taken = held.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # another test may have it
                taken.bind(("127.0.0.1", port))
                taken.listen()
        observe = start()
        observe.wait_until_said("Ctrl-C ends this")

        assert "9464" not in observe.shown["metrics"]
        assert "9090" not in observe.shown.get("prometheus", "")
        assert "export_jobs_active 3" in get(observe.shown["metrics"])


def test_a_second_one_is_told_where_the_first_is(start: Starter, no_docker: Docker) -> None:
    first = start()
    metrics = first.wait_until_shown("metrics")

    second = start()

    assert second.process.wait(SECONDS) == 1
    assert f"runs already for state: {metrics}" in second.said
    assert not first.is_over


@needs_prometheus
def test_what_a_killed_one_has_left_goes_with_the_next(start: Starter, no_docker: Docker) -> None:
    killed = start()
    killed.wait_until_shown("prometheus")
    (orphan,) = [one for one in killed.children if one.name() == "prometheus"]
    killed.process.kill()
    killed.process.wait(SECONDS)

    start().wait_until_shown("metrics")

    assert not orphan.is_running()


@needs_prometheus
def test_down_stops_what_a_killed_one_has_left(start: Starter, no_docker: Docker) -> None:
    killed = start()
    killed.wait_until_shown("prometheus")
    (orphan,) = [one for one in killed.children if one.name() == "prometheus"]
    killed.process.kill()
    killed.process.wait(SECONDS)

    runs.forget(start.state)

    assert not orphan.is_running()
    assert not runs.home(start.state).exists()


def test_down_beside_a_run_leaves_its_counters_until_the_run_ends(
    start: Starter, no_docker: Docker
) -> None:
    observe = start()
    metrics = observe.wait_until_shown("metrics")

    runs.forget(start.state)

    assert "export_jobs_active" in get(metrics)
    observe.end()
    assert not runs.home(start.state).exists()


def test_down_without_a_run_before_is_nothing(tmp_path: Path) -> None:
    runs.forget(tmp_path / "never")

    assert not (tmp_path / "never").exists()


def test_with_docker_all_five_addresses_are_shown(start: Starter, fake: Docker) -> None:
    observe = start()

    observe.wait_until_shown("jaeger")

    assert list(observe.shown) == ["metrics", "grafana", "prometheus", "loki", "jaeger"]
    for name in ("grafana", "prometheus", "loki", "jaeger"):
        assert get(observe.shown[name])


def test_with_docker_traces_go_to_jaeger_and_logs_to_loki(start: Starter, fake: Docker) -> None:
    observe = start()
    observe.wait_until_shown("jaeger")

    assert "ships traces to http://127.0.0.1:" in observe.said
    assert f"ships logs to {observe.shown['loki']}/otlp/v1/logs" in observe.said


def test_a_backend_that_the_user_has_named_wins(start: Starter, fake: Docker) -> None:
    observe = start(OTLP_TRACES_ENDPOINT="https://traces.example.com/v1/traces")
    observe.wait_until_shown("jaeger")

    assert "ships traces to https://traces.example.com/v1/traces" in observe.said
    assert f"ships logs to {observe.shown['loki']}/otlp/v1/logs" in observe.said


def test_a_setting_that_is_no_endpoint_is_refused_before_anything_starts(
    start: Starter, fake: Docker
) -> None:
    observe = start(OTLP_ENDPOINT="collector:4318")

    assert observe.process.wait(SECONDS) == 1
    assert "OTLP_ENDPOINT" in observe.said
    assert fake.asked == []
    assert not runs.home(start.state).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_containers_go_with_the_run(
    start: Starter, fake: Docker, number: signal.Signals
) -> None:
    observe = start()
    observe.wait_until_shown("jaeger")

    assert observe.end(number) == 0

    assert fake.asked[-1] == "down --volumes --timeout 5"
    assert fake.containers == []
    assert observe.left == {"counters", "lock"}


def test_ctrl_c_during_the_first_download_leaves_nothing(start: Starter, fake: Docker) -> None:
    fake.be_slow()
    observe = start()
    wait_for(lambda: "up --detach" in fake.asked, SECONDS, "docker compose up")

    assert observe.end() == 0

    assert fake.asked[-1] == "down --volumes --timeout 5"
    assert list(observe.shown) == ["metrics"]
    assert observe.left == {"counters", "lock"}


def test_a_second_ctrl_c_does_not_cut_off_the_removal(start: Starter, fake: Docker) -> None:
    observe = start()
    observe.wait_until_shown("jaeger")

    for _ in range(4):
        os.killpg(observe.process.pid, signal.SIGINT)

    assert observe.process.wait(SECONDS) == 0
    assert fake.containers == []
    assert observe.left == {"counters", "lock"}


def test_containers_that_do_not_start_are_removed_and_docker_is_quoted(
    start: Starter, fake: Docker
) -> None:
    fake.fail("up")
    observe = start()

    assert observe.process.wait(SECONDS) == 1
    assert "up does not work" in observe.said
    assert fake.asked[-1] == "down --volumes --timeout 5"
    assert observe.left <= {"counters", "lock"}


def test_a_container_that_ends_while_it_starts_is_named(start: Starter, fake: Docker) -> None:
    fake.end("loki")
    observe = start()

    assert observe.process.wait(SECONDS) == 1
    assert "The container of loki has ended" in observe.said
    assert "loki says why" in observe.said
    assert fake.containers == []


def test_a_removal_that_fails_is_said_and_made_up_for_by_down(
    start: Starter, fake: Docker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    observe = start()
    observe.wait_until_shown("jaeger")
    fake.fail("down")
    assert observe.end() == 1
    assert "down does not work" in observe.said

    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InfraError, match="down does not work"):
        runs.forget(start.state)
    assert fake.containers
    (tmp_path / "docker" / "fails" / "down").unlink()
    runs.forget(start.state)

    assert fake.containers == []
    assert not runs.home(start.state).exists()


def test_the_containers_of_a_killed_run_go_with_down(
    start: Starter, fake: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = start()
    killed.wait_until_shown("jaeger")
    killed.process.kill()
    killed.process.wait(SECONDS)
    assert fake.containers

    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    runs.forget(start.state)

    assert fake.containers == []
    assert not runs.home(start.state).exists()


def test_prometheus_in_a_container_reaches_the_shipper_at_the_bridge(
    start: Starter, fake: Docker
) -> None:
    # Any address of this machine but the shipper's own stands for the bridge's.
    fake.gateway("127.0.0.2")
    observe = start()
    observe.wait_until_shown("jaeger")

    targets = Path(fake.configuration, "prometheus", "targets.json").read_text()

    port = observe.shown["metrics"].split(":")[2].removesuffix("/metrics")
    assert f'"{docker.FROM_A_CONTAINER}:{port}"' in targets
    assert "export_jobs_active 3" in get(f"http://127.0.0.2:{port}/metrics")
    observe.end()
    assert is_refused(f"http://127.0.0.2:{port}/metrics")


NO_BRIDGES = ["172.31.255.254", "8.8.8.8", "0.0.0.0", "fd00::1", ""]  # noqa: S104 - none is bound


@pytest.mark.parametrize("address", NO_BRIDGES)
def test_no_address_but_a_bridge_of_this_machine_is_listened_on(
    fake: Docker, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    fake.gateway(address)

    assert docker.gateway(0) is None
