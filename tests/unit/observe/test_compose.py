"""The compose file of `make observe`: valid, pinned, for this machine only, and nothing stays."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from infra.observe import configuration, docker

FILE = yaml.safe_load(docker.COMPOSE_FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]

# What services are made of here. https://docs.docker.com/reference/compose-file/services/
KNOWN = {
    "cap_drop",
    "command",
    "environment",
    "extra_hosts",
    "image",
    "logging",
    "ports",
    "restart",
    "security_opt",
    "volumes",
}

COMPOSE = shutil.which("docker-compose")

each_service = pytest.mark.parametrize("service", sorted(SERVICES))


def test_there_are_the_services_that_the_command_shows() -> None:
    assert set(SERVICES) == set(docker.SERVICES)


@pytest.mark.skipif(COMPOSE is None, reason="docker-compose is not installed")
def test_compose_takes_the_file() -> None:
    read = subprocess.run(
        [str(COMPOSE), "--file", str(docker.COMPOSE_FILE), "config"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "OBSERVE_CONFIG": "/somewhere", "OBSERVE_LOKI_PORT": "4711"},
        check=False,
    )

    assert read.returncode == 0, read.stderr
    services = yaml.safe_load(read.stdout)["services"]
    assert services["loki"]["ports"] == ["127.0.0.1:4711:3100/tcp"]
    assert services["loki"]["volumes"] == ["/somewhere/loki:/etc/longhaul:ro,z"]


@each_service
def test_a_service_has_nothing_but_what_was_thought_of(service: str) -> None:
    assert set(SERVICES[service]) <= KNOWN


@each_service
def test_an_image_has_a_version_and_a_digest(service: str) -> None:
    image = SERVICES[service]["image"]

    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", image)


@each_service
def test_a_port_is_this_machines_alone_and_can_be_chosen(service: str) -> None:
    for port in SERVICES[service]["ports"]:
        assert re.fullmatch(r"127\.0\.0\.1:\$\{OBSERVE_[A-Z]+_PORT:-\d+\}:\d+", port)


def test_each_port_has_a_variable_that_the_command_sets(tmp_path: Any) -> None:
    text = docker.COMPOSE_FILE.read_text()
    project = docker.project(tmp_path, tmp_path)

    assert set(re.findall(r"OBSERVE_([A-Z]+)_PORT", text)) == set(project.ports)
    assert len(set(project.ports.values())) == len(project.ports)


@each_service
def test_what_is_mounted_is_only_read_and_is_there(service: str) -> None:
    for volume in SERVICES[service]["volumes"]:
        source, target, options = volume.removeprefix("${OBSERVE_CONFIG:-.}").split(":")

        assert (configuration.FOLDER / source.strip("/")).is_dir()
        assert target.startswith("/etc/")
        assert options == "ro,z"


def test_no_volume_has_a_name_so_none_stays() -> None:
    assert "volumes" not in FILE


@each_service
def test_a_container_has_no_rights_and_does_not_come_back(service: str) -> None:
    one = SERVICES[service]

    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["restart"] == "no"


def test_only_prometheus_knows_this_machine() -> None:
    reach = {name for name, one in SERVICES.items() if "extra_hosts" in one}

    assert reach == {"prometheus"}
    assert SERVICES["prometheus"]["extra_hosts"] == [f"{docker.FROM_A_CONTAINER}:host-gateway"]


def test_grafana_lets_everybody_look_and_nobody_sign_in() -> None:
    settings = SERVICES["grafana"]["environment"]

    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert settings["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    # Without it, a viewer cannot follow a link from a number or a line to its trace.
    assert settings["GF_USERS_VIEWERS_CAN_EDIT"] == "true"
    assert settings["GF_AUTH_BASIC_ENABLED"] == "false"
    assert settings["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"


def test_grafana_has_the_dashboards_and_begins_with_the_scenario() -> None:
    grafana = SERVICES["grafana"]
    mounted = "/etc/longhaul/dashboards"
    provider = configuration.FOLDER / "grafana" / "provisioning" / "dashboards" / "longhaul.yml"

    assert f"${{OBSERVE_CONFIG:-.}}/grafana/dashboards:{mounted}:ro,z" in grafana["volumes"]
    assert yaml.safe_load(provider.read_text())["providers"][0]["options"]["path"] == mounted
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{mounted}/scenario.json"
    assert (configuration.FOLDER / "grafana" / "dashboards" / "scenario.json").is_file()


def test_grafana_tells_nobody_and_downloads_nothing() -> None:
    settings = SERVICES["grafana"]["environment"]

    assert settings["GF_ANALYTICS_REPORTING_ENABLED"] == "false"
    assert settings["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"


def test_two_checkouts_do_not_share_a_project(tmp_path: Any) -> None:
    assert docker.name(tmp_path / "one") != docker.name(tmp_path / "two")
