"""What a deployment gives to the template."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra import account, parameters
from infra.account import Shares
from infra.errors import DeployError
from infra.targets import Target

LOCAL = Target("ministack", "local", "us-east-1", "http://127.0.0.1:4566")
AWS = Target("aws", "prod", "eu-west-1")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of the app, and an environment without settings of the developer's."""
    for name in parameters.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "config.json"
    monkeypatch.setattr(parameters, "CHALICE_CONFIG", file)
    monkeypatch.setattr(account, "shares_of", lambda *_: Shares(api=200, worker=400))
    monkeypatch.setattr(account, "gateway_log_role", lambda *_: "make")
    monkeypatch.setattr(Target, "session", lambda _: None)
    _write(file, {"ARCHIVE_TTL_DAYS": "7"})
    return file


def _write(file: Path, of_all: dict[str, str], of_prod: dict[str, str] | None = None) -> None:
    stages: dict[str, Any] = {"local": {}, "prod": {"environment_variables": of_prod or {}}}
    file.write_text(json.dumps({"environment_variables": of_all, "stages": stages}))


def test_an_emulator_gets_no_walls_but_its_addresses() -> None:
    found = parameters.values(LOCAL, "longhaul-local", None)

    assert found["PublicEndpointUrl"] == "http://127.0.0.1:4566"
    assert found["DeletionProtection"] == "false"
    assert {"ApiConcurrency", "WorkerConcurrency", "GatewayLogRole"}.isdisjoint(found)


def test_on_aws_a_stack_gets_its_share_of_the_account_and_is_protected() -> None:
    found = parameters.values(AWS, "longhaul-prod", None)

    assert (found["ApiConcurrency"], found["WorkerConcurrency"]) == ("200", "400")
    assert found["GatewayLogRole"] == "make"
    # The template's own defaults: protected, and over TLS only.
    assert {"DeletionProtection", "PublicEndpointUrl"}.isdisjoint(found)


def test_what_the_operator_says_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_CONCURRENCY", "0")
    monkeypatch.setenv("DELETION_PROTECTION", "false")

    found = parameters.values(AWS, "longhaul-prod", None)

    assert (found["ApiConcurrency"], found["WorkerConcurrency"]) == ("0", "400")
    assert found["DeletionProtection"] == "false"


def test_a_setting_of_the_configuration_becomes_the_parameter(config: Path) -> None:
    _write(config, {"SOURCE_PREFIX": "downloads/"}, {"USER_PREFIX": "users/{sub}/"})

    found = parameters.values(AWS, "longhaul-prod", None)

    assert (found["SourcePrefix"], found["UserPrefix"]) == ("downloads/", "users/{sub}/")


def test_the_environment_wins_over_the_configuration_and_a_caller_over_both(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(config, {"SOURCE_PREFIX": "a/", "USER_PREFIX": "a/", "ADMIN_CLAIM": "a=1"})
    monkeypatch.setenv("USER_PREFIX", "b/")
    monkeypatch.setenv("ADMIN_CLAIM", "b=1")

    found = parameters.values(LOCAL, "longhaul-local", {"ADMIN_CLAIM": "c=1"})

    assert (found["SourcePrefix"], found["UserPrefix"], found["AdminClaim"]) == ("a/", "b/", "c=1")


@pytest.mark.parametrize(
    ("pollers", "workers", "expected"),
    [("2", "400", "40"), ("50", "400", "50"), ("2", "1000", "100"), ("2", "0", None)],
)
def test_pollers_run_no_more_steps_than_the_bound_of_workers(
    monkeypatch: pytest.MonkeyPatch, pollers: str, workers: str, expected: str | None
) -> None:
    monkeypatch.setenv("PROVISIONED_POLLERS", pollers)
    monkeypatch.setenv("WORKER_CONCURRENCY", workers)

    assert parameters.values(AWS, "longhaul-prod", None)["MaximumPollers"] == expected


@pytest.mark.parametrize("asked", ["1", "201", "many", "-2"])
def test_a_number_of_pollers_that_aws_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("PROVISIONED_POLLERS", asked)

    with pytest.raises(DeployError, match=f"from 2 to 200, not '{asked}'"):
        parameters.values(AWS, "longhaul-prod", None)


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("arm64", "arm64"), ("aarch64", "arm64"), ("x86_64", "x86_64"), ("AMD64", "x86_64")],
)
def test_an_emulator_runs_functions_on_the_machines_own_processors(
    machine: str, expected: str
) -> None:
    assert parameters.architecture(machine) == expected
