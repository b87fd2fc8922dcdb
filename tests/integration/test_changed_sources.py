"""A source file that changes while its archive is built fails the job at once, if it must not be
planned again. No archive is broken."""

import pytest

from tests.archives import check_archive, noise
from tests.integration.cloud import SOURCES
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import DENIED, answering, s3_error

CHANGED = "urn:problem-type:longhaul:source-changed"
FILES = {"a": noise(0, 9 * UNIT), "b": noise(1, 9 * UNIT), "c": noise(3, 20 * UNIT)}


@pytest.fixture
def planned(stack: Stack, small_segments: None) -> str:
    """The id of a planned job whose segments wait. Two of its files are streamed, one is copied."""
    stack.configure(changes_max=0)
    stack.put_files(FILES)
    job_id = export(prefix="in/")
    stack.send(stack.planned())
    return job_id


def _assert_changed(stack: Stack, job_id: str, key: str) -> None:
    body = status(job_id)
    assert body["status"] == "failed"
    assert body["error"]["type"] == CHANGED
    assert key in body["error"]["detail"]
    assert stack.archive(job_id) is None
    stack.discard_what_is_due()
    assert stack.uploads() == []


@pytest.mark.parametrize("key", ["in/a", "in/b", "in/c"])
def test_a_source_that_was_overwritten_fails_the_job(stack: Stack, planned: str, key: str) -> None:
    stack.put_file(key, noise(99, 20 * UNIT if key == "in/c" else 9 * UNIT))

    failed = stack.run_queue()

    assert failed == []
    _assert_changed(stack, planned, key)
    assert "overwritten" in status(planned)["error"]["detail"]


@pytest.mark.parametrize("key", ["in/a", "in/c"])
def test_a_source_that_became_shorter_fails_the_job(stack: Stack, planned: str, key: str) -> None:
    stack.put_file(key, b"short")

    stack.run_queue()

    _assert_changed(stack, planned, key)


@pytest.mark.parametrize("key", ["in/a", "in/c"])
def test_a_source_that_was_deleted_fails_the_job(stack: Stack, planned: str, key: str) -> None:
    stack.delete_file(key)

    failed = stack.run_queue()

    assert failed == []
    _assert_changed(stack, planned, key)
    assert "deleted" in status(planned)["error"]["detail"]


def test_a_source_that_was_put_again_with_the_same_bytes_is_no_change(
    stack: Stack, planned: str
) -> None:
    stack.put_file("in/a", FILES["a"])

    stack.run_queue()

    check_archive(stack.archive(planned), FILES)


def test_steps_that_come_after_the_failure_do_nothing(stack: Stack, planned: str) -> None:
    waiting = stack.take_messages()
    stack.put_file("in/a", b"short")

    succeeded = [stack.run(message) for message in waiting * 2]

    assert all(succeeded)
    _assert_changed(stack, planned, "in/a")


def test_bytes_that_do_not_match_s3s_own_checksum_fail_the_job(stack: Stack) -> None:
    stack.configure(changes_max=0)
    stack.put_file("downloads/10001", b"the right bytes")
    job_id = export(file_ids=[10001])

    corrupt = 206, {"content-length": "15"}, b"the wrong bytes"

    with answering(corrupt, "GetObject", bucket=SOURCES):
        stack.run_queue()

    _assert_changed(stack, job_id, "downloads/10001")


def test_a_source_that_the_worker_must_not_read_fails_the_job_at_once(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"secret")
    job_id = export(file_ids=[10001])

    with answering((403, {}, b""), "HeadObject"), answering(DENIED, "GetObject", bucket=SOURCES):
        failed = stack.run_queue()

    assert failed == []
    error = status(job_id)["error"]
    assert error["type"] == "urn:problem-type:longhaul:source-unreadable"
    assert "10001 (S3 denies it)" in error["detail"]


def test_a_source_in_cold_storage_fails_the_job_at_once(stack: Stack) -> None:
    stack.configure(changes_max=0)
    stack.put_file("downloads/10001", b"frozen")
    job_id = export(file_ids=[10001])

    with answering(s3_error(403, "InvalidObjectState"), "GetObject", bucket=SOURCES):
        failed = stack.run_queue()

    assert failed == []
    error = status(job_id)["error"]
    assert error["type"] == "urn:problem-type:longhaul:source-unreadable"
    assert "downloads/10001" in error["detail"]
