"""Where a stack can be deployed, and that a local one never leaves the machine."""

import pytest

from infra import targets
from infra.errors import InfraError

STARTED = targets.named("ministack").at("http://127.0.0.1:4570")


@pytest.fixture(autouse=True)
def _user_with_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUSER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    # Set here so that what the code under test sets is undone with them.
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials")


@pytest.mark.parametrize("service", ["s3", "sqs", "dynamodb", "cloudformation", "lambda", "logs"])
def test_a_local_client_talks_to_the_emulator_despite_the_users_settings(service: str) -> None:
    client = STARTED.session().client(service)  # type: ignore[call-overload]  # any of these

    assert client.meta.endpoint_url == "http://127.0.0.1:4570"


def test_a_local_client_does_not_use_the_users_credentials() -> None:
    client = STARTED.session().client("s3")

    link = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})

    assert "AKIAUSER" not in link


def test_an_emulator_that_is_not_started_has_no_session() -> None:
    with pytest.raises(InfraError, match="make up"):
        targets.named("ministack").session()


@pytest.mark.parametrize("name", ["ministack", "localstack"])
def test_a_local_target_has_the_local_stage(name: targets.TargetName) -> None:
    assert targets.named(name).stage == "local"


def test_aws_has_the_stage_prod_and_the_users_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    target = targets.named("aws")

    assert (target.stage, target.region) == ("prod", "eu-west-1")


def test_aws_without_a_region_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    with pytest.raises(InfraError, match="export AWS_REGION"):
        targets.named("aws")
