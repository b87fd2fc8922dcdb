"""What led to an archive goes while it is built: each loss is told for what it is."""

import json

import pytest

from tests.integration.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Wired, listening, s3_error

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abc"}


@pytest.fixture
def planned(stack: Stack, small_segments: None) -> str:
    """The id of a planned job whose segments wait."""
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content)
    job_id = export(prefix="in/")
    stack.collaborators.queue.send(stack.planned(), "anonymous")
    return job_id


@pytest.mark.parametrize("lost", ["plan", "index"])
def test_a_plan_that_was_deleted_is_not_taken_for_a_changed_source(
    stack: Stack, planned: str, lost: str
) -> None:
    job = stack.job(planned)
    assert job.plan
    stack.collaborators.archive.delete(f"{job.prefix}{job.plan.digest}/{lost}")

    failed = stack.run_queue()

    error = status(planned)["error"]
    assert failed == []
    assert error["type"] == "urn:problem-type:longhaul:given-up"
    assert error["detail"] == "the plan of the archive is not stored any more; export again"


def test_a_plan_that_an_older_version_has_written_is_given_up_and_a_retry_makes_its_own(
    stack: Stack, planned: str
) -> None:
    job = stack.job(planned)
    assert job.plan
    key = f"{job.prefix}{job.plan.digest}/index"
    content = json.loads(stack.collaborators.archive.read(key) or b"")
    del content["version"]
    stack.collaborators.archive.write(key, json.dumps(content).encode())

    stack.run_queue()
    retried = call("POST", f"/v1/export/{planned}/retry").body["jobId"]
    failed = stack.run_queue()

    assert status(planned)["error"]["type"] == "urn:problem-type:longhaul:given-up"
    assert failed == []
    assert stack.job(retried).home == retried
    check_archive(stack.archive(retried), FILES)


def test_a_part_that_is_uploaded_again_at_the_last_moment_is_waited_for(
    stack: Stack, planned: str
) -> None:
    refusals = [s3_error(400, "InvalidPart")]

    def replaced(operation: str, _: dict[str, object]) -> Wired | None:
        return refusals.pop() if operation == "CompleteMultipartUpload" and refusals else None

    with listening(replaced):
        failed = stack.run_queue()
    stack.wake()
    again = stack.run_queue()

    assert (len(failed), again) == (1, [])
    check_archive(stack.archive(planned), FILES)
