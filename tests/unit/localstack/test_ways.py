"""Which LocalStack is used, and that this choice is remembered."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.errors import EmulatorError
from infra.localstack import running, ways
from infra.localstack.ways import WAY_SETTING, Way, WayName

NAMES: tuple[WayName, ...] = ("endpoint", "docker", "host")


@dataclass
class Fake:
    """A way that can be taken unless it lacks something. Keeps what was asked of it."""

    name: WayName
    lacks: str | None = None
    url: str | None = None
    calls: list[str] = field(default_factory=list)

    def start(self, _: Path) -> str:
        self.calls.append("start")
        self.url = f"http://{self.name}"
        return self.url

    def stop(self, _: Path) -> bool:
        self.calls.append("stop")
        was_up, self.url = self.url is not None, None
        return was_up

    def way(self) -> Way:
        return Way(
            self.name,
            f"what {self.name} takes",
            lambda: self.lacks,
            self.start,
            self.stop,
            lambda _: self.url,
            lambda state: state / self.name,
        )


@dataclass
class Fakes:
    endpoint: Fake
    docker: Fake
    host: Fake


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """All three ways. Only Docker and the host can be taken, as no endpoint is named."""
    monkeypatch.delenv(WAY_SETTING, raising=False)
    monkeypatch.delenv(running.ENDPOINT_SETTING, raising=False)
    made = Fakes(Fake("endpoint", lacks="none is named."), Fake("docker"), Fake("host"))
    monkeypatch.setattr(ways, "_WAYS", (made.endpoint.way(), made.docker.way(), made.host.way()))
    return made


@pytest.fixture
def _an_endpoint_is_named(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(running.ENDPOINT_SETTING, "http://endpoint")
    fakes.endpoint.lacks = None


@pytest.mark.usefixtures("_an_endpoint_is_named")
def test_a_named_endpoint_is_used_before_all_other_ways(fakes: Fakes, tmp_path: Path) -> None:
    assert ways.start(tmp_path) == "http://endpoint"
    assert fakes.docker.calls == fakes.host.calls == []


def test_docker_is_used_before_the_host(fakes: Fakes, tmp_path: Path) -> None:
    assert ways.start(tmp_path) == "http://docker"


def test_without_docker_the_host_is_used(fakes: Fakes, tmp_path: Path) -> None:
    fakes.docker.lacks = "no engine."

    assert ways.start(tmp_path) == "http://host"


def test_without_any_way_the_error_says_what_each_lacks_and_needs(fakes: Fakes) -> None:
    fakes.docker.lacks, fakes.host.lacks = "no engine.", "no Java."

    with pytest.raises(EmulatorError) as refused:
        ways.chosen()

    for words in ("none is named.", "no engine.", "no Java.", *map("what {} takes".format, NAMES)):
        assert words in str(refused.value)


def test_the_way_that_is_asked_for_is_used(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY_SETTING, "host")

    assert ways.start(tmp_path) == "http://host"


def test_no_other_way_replaces_the_way_that_is_asked_for(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY_SETTING, "docker")
    fakes.docker.lacks = "no engine."

    with pytest.raises(EmulatorError, match="no engine"):
        ways.start(tmp_path)
    assert fakes.host.calls == []


def test_an_unknown_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAY_SETTING, "podman")

    with pytest.raises(EmulatorError, match="endpoint, docker, host"):
        ways.chosen()


def test_the_way_that_was_taken_is_found_again(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.endpoint(tmp_path) == "http://docker"
    assert ways.log_file(tmp_path) == tmp_path / "docker"


def test_a_running_localstack_is_kept_when_a_better_way_appears(
    fakes: Fakes, tmp_path: Path
) -> None:
    fakes.docker.lacks = "no engine."
    ways.start(tmp_path)
    fakes.docker.lacks = None

    assert ways.start(tmp_path) == "http://host"


def test_a_localstack_that_has_ended_by_itself_is_not_kept(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)
    fakes.docker.url, fakes.docker.lacks = None, "no engine."

    assert ways.start(tmp_path) == "http://host"


def test_a_running_localstack_is_not_used_for_another_way(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways.start(tmp_path)
    monkeypatch.setenv(WAY_SETTING, "host")

    with pytest.raises(EmulatorError, match="make down"):
        ways.start(tmp_path)


def test_the_way_that_was_taken_is_stopped(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.stop(tmp_path)
    assert fakes.docker.calls == ["start", "stop"]
    assert ways.endpoint(tmp_path) is None


def test_nothing_is_stopped_if_nothing_was_started(fakes: Fakes, tmp_path: Path) -> None:
    assert not ways.stop(tmp_path)
    assert ways.endpoint(tmp_path) is None
    assert ways.log_file(tmp_path) is None


@pytest.mark.usefixtures("_an_endpoint_is_named")
def test_a_localstack_of_an_endpoint_is_not_ours(tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert not ways.is_ours(tmp_path)


def test_a_localstack_that_we_started_is_ours(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.is_ours(tmp_path)
