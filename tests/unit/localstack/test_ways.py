"""Which LocalStack is used, and that the one which is used is remembered."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.errors import EmulatorError
from infra.localstack import running, ways
from infra.localstack.ways import WAY_SETTING, Way, WayName

NAMES: tuple[WayName, ...] = ("endpoint", "docker", "host")


@dataclass
class Fake:
    """A way that can be taken unless it has an obstacle, and what was asked of it."""

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
    """All three ways, of which only those on this machine can be taken: no endpoint is named."""
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
def test_one_that_runs_already_goes_before_all(fakes: Fakes, tmp_path: Path) -> None:
    assert ways.start(tmp_path) == "http://endpoint"
    assert fakes.docker.calls == fakes.host.calls == []


def test_docker_goes_before_the_host(fakes: Fakes, tmp_path: Path) -> None:
    assert ways.start(tmp_path) == "http://docker"


def test_without_docker_it_is_the_host(fakes: Fakes, tmp_path: Path) -> None:
    fakes.docker.lacks = "no engine."

    assert ways.start(tmp_path) == "http://host"


def test_where_none_can_be_taken_each_is_told_with_its_reason_and_its_remedy(fakes: Fakes) -> None:
    fakes.docker.lacks, fakes.host.lacks = "no engine.", "no Java."

    with pytest.raises(EmulatorError) as refused:
        ways.chosen()

    for words in ("none is named.", "no engine.", "no Java.", *map("what {} takes".format, NAMES)):
        assert words in str(refused.value)


def test_the_way_that_is_asked_for_is_the_only_one(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY_SETTING, "host")

    assert ways.start(tmp_path) == "http://host"


def test_no_other_takes_the_place_of_the_way_that_is_asked_for(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY_SETTING, "docker")
    fakes.docker.lacks = "no engine."

    with pytest.raises(EmulatorError, match="no engine"):
        ways.start(tmp_path)
    assert fakes.host.calls == []


def test_a_way_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAY_SETTING, "podman")

    with pytest.raises(EmulatorError, match="endpoint, docker, host"):
        ways.chosen()


def test_what_was_taken_is_found_again(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.endpoint(tmp_path) == "http://docker"
    assert ways.log_file(tmp_path) == tmp_path / "docker"


def test_what_runs_is_kept_although_another_way_has_opened(fakes: Fakes, tmp_path: Path) -> None:
    fakes.docker.lacks = "no engine."
    ways.start(tmp_path)
    fakes.docker.lacks = None

    assert ways.start(tmp_path) == "http://host"


def test_what_has_ended_by_itself_leaves_the_choice_free(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)
    fakes.docker.url, fakes.docker.lacks = None, "no engine."

    assert ways.start(tmp_path) == "http://host"


def test_what_runs_is_not_passed_off_as_what_is_asked_for(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways.start(tmp_path)
    monkeypatch.setenv(WAY_SETTING, "host")

    with pytest.raises(EmulatorError, match="make down"):
        ways.start(tmp_path)


def test_what_was_taken_is_what_is_stopped(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.stop(tmp_path)
    assert fakes.docker.calls == ["start", "stop"]
    assert ways.endpoint(tmp_path) is None


def test_where_nothing_was_started_nothing_is_stopped(fakes: Fakes, tmp_path: Path) -> None:
    assert not ways.stop(tmp_path)
    assert ways.endpoint(tmp_path) is None
    assert ways.log_file(tmp_path) is None


@pytest.mark.usefixtures("_an_endpoint_is_named")
def test_one_that_ran_already_is_not_ours(tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert not ways.is_ours(tmp_path)


def test_one_that_we_started_is_ours(fakes: Fakes, tmp_path: Path) -> None:
    ways.start(tmp_path)

    assert ways.is_ours(tmp_path)
