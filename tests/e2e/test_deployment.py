"""The deployed resources, as AWS describes them."""

import json
import platform
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from chalicelib.trace_ids import job_digest
from infra import logs, ministack, parameters, stack, targets
from infra.outputs import Outputs
from infra.targets import Target
from tests.e2e import deployment
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.waiting import wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

PACKAGE_MAX = 3_000_000  # bytes
FUNCTIONS = {"APIHandler": 29, "Worker": 900, "Announcer": 90, "DeadLetters": 60, "Sweeper": 55}
"""Timeouts in seconds, by the names in the template."""


@pytest.fixture(scope="module")
def functions(backstage: Backstage) -> "LambdaClient":
    return backstage.session.client("lambda")


@pytest.fixture(scope="module")
def names(backstage: Backstage) -> dict[str, str]:
    """The names of the functions, by their names in the template."""
    return backstage.functions()


@pytest.fixture(params=["source_bucket", "archive_bucket"])
def bucket(request: pytest.FixtureRequest, outputs: Outputs) -> str:
    return str(getattr(outputs, request.param))


def test_exactly_these_functions_are_deployed(names: dict[str, str], outputs: Outputs) -> None:
    assert names.keys() == FUNCTIONS.keys()
    assert names["APIHandler"] == outputs.api_function
    assert names["Worker"] == outputs.worker_function


@pytest.mark.parametrize(("function", "seconds"), FUNCTIONS.items())
def test_each_function_has_a_small_package_and_its_timeout(
    functions: "LambdaClient", names: dict[str, str], function: str, seconds: int
) -> None:
    facts = functions.get_function_configuration(FunctionName=names[function])

    assert facts["Timeout"] == seconds
    assert facts["CodeSize"] < PACKAGE_MAX


def test_the_client_package_is_not_deployed(
    functions: "LambdaClient", api: Api, outputs: Outputs
) -> None:
    code = functions.get_function(FunctionName=outputs.api_function)["Code"]

    with ZipFile(BytesIO(api.follow(code["Location"]).content)) as package:
        held = {name.partition("/")[0] for name in package.namelist()}

    assert {"app.py", "chalicelib", "fastjsonschema"} <= held
    assert held.isdisjoint({"longhaul", "click", "infra", "msgspec", "tests", "urllib3"})


@pytest.mark.parametrize("function", ["Worker", "Announcer", "DeadLetters"])
def test_only_the_failed_messages_of_a_batch_come_again(
    functions: "LambdaClient", names: dict[str, str], function: str
) -> None:
    mappings = functions.list_event_source_mappings(FunctionName=names[function])

    (mapping,) = mappings["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["State"] == "Enabled"


def test_no_bucket_can_become_public(backstage: Backstage, bucket: str) -> None:
    answer = backstage.s3.get_public_access_block(Bucket=bucket)

    assert answer["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_every_bucket_is_encrypted(backstage: Backstage, bucket: str) -> None:
    answer = backstage.s3.get_bucket_encryption(Bucket=bucket)

    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_table_is_indexed_for_listing_sweeping_and_counting(backstage: Backstage) -> None:
    table = backstage.dynamodb.describe_table(TableName=backstage.outputs.jobs_table)["Table"]

    indexes = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "byUser": (["userId", "createdAt"], "KEYS_ONLY"),
        "wake": (["wakeShard", "wakeAt"], "KEYS_ONLY"),
        "openOfUser": (["openUser"], "KEYS_ONLY"),
        "announce": (["announceShard", "announceAt"], "KEYS_ONLY"),
    }
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("queue", ["queue_url", "announcement_queue_url"])
def test_a_message_is_tried_eight_times_and_becomes_a_dead_letter(
    backstage: Backstage, queue: str
) -> None:
    export = attributes(backstage, getattr(backstage.outputs, queue))
    dead = attributes(backstage, backstage.outputs.dead_letter_queue_url)

    assert f'"{dead["QueueArn"]}"' in export["RedrivePolicy"]
    assert '"maxReceiveCount":8' in export["RedrivePolicy"].replace(" ", "")
    assert int(dead["MessageRetentionPeriod"]) > int(export["MessageRetentionPeriod"])


@pytest.mark.parametrize(
    ("queue", "function"),
    [("queue_url", "Worker"), ("announcement_queue_url", "Announcer")],
)
def test_a_message_stays_hidden_for_six_timeouts_of_its_function(
    backstage: Backstage, queue: str, function: str
) -> None:
    export = attributes(backstage, getattr(backstage.outputs, queue))

    assert export["VisibilityTimeout"] == str(6 * FUNCTIONS[function])
    assert export["SqsManagedSseEnabled"] == "true"


def test_the_api_of_an_emulator_has_the_stacks_name_in_its_address(outputs: Outputs) -> None:
    assert f"/{outputs.stack_name.lower()}/" in outputs.api_url


def test_an_emulator_that_starts_again_has_the_address_of_before(tmp_path: Path) -> None:
    first = ministack.start(tmp_path)
    try:
        ministack.stop(tmp_path)

        assert ministack.start(tmp_path) == first
    finally:
        ministack.stop(tmp_path)


# MiniStack's CloudFormation does not describe some properties of a resource. The next tests read
# them from the deployed template instead.


@pytest.fixture(scope="module")
def resources(backstage: Backstage) -> JSON:
    """The resources of the template, by their names in it."""
    cloudformation = backstage.session.client("cloudformation")
    answer = cloudformation.get_template(StackName=backstage.outputs.stack_name)
    body: str | JSON = answer["TemplateBody"]
    template = json.loads(body) if isinstance(body, str) else body
    return {name: resource["Properties"] for name, resource in template["Resources"].items()}


@pytest.mark.parametrize("bucket", ["SourceBucket", "ArchiveBucket"])
def test_every_bucket_drops_stale_uploads(resources: JSON, bucket: str) -> None:
    rules = resources[bucket]["LifecycleConfiguration"]["Rules"]

    (stale,) = (rule for rule in rules if "AbortIncompleteMultipartUpload" in rule)
    assert stale["Status"] == "Enabled"
    assert stale["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_archives_expire_and_sources_do_not(resources: JSON) -> None:
    archive, source = (
        resources[bucket]["LifecycleConfiguration"]["Rules"]
        for bucket in ("ArchiveBucket", "SourceBucket")
    )

    expiring = {rule["Prefix"]: rule for rule in archive if "ExpirationInDays" in rule}
    assert expiring.keys() == {"archives/", "jobs/"}
    assert {rule["Status"] for rule in expiring.values()} == {"Enabled"}
    days = {prefix: rule["ExpirationInDays"]["Fn::Select"] for prefix, rule in expiring.items()}
    assert [value[0] for value in days.values()] == [{"Ref": "ArchiveTtlDays"}] * 2
    assert not [rule for rule in source if "ExpirationInDays" in rule]


def test_the_table_deletes_old_jobs_and_can_be_restored(resources: JSON) -> None:
    table = resources["JobsTable"]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_logs_to_a_group_that_the_stack_keeps(
    resources: JSON, names: dict[str, str], outputs: Outputs, function: str
) -> None:
    group = resources[f"{function}Logs"]

    assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{function}"}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert names[function] == f"{outputs.stack_name}-{function}"


def test_the_log_of_a_function_is_found(api: Api, backstage: Backstage, outputs: Outputs) -> None:
    job_id = api.export(file_ids=[10_001])

    def lines() -> list[str]:
        target = Target("ministack", "local", outputs.region, outputs.endpoint_url)
        chosen = logs.chosen(logs.functions(target, outputs.stack_name), "APIHandler")
        found = logs.follow(target, chosen, since_seconds=600, forever=False)
        return [line.message for line in found if job_digest(job_id) in line.message]

    assert wait_for(lines, 30, "the line of the new job in the log")


def test_the_functions_run_on_this_machines_processors(
    functions: "LambdaClient", names: dict[str, str]
) -> None:
    facts = functions.get_function_configuration(FunctionName=names["Worker"])

    assert facts["Architectures"] == [parameters.architecture(platform.machine())]


def test_the_whole_api_is_throttled(backstage: Backstage, resources: JSON) -> None:
    (setting,) = resources["RestAPIapiStage"]["MethodSettings"]

    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert setting["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert setting["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}


def test_deploying_again_changes_nothing(
    outputs: Outputs,
    stack_state: "Path",
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if deployment.given_outputs() is not None:
        pytest.skip("the tests did not deploy this stack")
    target = targets.named(deployment.target_name())
    monkeypatch.setenv("WEBHOOK_HOSTS", outputs.webhook_hosts or "")
    monkeypatch.setenv("MAIL_FROM", outputs.mail_from or "")

    again = stack.up(target, stack_state, outputs.stack_name)

    assert "nothing has changed" in capsys.readouterr().err
    assert again == outputs


def attributes(backstage: Backstage, queue_url: str) -> dict[str, str]:
    answer = backstage.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])
    return {str(name): value for name, value in answer["Attributes"].items()}
