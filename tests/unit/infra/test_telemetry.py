"""Where telemetry goes is checked before anything is packaged. It is deployed only on AWS, or where
it was asked for."""

import json

import pytest

from chalicelib.telemetry.function import KEPT_MS
from infra import parameters, telemetry, template
from infra.access import Access
from infra.errors import DeployError
from infra.paths import REPOSITORY
from infra.targets import Target
from tests.integration.cloud import resources

AWS = Target("aws", "prod", "eu-west-1")
LOCAL = Target("ministack", "local", "us-east-1", "http://127.0.0.1:4566")
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:otlp-a1b2c3"
RESOURCES_OF_IT = (
    "Telemetry",
    "TelemetryRole",
    "TelemetryLogs",
    "LogsCallTelemetry",
    "TelemetryCalls",
    "TelemetryQueue",
    "TelemetryQueueOverTls",
    "APIHandlerToTelemetry",
    "WorkerToTelemetry",
    "AnnouncerToTelemetry",
    "DeadLettersToTelemetry",
    "SweeperToTelemetry",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in parameters.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        ("OTLP_ENDPOINT", "jaeger:4318", True),
        ("OTLP_ENDPOINT", "http://jaeger:4318?a=b", True),
        ("OTLP_TRACES_ENDPOINT", "ftp://jaeger", True),
        ("OTLP_LOGS_ENDPOINT", "http://ann:secret@loki/", False),
        ("OTLP_COMPRESSION", "zstd", True),
        ("OTLP_HEADERS", "Authorization=secret", False),
        ("OTLP_HEADERS", SECRET.replace("eu-west-1", "us-east-1"), True),
    ],
)
def test_a_bad_value_is_refused_by_name_and_by_value_if_that_is_no_secret(
    environment: pytest.MonkeyPatch, variable: str, value: str, *, shown: bool
) -> None:
    environment.setenv(variable, value)

    with pytest.raises(DeployError, match=variable) as refused:
        parameters.operators(AWS, {})

    assert (value in str(refused.value)) is shown
    assert "secret@" not in str(refused.value)
    assert "=secret" not in str(refused.value)


def test_what_a_stack_on_aws_ships_to_stays_until_it_is_named_again(
    environment: pytest.MonkeyPatch,
) -> None:
    deployed = {"OtlpEndpoint": "https://a.example.com", "OtlpHeaders": SECRET}
    environment.setenv("OTLP_HEADERS", "")
    environment.setenv("OTLP_COMPRESSION", "gzip")

    assert parameters.operators(AWS, deployed) == {
        "OtlpEndpoint": "https://a.example.com",
        "OtlpCompression": "gzip",
    }


def test_locally_make_observe_ships_and_the_stack_does_not(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("OTLP_ENDPOINT", "http://127.0.0.1:4318")
    environment.setenv("OTLP_HEADERS", "Authorization=secret")

    assert parameters.operators(LOCAL, {}) == {}
    assert not telemetry.ships(parameters.values(LOCAL, "x", Access(), None, {}))


def test_a_local_stack_ships_where_its_settings_say_so() -> None:
    settings = {"OTLP_LOGS_ENDPOINT": "http://127.0.0.1:3100/otlp/v1/logs"}

    found = parameters.values(LOCAL, "x", Access(), settings, {})

    assert found["OtlpLogsEndpoint"] == "http://127.0.0.1:3100/otlp/v1/logs"
    assert telemetry.ships(found)


def test_only_the_shipper_knows_where_it_ships_to() -> None:
    settings = {"OTLP_ENDPOINT": "http://127.0.0.1:4318", "SOURCE_DELAY_MS": "1", "OTHER": "1"}

    assert template.without_parameter(settings) == {"OTHER": "1"}


def test_without_an_endpoint_nothing_of_it_is_made() -> None:
    found = resources()

    assert {name for name in found if "Telemetry" in name} == set(RESOURCES_OF_IT)
    for name in RESOURCES_OF_IT:
        assert found[name]["Condition"] in ("ShipTelemetry", "ShipOnAws"), name


def test_the_queue_keeps_what_could_not_be_sent_for_as_long_as_the_function_thinks() -> None:
    queue = resources()["TelemetryQueue"]["Properties"]
    settings = json.loads((REPOSITORY / ".chalice" / "config.json").read_text())
    timeout = settings["lambda_functions"]["telemetry"]["lambda_timeout"]

    assert queue["MessageRetentionPeriod"] * 1000 == KEPT_MS
    # As Lambda asks of an event source's queue.
    assert queue["VisibilityTimeout"] >= 6 * timeout
