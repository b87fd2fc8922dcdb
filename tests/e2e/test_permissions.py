"""Each function may do what it needs, and no more. The stack enforces the IAM policies."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from chalicelib.archive.plan import Entry
from chalicelib.queue.messages import Message, Step
from infra.outputs import Outputs
from tests.archives import check_archive
from tests.e2e import deployment, fixtures, handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.roles import POLICIES, Roles
from tests.e2e.sources import MIB, Sources, noise

FUNCTIONS = tuple(POLICIES)

MINUTE_EVENT = {
    "version": "0",
    "id": str(uuid4()),
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
"""The event that the schedule sends to the sweeper. The tests send it, so they need not wait."""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A stack for these tests alone, on which each function has only its own policy."""
    if deployment.given_outputs() or deployment.target_name() != "ministack":
        pytest.skip("only a MiniStack that the tests start enforces policies")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEBHOOK_HOSTS", "hooks.example.com")
        environment.setenv("MAIL_FROM", "longhaul@example.com")
        state = tmp_path_factory.mktemp("strict")
        with deployment.started("ministack", state, enforce_iam=True) as own:
            yield own


backstage = pytest.fixture(scope="module")(fixtures.backstage)
sources = pytest.fixture(scope="module")(fixtures.sources)


@pytest.fixture(scope="module")
def roles(backstage: Backstage) -> Roles:
    strict = Roles(backstage)
    strict.prepare()
    return strict


@pytest.fixture(scope="module")
def api(outputs: Outputs, roles: Roles) -> Iterator[Api]:
    yield from fixtures.api(outputs)


def test_the_policies_allow_an_export(api: Api, sources: Sources) -> None:
    files = [sources.put(noise(size)) for size in (17 * MIB, 0, 1000)]
    files.append(sources.put(noise(17 * MIB), checksum=False))
    gone = sources.new_id()

    job_id = api.export(file_ids=[*(file.file_id for file in files), gone])
    api.completed(job_id)

    check_archive(api.archive(job_id), files, [gone], job_id=job_id)


def test_the_policies_allow_an_export_by_prefix_and_a_list(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [sources.put_at(prefix, "a", b"1"), sources.put_at(prefix, "b", noise(17 * MIB))]

    job_id = api.export(prefix=prefix, user_id="lister")
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)
    assert [job["jobId"] for job in api.jobs_of("lister")] == [job_id]


def test_the_policies_allow_all_checks(api: Api, sources: Sources) -> None:
    assert api.get("/health").status_code == 200
    answer = api.post("/v1/download/check", {"file_id": sources.new_id()})
    assert answer.json()["available"] is False


def test_the_policies_allow_browsing(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    sources.put_at(top, "a", b"1")

    answer = api.get("/v1/files", query={"prefix": top})

    assert [file["name"] for file in answer.json()["files"]] == ["a"]


def test_the_policies_allow_cancelling(api: Api, backstage: Backstage) -> None:
    job_id = handmade.planned(backstage, Entry("a", "downloads/10001", '"0"', 1, None, 0))

    answer = api.delete(f"/v1/export/{job_id}")

    assert answer.status_code == 202
    backstage.wait_until_discarded(job_id)


def test_the_policies_allow_failing_the_job_of_a_dead_letter(
    api: Api, backstage: Backstage
) -> None:
    job_id = handmade.planned(backstage, Entry("a", "downloads/10001", '"0"', 1, None, 0))

    dead_letters = backstage.outputs.dead_letter_queue_url
    backstage.send(Message(Step.FINALIZE, job_id).to_body(), dead_letters)

    assert api.ended(job_id)["status"] == "failed"


def test_the_policies_allow_sweeping(api: Api, sources: Sources, backstage: Backstage) -> None:
    file = sources.put(b"swept")
    job_id = handmade.abandoned(backstage, file.file_id)

    run = backstage.session.client("lambda").invoke(
        FunctionName=backstage.functions()["Sweeper"], Payload=json.dumps(MINUTE_EVENT)
    )

    assert not run.get("FunctionError")
    api.completed(job_id)
    check_archive(api.archive(job_id), [file], job_id=job_id)


def test_a_link_without_its_signature_is_refused(api: Api, sources: Sources) -> None:
    job_id = api.export(file_ids=[sources.put(b"private").file_id])
    api.completed(job_id)

    answer = api.follow(api.link(job_id).partition("?")[0])

    assert answer.status_code == 403


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_change_a_source_file(
    roles: Roles, outputs: Outputs, function: str, action: str
) -> None:
    source = f"arn:aws:s3:::{outputs.source_bucket}/downloads/10001"

    assert roles.decision(function, action, source) == "implicitDeny"


@pytest.mark.parametrize("function", ["Announcer", "DeadLetters", "Sweeper"])
def test_only_the_api_and_the_worker_may_read_source_files(
    roles: Roles, outputs: Outputs, function: str
) -> None:
    source = f"arn:aws:s3:::{outputs.source_bucket}/downloads/10001"

    assert roles.decision("APIHandler", "s3:GetObject", source) == "allowed"
    assert roles.decision("Worker", "s3:GetObject", source) == "allowed"
    assert roles.decision(function, "s3:GetObject", source) == "implicitDeny"


@pytest.mark.parametrize("function", ["APIHandler", "Announcer", "DeadLetters", "Sweeper"])
def test_only_the_worker_may_write_an_archive(
    roles: Roles, outputs: Outputs, function: str
) -> None:
    archive = f"arn:aws:s3:::{outputs.archive_bucket}/archives/a.zip"

    assert roles.decision("Worker", "s3:PutObject", archive) == "allowed"
    assert roles.decision(function, "s3:PutObject", archive) == "implicitDeny"


@pytest.mark.parametrize(
    ("function", "decision"),
    [
        ("Worker", "allowed"),
        ("APIHandler", "allowed"),
        ("Announcer", "implicitDeny"),
        ("DeadLetters", "implicitDeny"),
        ("Sweeper", "implicitDeny"),
    ],
)
def test_only_the_worker_and_the_api_may_delete_an_archive(
    roles: Roles, outputs: Outputs, function: str, decision: str
) -> None:
    archive = f"arn:aws:s3:::{outputs.archive_bucket}/archives/a.zip"

    assert roles.decision(function, "s3:DeleteObject", archive) == decision


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:ListBucket"])
def test_the_announcer_may_read_no_archive(roles: Roles, outputs: Outputs, action: str) -> None:
    bucket = f"arn:aws:s3:::{outputs.archive_bucket}"
    resource = bucket if action == "s3:ListBucket" else f"{bucket}/archives/a.zip"

    assert roles.decision("Worker", action, resource) == "allowed"
    assert roles.decision("Announcer", action, resource) == "implicitDeny"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_the_announcer_may_tell_anybody(roles: Roles, outputs: Outputs, function: str) -> None:
    bus = f"arn:aws:events:{outputs.region}:000000000000:event-bus"
    expected = "allowed" if function == "Announcer" else "implicitDeny"

    assert roles.decision(function, "events:PutEvents", f"{bus}/{outputs.event_bus}") == expected
    assert roles.decision(function, "events:PutEvents", f"{bus}/default") == "implicitDeny"
    assert roles.decision(function, "ses:SendRawEmail", "*") == expected


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_the_announcer_may_read_the_keys_of_webhooks(
    roles: Roles, outputs: Outputs, function: str
) -> None:
    keys = outputs.webhook_secret
    assert keys
    expected = "allowed" if function == "Announcer" else "implicitDeny"

    assert roles.decision(function, "secretsmanager:GetSecretValue", keys) == expected
    for action, secret in (("GetSecretValue", f"{keys}x"), ("PutSecretValue", keys)):
        assert roles.decision(function, f"secretsmanager:{action}", secret) == "implicitDeny"


@pytest.mark.parametrize("action", ["sqs:SendMessage", "sqs:ReceiveMessage"])
def test_the_announcer_has_its_own_queue_only(
    roles: Roles, backstage: Backstage, action: str
) -> None:
    def arn(url: str) -> str:
        found = backstage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]

    outputs = backstage.outputs
    assert roles.decision("Announcer", action, arn(outputs.announcement_queue_url)) == "allowed"
    for other in (outputs.queue_url, outputs.dead_letter_queue_url):
        assert roles.decision("Announcer", action, arn(other)) == "implicitDeny"
    taken = roles.decision("Worker", action, arn(outputs.announcement_queue_url))
    assert taken == ("allowed" if action == "sqs:SendMessage" else "implicitDeny")


def test_the_api_may_delete_nothing_but_archives(roles: Roles, outputs: Outputs) -> None:
    plan = f"arn:aws:s3:::{outputs.archive_bucket}/jobs/a/plan"

    assert roles.decision("Worker", "s3:DeleteObject", plan) == "allowed"
    assert roles.decision("APIHandler", "s3:DeleteObject", plan) == "implicitDeny"


def test_the_policies_allow_deleting(api: Api, sources: Sources, backstage: Backstage) -> None:
    job_id = api.export(file_ids=[sources.put(b"secret").file_id])
    api.completed(job_id)
    link = api.link(job_id)

    answer = api.delete(f"/v1/export/{job_id}")

    assert answer.status_code == 204
    assert api.follow(link).status_code == 404
    backstage.wait_until_gone(job_id)


@pytest.mark.parametrize("action", ["dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:DeleteTable"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_scan_or_delete_jobs(
    roles: Roles, backstage: Backstage, function: str, action: str
) -> None:
    described = backstage.dynamodb.describe_table(TableName=backstage.outputs.jobs_table)

    assert roles.decision(function, action, described["Table"]["TableArn"]) == "implicitDeny"


@pytest.mark.parametrize("other", FUNCTIONS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_write_its_own_logs_only(
    roles: Roles, backstage: Backstage, function: str, other: str
) -> None:
    group = f"log-group:/aws/lambda/{backstage.functions()[other]}"
    stream = f"arn:aws:logs:{backstage.outputs.region}:000000000000:{group}:log-stream:a"

    decision = roles.decision(function, "logs:PutLogEvents", stream)

    assert decision == ("allowed" if function == other else "implicitDeny")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_make_a_log_group(roles: Roles, function: str) -> None:
    assert roles.decision(function, "logs:CreateLogGroup", "*") == "implicitDeny"


# Here everything is plain HTTP. The policies that forbid it are in the template for AWS only.


@pytest.mark.parametrize("resource", ["ArchiveBucketOverTls", "SourceBucketOverTls"])
def test_a_bucket_with_our_policy_refuses_plain_http(
    backstage: Backstage, roles: Roles, resource: str
) -> None:
    bucket = backstage.outputs.archive_bucket
    policy = _policy(backstage, resource, f"arn:aws:s3:::{bucket}")
    endpoint = backstage.outputs.endpoint_url
    with closing(roles.session("Worker").client("s3", endpoint_url=endpoint)) as worker:
        worker.list_objects_v2(Bucket=bucket)
        backstage.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        try:
            with pytest.raises(ClientError, match="AccessDenied"):
                worker.list_objects_v2(Bucket=bucket)
        finally:
            backstage.s3.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize(
    "resource", ["ExportQueueOverTls", "AnnouncementQueueOverTls", "DeadLetterQueueOverTls"]
)
def test_a_queue_with_our_policy_refuses_plain_http(backstage: Backstage, resource: str) -> None:
    """Even the account's root is refused. So this takes a queue that nobody needs."""
    url = backstage.sqs.create_queue(QueueName=f"over-{uuid4()}")["QueueUrl"]
    found = backstage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    policy = _policy(backstage, resource, found["Attributes"]["QueueArn"])
    backstage.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    with pytest.raises(ClientError, match="AccessDenied"):
        backstage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def _policy(backstage: Backstage, resource: str, arn: str) -> str:
    """Returns a policy of the template that only AWS gets: a local target speaks plain HTTP."""
    cloudformation = backstage.session.client("cloudformation")
    body: Any = cloudformation.get_template(StackName=backstage.outputs.stack_name)["TemplateBody"]
    template = json.loads(body) if isinstance(body, str) else body
    policy = template["Resources"][resource]["Properties"]["PolicyDocument"]
    (statement,) = policy["Statement"]
    return json.dumps({**policy, "Statement": [{**statement, "Resource": [arn, f"{arn}/*"]}]})
