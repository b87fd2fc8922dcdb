"""Each function may do what it needs, and no more. The stack enforces the IAM policies."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.queue.messages import Message, Step
from infra.outputs import Outputs
from tests.archives import check_archive
from tests.e2e import deployment, handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Sources, noise

FUNCTIONS = ("APIHandler", "Worker", "DeadLetters", "Sweeper")

# On AWS, sqs:SendMessage allows batches too. MiniStack wants an action of its own for them.
SENDS_BATCHES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": "*"}],
}


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


@dataclass(frozen=True)
class Roles:
    """The IAM roles of a stack's functions."""

    backstage: Backstage

    def of(self, function: str) -> str:
        """Returns the ARN of the function's role."""
        name = self.backstage.functions()[function]
        client = self.backstage.session.client("lambda")
        return client.get_function_configuration(FunctionName=name)["Role"]

    def allow(self, function: str, policy: Mapping[str, object]) -> None:
        """Adds a policy to the function's role."""
        self.backstage.session.client("iam").put_role_policy(
            RoleName=self.of(function).rpartition("/")[2],
            PolicyName="emulated",
            PolicyDocument=json.dumps(policy),
        )

    def decision(self, function: str, action: str, resource: str) -> str:
        """Returns what IAM decides: "allowed", "implicitDeny" or "explicitDeny"."""
        answer = self.backstage.session.client("iam").simulate_principal_policy(
            PolicySourceArn=self.of(function), ActionNames=[action], ResourceArns=[resource]
        )
        (result,) = answer["EvaluationResults"]
        return str(result["EvalDecision"])


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A stack for these tests alone, on which each function has only its own policy."""
    if deployment.given_outputs() or deployment.target_name() != "ministack":
        pytest.skip("only a MiniStack that the tests start enforces policies")
    with deployment.started("ministack", tmp_path_factory.mktemp("strict"), auth=True) as own:
        yield own


@pytest.fixture(scope="module")
def backstage(outputs: Outputs) -> Backstage:
    return Backstage(outputs)


@pytest.fixture(scope="module")
def roles(backstage: Backstage) -> Roles:
    return Roles(backstage)


@pytest.fixture(scope="module")
def sources(backstage: Backstage) -> Sources:
    return Sources(backstage)


@pytest.fixture(scope="module")
def api(outputs: Outputs, roles: Roles) -> Iterator[Api]:
    for function in FUNCTIONS:
        roles.allow(function, SENDS_BATCHES)
    opened = Api(outputs.api_url)
    yield opened
    opened.close()


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


@pytest.mark.parametrize("function", ["DeadLetters", "Sweeper"])
def test_dead_letters_and_sweeper_may_not_read_source_files(
    roles: Roles, outputs: Outputs, function: str
) -> None:
    source = f"arn:aws:s3:::{outputs.source_bucket}/downloads/10001"

    assert roles.decision("Worker", "s3:GetObject", source) == "allowed"
    assert roles.decision(function, "s3:GetObject", source) == "implicitDeny"


@pytest.mark.parametrize("function", ["APIHandler", "DeadLetters", "Sweeper"])
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
        ("DeadLetters", "implicitDeny"),
        ("Sweeper", "implicitDeny"),
    ],
)
def test_only_the_worker_and_the_api_may_delete_an_archive(
    roles: Roles, outputs: Outputs, function: str, decision: str
) -> None:
    archive = f"arn:aws:s3:::{outputs.archive_bucket}/archives/a.zip"

    assert roles.decision(function, "s3:DeleteObject", archive) == decision


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
