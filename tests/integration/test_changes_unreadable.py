"""Files that S3 does not hand out under a job: the archive leaves them out, or the job fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline.accepting import accept
from tests.archives import check_archive
from tests.integration.changes import FILES
from tests.integration.cloud import SOURCES
from tests.integration.gateway import export
from tests.integration.stack import Stack
from tests.integration.wire import Wired, listening, s3_error


@contextmanager
def _frozen(*names: str) -> Iterator[None]:
    """S3 says nothing of it when it is asked about these files. But it does not hand them out."""

    def hook(operation: str, parameters: dict[str, Any]) -> Wired | None:
        read = parameters.get("Key", "") if operation == "GetObject" else ""
        copied = parameters.get("x-amz-copy-source", "").removeprefix(f"/{SOURCES}/")
        is_one = {read, copied.removeprefix(f"{SOURCES}/")} & {f"in/{name}" for name in names}
        return s3_error(403, "InvalidObjectState") if is_one else None

    with listening(hook):
        yield


@pytest.mark.parametrize("names", ["a", "c", "ac"])
def test_a_file_that_cannot_be_read_is_left_out_if_it_may_be(
    stack: Stack, small_segments: None, aged: None, names: str
) -> None:
    asked = ExportRequest(prefix="in/", on_unreadable="skip")
    job_id = accept(stack.services, "anonymous", asked, None).job.job_id

    with _frozen(*names):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes, job.unreadable_count) == ("completed", len(names), len(names))
    left = {name: content for name, content in FILES.items() if name not in names}
    check_archive(stack.archive(job_id), left)


def test_a_file_that_cannot_be_read_fails_the_job_by_name_and_reason(
    stack: Stack, small_segments: None, aged: None
) -> None:
    job_id = export(prefix="in/")

    with _frozen("c"):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("failed", 1)
    assert job.failure
    assert job.failure.slug == "source-unreadable"
    assert "in/c (archived: in cold storage" in job.failure.detail
