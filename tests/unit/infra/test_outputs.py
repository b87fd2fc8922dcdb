"""The names and addresses that the deployer prints for a stack."""

import json
from dataclasses import replace

import pytest

from infra import outputs
from infra.outputs import Outputs
from infra.targets import Target

VALUES = {
    "ApiUrl": "https://a1b2.execute-api.eu-west-1.amazonaws.com/api/",
    "RestAPIId": "a1b2",
    "SourceBucket": "sources",
    "ArchiveBucket": "archives",
    "JobsTable": "jobs",
    "QueueUrl": "https://queue",
    "DeadLetterQueueUrl": "https://dead-letters",
    "AnnouncementQueueUrl": "https://announcements",
    "EventBus": "longhaul-test",
    "ApiFunction": "api",
    "WorkerFunction": "worker",
    "Unasked": "x",
}
PARAMETERS = {"Auth": "none", "JwtIssuer": ""}
LOCAL = Target("ministack", "local", "us-east-1", "http://127.0.0.1:4570")
AWS = Target("aws", "prod", "eu-west-1")


def _outputs(target: Target) -> Outputs:
    return outputs.of_stack(target, "longhaul-test", VALUES, PARAMETERS)


def test_a_local_api_is_reached_by_path() -> None:
    assert _outputs(LOCAL).api_url == "http://127.0.0.1:4570/_aws/execute-api/a1b2/api"


def test_an_api_on_aws_has_its_own_host_and_no_trailing_slash() -> None:
    assert _outputs(AWS).api_url == "https://a1b2.execute-api.eu-west-1.amazonaws.com/api"


def test_json_has_exactly_the_documented_names() -> None:
    told = json.loads(_outputs(LOCAL).to_json())

    assert list(told) == [
        "apiUrl",
        "endpointUrl",
        "region",
        "sourceBucket",
        "archiveBucket",
        "jobsTable",
        "queueUrl",
        "deadLetterQueueUrl",
        "announcementQueueUrl",
        "eventBus",
        "webhookHosts",
        "mailFrom",
        "apiFunction",
        "workerFunction",
        "stackName",
        "auth",
        "issuerUrl",
        "selectionKeys",
        "webhookSecret",
        "bucketPolicies",
    ]


def test_json_on_aws_has_no_endpoint() -> None:
    assert json.loads(_outputs(AWS).to_json())["endpointUrl"] is None


def test_what_was_written_as_json_can_be_read_again() -> None:
    written = _outputs(LOCAL)

    assert Outputs.from_json(written.to_json()) == written


@pytest.mark.parametrize("missing", ["ArchiveBucket", "QueueUrl"])
def test_a_missing_output_of_the_stack_is_an_error(missing: str) -> None:
    values = {name: value for name, value in VALUES.items() if name != missing}

    with pytest.raises(KeyError, match=missing):
        outputs.of_stack(LOCAL, "longhaul-test", values, PARAMETERS)


def test_the_owner_of_a_foreign_source_finds_what_to_add() -> None:
    source = '[{"name": "a", "bucket": "theirs", "prefix": "p/", "owner": "444455556666"}]'
    roles = {name: f"arn:aws:iam::111122223333:role/{name}" for name in ("ApiRole", "WorkerRole")}

    made = outputs.of_stack(AWS, "longhaul", VALUES | roles, {**PARAMETERS, "Sources": source})

    assert made.bucket_policies
    assert list(made.bucket_policies) == ["theirs"]
    assert _outputs(AWS).bucket_policies is None


def test_a_target_at_another_endpoint_has_the_new_url() -> None:
    moved = replace(LOCAL, endpoint_url="http://127.0.0.1:9999")

    assert _outputs(moved).api_url.startswith("http://127.0.0.1:9999/")


def test_the_outputs_say_who_may_call_and_which_local_issuer() -> None:
    issuer = "http://127.0.0.1:4580"
    ours, other = ({"Auth": "jwt", "JwtIssuer": url} for url in (issuer, "https://other.example"))

    def issuer_url(parameters: dict[str, str], running: str | None) -> str | None:
        made = outputs.of_stack(LOCAL, "longhaul-test", VALUES, parameters, local_issuer=running)
        assert made.auth == "jwt"
        return made.issuer_url

    assert issuer_url(ours, issuer) == issuer
    assert issuer_url(ours, None) is None
    assert issuer_url(other, issuer) is None


def test_the_outputs_say_who_is_told() -> None:
    told = {**PARAMETERS, "WebhookHosts": "a.example.com", "MailFrom": "x@example.com"}
    values = {**VALUES, "WebhookSecret": "arn:of-the-secret"}

    plain = _outputs(LOCAL)
    telling = outputs.of_stack(LOCAL, "longhaul-test", values, told)

    assert (plain.event_bus, plain.webhook_hosts, plain.mail_from) == ("longhaul-test", None, None)
    assert (telling.webhook_hosts, telling.mail_from) == ("a.example.com", "x@example.com")
    assert telling.webhook_secret == "arn:of-the-secret"
