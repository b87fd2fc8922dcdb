"""LocalStack in Docker. A stub of the docker command writes down what it is asked."""

from pathlib import Path

import pytest
import yaml

from infra import docker_command
from infra.errors import EmulatorError
from infra.localstack import docker

DOCKER = """#!/bin/sh
echo "$LOCALSTACK_PORT $*" >> "{log}"
for word in "$@"; do
  [ -e "{fails}/$word" ] && echo "$word does not work" && exit 1
done
case "$*" in
  version*) echo 27.3.1 ;;
  *" up "*) touch "{up}" ;;
  *" stop"*) rm -f "{up}" ;;
  *" ps --quiet"*) [ -e "{up}" ] && echo 0123456789ab ;;
  "ps --all"*) echo left-1 left-2 ;;
  *" logs "*) echo "Ready." ;;
esac
exit 0
"""


class Docker:
    """The stub: what it was asked, and the words that make it fail."""

    def __init__(self, directory: Path) -> None:
        self._log, self._fails = directory / "log", directory / "fails"
        self._fails.mkdir()
        self._log.touch()
        program = directory / "docker"
        paths = {"log": self._log, "fails": self._fails, "up": directory / "up"}
        program.write_text(DOCKER.format(**paths))
        program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return self._log.read_text().splitlines()

    def fail(self, word: str) -> None:
        (self._fails / word).touch()


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Docker:
    directory = tmp_path_factory.mktemp("docker")
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return Docker(directory)


def test_docker_with_an_engine_and_compose_can_be_used(command: Docker) -> None:
    assert docker_command.obstacle() is None


def test_without_the_command_docker_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "no docker command" in (docker_command.obstacle() or "")


def test_without_an_engine_docker_cannot_be_used(command: Docker) -> None:
    command.fail("{{.Server.Version}}")

    assert "no Docker engine" in (docker_command.obstacle() or "")


def test_without_compose_docker_cannot_be_used(command: Docker) -> None:
    command.fail("compose")

    assert "compose" in (docker_command.obstacle() or "")


def test_a_start_takes_a_port_of_its_own_and_waits(command: Docker, tmp_path: Path) -> None:
    url = docker.start(tmp_path)

    port = url.rpartition(":")[2]
    (up,) = (line for line in command.asked if " up " in line)
    assert up.startswith(f"{port} compose --project-name {docker.project(tmp_path)} ")
    assert up.endswith("up --detach --wait")
    assert docker.endpoint(tmp_path) == url == f"http://127.0.0.1:{port}"


def test_a_running_container_is_found_and_not_started_again(
    command: Docker, tmp_path: Path
) -> None:
    first = docker.start(tmp_path)

    assert docker.start(tmp_path) == first
    assert len([line for line in command.asked if " up " in line]) == 1


def test_a_start_that_fails_leaves_nothing_and_says_why(command: Docker, tmp_path: Path) -> None:
    command.fail("up")

    with pytest.raises(EmulatorError, match="up does not work"):
        docker.start(tmp_path)

    assert command.asked[-1].endswith("down --volumes")
    assert not docker.stop(tmp_path)


def test_a_stop_removes_the_containers_of_functions_too(command: Docker, tmp_path: Path) -> None:
    docker.start(tmp_path)

    assert docker.stop(tmp_path)

    network = f"network={docker.project(tmp_path)}_default"
    done = [line.partition(" ")[2].removeprefix(compose(tmp_path)) for line in command.asked[-4:]]
    assert done == [
        "stop",
        f"ps --all --quiet --filter {network}",
        "rm --force --volumes left-1 left-2",
        "down --volumes",
    ]
    assert docker.endpoint(tmp_path) is None


def test_a_container_that_has_ended_by_itself_is_removed(command: Docker, tmp_path: Path) -> None:
    docker.start(tmp_path)
    docker._compose(tmp_path, "stop", seconds=5)

    assert not docker.stop(tmp_path)
    assert command.asked[-1].endswith("down --volumes")


def test_docker_is_not_asked_if_nothing_was_started(command: Docker, tmp_path: Path) -> None:
    assert not docker.stop(tmp_path)
    assert docker.endpoint(tmp_path) is None
    assert command.asked == []


def test_the_log_is_written_to_a_file(command: Docker, tmp_path: Path) -> None:
    docker.start(tmp_path)

    assert docker.log_file(tmp_path).read_text() == "Ready.\n"


def test_two_checkouts_do_not_share_a_project(tmp_path: Path) -> None:
    assert docker.project(tmp_path / "one") != docker.project(tmp_path / "two")


def test_the_container_is_for_this_machine_only_and_of_a_known_version() -> None:
    service = yaml.safe_load(docker.COMPOSE_FILE.read_text())["services"]["localstack"]

    assert service["image"] == "localstack/localstack:${LOCALSTACK_VERSION:-4.14.0}"
    assert service["ports"] == ["127.0.0.1:${LOCALSTACK_PORT:-4566}:4566"]


def test_the_container_checks_signatures_as_aws_does() -> None:
    service = yaml.safe_load(docker.COMPOSE_FILE.read_text())["services"]["localstack"]

    assert service["environment"]["S3_SKIP_SIGNATURE_VALIDATION"] == "0"


def compose(state: Path) -> str:
    """Returns how each command for the container of this directory begins."""
    return f"compose --project-name {docker.project(state)} --file {docker.COMPOSE_FILE} "
