"""What a deployment gives to the template."""

import pytest

from infra import account, config, parameters
from infra.access import Access
from infra.account import Shares
from infra.errors import DeployError
from infra.targets import Target

LOCAL = Target("ministack", "local", "us-east-1", "http://127.0.0.1:4566")
AWS = Target("aws", "prod", "eu-west-1")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of the app, and an environment without settings of the developer's."""
    for name in parameters.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(config, "settings_of", lambda _: {"ARCHIVE_TTL_DAYS": "7"})
    monkeypatch.setattr(account, "shares_of", lambda *_: Shares(api=200, worker=400, announcer=100))
    monkeypatch.setattr(account, "gateway_log_role", lambda *_: "make")
    monkeypatch.setattr(Target, "session", lambda _: None)


def _on_aws(**deployed: str) -> dict[str, str | None]:
    return parameters.values(AWS, "longhaul-prod", Access("iam"), None, deployed)


def _locally(**settings: str) -> dict[str, str | None]:
    access = Access(source_prefix="a/", user_prefix="b/")
    return parameters.values(LOCAL, "longhaul-local", access, settings, {})


def test_an_emulator_gets_no_walls_but_its_addresses() -> None:
    found = _locally()

    assert found["PublicEndpointUrl"] == "http://127.0.0.1:4566"
    assert found["DeletionProtection"] == "false"
    assert {"ApiConcurrency", "WorkerConcurrency", "GatewayLogRole"}.isdisjoint(found)
    assert "AnnouncerConcurrency" not in found


def test_on_aws_a_stack_gets_its_share_of_the_account_and_is_protected() -> None:
    found = _on_aws()

    assert (found["ApiConcurrency"], found["WorkerConcurrency"]) == ("200", "400")
    assert found["AnnouncerConcurrency"] == "100"
    assert found["GatewayLogRole"] == "make"
    assert found["DeletionProtection"] == "true"
    # Without it, buckets and queues speak TLS only.
    assert "PublicEndpointUrl" not in found


def test_what_the_operator_says_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_CONCURRENCY", "0")
    monkeypatch.setenv("DELETION_PROTECTION", "off")

    found = _on_aws()

    assert (found["ApiConcurrency"], found["WorkerConcurrency"]) == ("0", "400")
    assert found["DeletionProtection"] == "false"


def test_who_may_ask_for_what_is_parameters() -> None:
    found = _locally(SOURCE_PREFIX="c/", OTHER="1")

    assert (found["Auth"], found["UserPrefix"]) == ("none", "b/")
    # What a caller of `up` says wins.
    assert found["SourcePrefix"] == "c/"
    assert "OTHER" not in found


def test_settings_of_the_stage_and_then_of_the_deployment_are_parameters() -> None:
    found = _locally(MAX_FILES_PER_JOB="7", API_URL_TEMPLATE="http://proxy/{apiId}/{stage}")

    assert (found["ArchiveTtlDays"], found["MaxFilesPerJob"]) == ("7", "7")
    # It wins over what the target says.
    assert found["ApiUrlTemplate"] == "http://proxy/{apiId}/{stage}"


def test_what_a_stack_was_deployed_with_once_and_nobody_knows_is_not_given() -> None:
    deployed = {"LifecycleDays": "8", "RequestDays": "15", "LinkTtlSeconds": "60"}

    # A setting is what .chalice/config.json says. Without it, its default counts.
    assert deployed.keys().isdisjoint(_on_aws(**deployed))


def test_a_choice_of_the_last_deployment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_RETENTION_DAYS", "30")
    monkeypatch.setenv("KMS_KEY_ARN", "")

    found = _on_aws(ThrottleRate="50", LogRetentionDays="90", KmsKeyArn="arn:of-a-key")

    assert (found["ThrottleRate"], found["LogRetentionDays"]) == ("50", "30")
    # An empty value gives the default back.
    assert "KmsKeyArn" not in found


def test_a_key_for_archives_and_the_origins_that_fetch_them_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {"ArchiveKmsKey": "arn:of-a-key", "DownloadOrigins": "https://a.example"}
    assert before.items() <= _on_aws(**before).items()

    monkeypatch.setenv("DOWNLOAD_ORIGINS", "https://b.example , https://c.example")
    assert _on_aws(**before)["DownloadOrigins"] == "https://b.example,https://c.example"


@pytest.mark.parametrize("variable", ["ARCHIVE_KMS_KEY", "KMS_KEY_ARN"])
@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("alias/archives", "must be the ARN of a KMS key"),
        ("arn:aws:kms:eu-west-1:111122223333:alias/a", "of no alias, not 'arn:"),
        ("arn:aws:kms:ap-south-2:111122223333:key/1", "must be a key of the stack's region"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, wrong: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(DeployError, match=f"{variable} {wrong}|{variable} must be .* {wrong}"):
        _on_aws()


def test_an_origin_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOAD_ORIGINS", "https://a.example/app")

    with pytest.raises(
        DeployError, match=r"DOWNLOAD_ORIGINS must be origins .*'https://a.example/"
    ):
        _on_aws()


@pytest.mark.parametrize(
    ("pollers", "workers", "expected"),
    [("2", "400", "40"), ("50", "400", "50"), ("2", "1000", "100"), ("2", "0", None)],
)
def test_pollers_run_no_more_steps_than_the_bound_of_workers(
    monkeypatch: pytest.MonkeyPatch, pollers: str, workers: str, expected: str | None
) -> None:
    monkeypatch.setenv("PROVISIONED_POLLERS", pollers)
    monkeypatch.setenv("WORKER_CONCURRENCY", workers)

    assert _on_aws()["MaximumPollers"] == expected


@pytest.mark.parametrize("asked", ["1", "201", "many", "-2"])
def test_a_number_of_pollers_that_aws_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("PROVISIONED_POLLERS", asked)

    with pytest.raises(DeployError, match=f"from 2 to 200, or 0 for none, not '{asked}'"):
        _on_aws()


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("arm64", "arm64"), ("aarch64", "arm64"), ("x86_64", "x86_64"), ("AMD64", "x86_64")],
)
def test_an_emulator_runs_functions_on_the_machines_own_processors(
    machine: str, expected: str
) -> None:
    assert parameters.architecture(machine) == expected
