"""A job with several archives, or with an index: all of them are deleted, kept, or completed
with."""

from dataclasses import replace
from itertools import filterfalse

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.model import ArchiveFormat, Job
from chalicelib.jobs.states import Status
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline import accepting, archives
from chalicelib.pipeline.sweeper import sweep
from chalicelib.s3 import clients
from tests.integration.cloud import ARCHIVES
from tests.integration.gateway import call, post_retry
from tests.integration.stack import Stack
from tests.integration.volumes import keys, put, record, several
from tests.integration.wire import Requests

PLAN = "0123456789abcdef"


def delete(job: Job) -> int:
    return call("DELETE", f"/v1/export/{job.job_id}").status


def upload(key: str) -> None:
    clients.s3().create_multipart_upload(Bucket=ARCHIVES, Key=key)


@pytest.mark.parametrize(("form", "count"), [("zip", 3), ("tar", 1), ("tar", 3), ("tar.gz", 2)])
def test_all_archives_are_gone_before_the_answer(
    stack: Stack, form: ArchiveFormat, count: int
) -> None:
    job = several(stack, form=form, archives=count)
    other = several(stack)
    assert [*archives.of(job)] == keys(job)

    assert delete(job) == 204

    assert stack.stored("archives/") == sorted(keys(other))
    assert stack.run_queue() == []
    assert stack.stored("archives/") == sorted(keys(other))


def test_the_one_archive_of_a_job_is_deleted_without_a_list(
    stack: Stack, requests: Requests
) -> None:
    job = several(stack, archives=1)
    requests.made.clear()

    delete(job)

    assert requests.count()["DeleteObject"] == 1
    assert requests.count()["ListObjectsV2"] == 0


def test_what_another_job_has_too_is_kept_until_that_one_is_deleted(stack: Stack) -> None:
    builder = several(stack)
    job = several(stack, home=builder.job_id)
    assert stack.services.holders.hold(builder.job_id, job.job_id, job.expires_at)

    assert delete(builder) == 204
    assert stack.run_queue() == []

    assert stack.stored("archives/") == sorted(keys(builder))
    assert delete(job) == 204
    assert stack.stored("archives/") == []


def test_what_a_shared_archive_was_built_of_goes_with_the_first_job(stack: Stack) -> None:
    builder = several(stack)
    job = several(stack, home=builder.job_id)
    assert stack.services.holders.hold(builder.job_id, job.job_id, job.expires_at)
    left_by_a_crash = places.pack(builder.job_id, PLAN, 1, "an-attempt")
    stack.services.archive.write(left_by_a_crash, b"x")

    assert delete(builder) == 204
    assert stack.run_queue() == []

    assert left_by_a_crash not in stack.stored()
    assert stack.stored("archives/") == sorted(keys(builder))


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_an_expired_job_leaves_no_archive_and_no_index(stack: Stack, form: ArchiveFormat) -> None:
    job = several(stack, form=form)
    stack.clock.advance(days=8)

    sweep(stack.services)
    assert stack.run_queue() == []

    assert stack.stored("archives/") == []
    assert accepting.request_of(stack.services, job).format == form


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_the_archives_that_were_begun_are_thrown_away(stack: Stack, status: Status) -> None:
    job = several(stack, status=status)
    for key in keys(job):
        upload(key)
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    sweep(stack.services)
    assert stack.run_queue() == []

    assert (stack.stored("archives/"), stack.uploads()) == ([], [])


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED, Status.FAILED])
def test_packs_are_thrown_away_and_what_is_known_of_them_is_kept_with_the_plan(
    stack: Stack, status: Status
) -> None:
    job = several(stack, status=status)
    pack = places.pack(job.job_id, PLAN, 1, "an-attempt")
    rows = places.packed(job.job_id, PLAN, 1)
    for key in (pack, rows):
        stack.services.archive.write(key, b"x")
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    sweep(stack.services)
    assert stack.run_queue() == []

    assert pack not in stack.stored()
    assert rows in stack.stored()
    assert stack.stored("archives/") == (sorted(keys(job)) if status is Status.COMPLETED else [])


def test_a_job_that_was_never_planned_leaves_no_packs(stack: Stack) -> None:
    job = several(stack, archives=1, status=Status.CANCELLED)
    record(_replaced(job, plan=None, packing=100))
    stack.services.archive.write(places.pack(job.job_id, PLAN, 1, "an-attempt"), b"x")
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    sweep(stack.services)
    assert stack.run_queue() == []

    assert [*filterfalse(places.is_request, stack.stored())] == []


def test_archives_of_an_older_plan_are_thrown_away_and_the_others_stay(stack: Stack) -> None:
    job = several(stack)
    put(_replaced(job, archives=3))
    shorter = _replaced(job, archives=2, was_replanned=True)
    record(shorter)
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)

    sweep(stack.services)
    assert stack.run_queue() == []

    assert stack.stored("archives/") == sorted(keys(shorter))
    delete(shorter)
    assert stack.stored("archives/") == []


@pytest.mark.parametrize("gone", [0, 2])
def test_archives_complete_another_job_only_if_the_first_and_the_last_are_there(
    stack: Stack, gone: int
) -> None:
    job = several(stack)
    assert archives.are_whole(stack.services, job)

    stack.services.archive.delete(keys(job)[gone])

    assert not archives.are_whole(stack.services, job)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_job_whose_archives_are_not_all_there_can_be_retried(stack: Stack, gone: int) -> None:
    job = several(stack)
    assert post_retry(job.job_id).status == 409

    stack.services.archive.delete(keys(job)[gone])

    assert post_retry(job.job_id).status == 202


def _replaced(job: Job, **facts: object) -> Job:
    return replace(job, **facts)  # type: ignore[arg-type]  # by name
