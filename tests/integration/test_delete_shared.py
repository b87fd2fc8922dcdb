"""Jobs that share an archive, or an upload, and are deleted: it goes with the last of them."""

import pytest

from chalicelib.jobs import holders, places
from chalicelib.jobs.wake import SETTLED_AFTER_MS
from chalicelib.pipeline.sweeper import sweep
from tests.archives import check_archive, noise
from tests.integration.effects import (
    ARCHIVE_HELD,
    ARCHIVE_LOOKED_AT,
    ARCHIVE_RELEASED,
    JOB_COMPLETED_WITH_ARCHIVE,
    OWNER_LOST,
    PLAN_ADOPTED,
    UPLOAD_CLAIMED,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import call, cancel, export, retry, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import DENIED, answering

IDS: dict[str, object] = {"file_ids": [10001, 10002]}
FILES = {"10001": b"one", "10002": b"two"}
PARTS = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}


@pytest.fixture
def owner(stack: Stack) -> str:
    """A job that has built the archive of both files."""
    for name, content in FILES.items():
        stack.put_file(f"downloads/{name}", content)
    return stack.completed(**IDS)


@pytest.fixture
def reuser(stack: Stack, owner: str) -> str:
    """A job that has completed with the owner's archive."""
    job_id = stack.completed(**IDS)
    assert stack.job(job_id).reused_from == owner
    return job_id


@pytest.fixture
def failed(stack: Stack, small_segments: None) -> str:
    """A job that has failed when two of its segments were done."""
    stack.put_files(PARTS)
    job_id = export(prefix="in/")
    first, second, *others = stack.planned()
    assert stack.run(first)
    assert stack.run(second)
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        assert all(stack.run(message) for message in others)
    assert status(job_id)["status"] == "failed"
    return job_id


def delete(*job_ids: str) -> None:
    assert [cancel(job_id).status for job_id in job_ids] == [204] * len(job_ids)


def sweep_for_an_hour(stack: Stack) -> None:
    """Lets time pass until what is left of deleted jobs is thrown away."""
    for _ in range(3):
        stack.clock.advance(seconds=SETTLED_AFTER_MS / 1000 + 60)
        sweep(stack.services)
        assert stack.run_queue() == []


def test_an_archive_that_another_job_has_stays(stack: Stack, owner: str, reuser: str) -> None:
    delete(owner)
    sweep_for_an_hour(stack)

    assert call("GET", f"/v1/export/{owner}").status == 404
    assert call("GET", f"/v1/export/{reuser}/download").status == 200
    check_archive(stack.archive(reuser), FILES)


def test_the_list_of_missing_files_stays_with_the_archive(stack: Stack) -> None:
    stack.put_file("downloads/10000", b"there")
    wanted = list(range(10001, 10301))
    owner = stack.completed(file_ids=[10000, *wanted])
    reuser = stack.completed(file_ids=[10000, *wanted])
    assert stack.job(reuser).reused_from == owner

    delete(owner)
    sweep_for_an_hour(stack)

    assert status(reuser)["result"]["missing"] == wanted


def test_a_job_that_reuses_an_archive_leaves_it_to_its_owner(
    stack: Stack, owner: str, reuser: str
) -> None:
    delete(reuser)
    sweep_for_an_hour(stack)

    check_archive(stack.archive(owner), FILES)
    assert stack.stored(places.folder(reuser)) == []


@pytest.mark.parametrize("is_owner_first", [True, False], ids=["owner first", "owner last"])
def test_an_archive_goes_with_the_last_job_before_the_answer(
    stack: Stack,
    owner: str,
    reuser: str,
    is_owner_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    third = stack.completed(**IDS)
    order = [owner, reuser, third] if is_owner_first else [third, reuser, owner]

    delete(*order[:2])
    assert stack.stored("archives/") == [places.archive(owner)]
    delete(order[2])
    assert stack.stored("archives/") == []

    sweep_for_an_hour(stack)
    assert stack.stored() == []


def test_the_archive_of_a_deleted_owner_expires_with_its_last_job(
    stack: Stack, owner: str, reuser: str
) -> None:
    delete(owner)
    sweep_for_an_hour(stack)
    stack.clock.advance(days=7)

    sweep_for_an_hour(stack)

    assert stack.job(owner).wake_at is None
    assert stack.stored() == []
    assert stack.request(reuser)


def test_a_deleted_archive_is_not_reused(stack: Stack, owner: str) -> None:
    delete(owner)

    job_id = stack.completed(**IDS)

    assert stack.job(job_id).reused_from is None
    check_archive(stack.archive(job_id), FILES)


def test_an_archive_without_its_owner_is_not_reused(stack: Stack, owner: str, reuser: str) -> None:
    delete(owner)

    third = stack.completed(**IDS)

    assert stack.job(third).home == third


@pytest.mark.parametrize("effect", [ARCHIVE_LOOKED_AT, ARCHIVE_HELD], ids=str)
def test_a_job_that_comes_too_late_to_hold_an_archive_builds_its_own(
    stack: Stack, owner: str, effect: Effect
) -> None:
    late = export(**IDS)

    with before(effect, lambda: delete(owner)):
        assert stack.run_queue() == []

    assert stack.job(late).home == late
    check_archive(stack.archive(late), FILES)
    sweep_for_an_hour(stack)
    assert places.archive(owner) not in stack.stored()


def test_a_job_that_holds_an_archive_completes_with_it_though_the_owner_goes(
    stack: Stack, owner: str
) -> None:
    job_id = export(**IDS)

    with before(JOB_COMPLETED_WITH_ARCHIVE, lambda: delete(owner)):
        assert stack.run_queue() == []

    sweep_for_an_hour(stack)
    assert stack.job(job_id).reused_from == owner
    check_archive(stack.archive(job_id), FILES)


def test_a_holder_that_was_cancelled_does_not_keep_the_archive(stack: Stack, owner: str) -> None:
    holder = export(**IDS)
    with crashing(ARCHIVE_HELD, after=True):
        stack.run_queue()
    delete(owner)
    assert places.archive(owner) in stack.stored()

    cancel(holder)
    stack.wake()
    sweep_for_an_hour(stack)

    assert places.archive(owner) not in stack.stored()
    assert stack.job(owner).wake_at is None


@before_and_after
@pytest.mark.parametrize("effect", [OWNER_LOST, ARCHIVE_RELEASED], ids=str)
def test_whoever_dies_while_the_last_jobs_are_deleted_leaves_nothing(
    stack: Stack,
    owner: str,
    reuser: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(effect, after=after):
        delete(owner, reuser)
    delete(owner, reuser)

    sweep_for_an_hour(stack)

    assert stack.stored() == []


def test_an_archive_that_many_have_is_built_again(
    stack: Stack, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "HOLDERS_MAX", 2)

    jobs = [stack.job(stack.completed(**IDS)) for _ in range(4)]

    assert [job.home for job in jobs] == [owner, owner, jobs[2].job_id, jobs[2].job_id]


def test_a_failed_job_is_deleted_and_its_upload_goes_on(stack: Stack, failed: str) -> None:
    again = retry(failed)
    with crashing(PLAN_ADOPTED, after=True):
        stack.run_queue()
    stack.wake()

    delete(failed)
    assert stack.run_queue() == []
    sweep_for_an_hour(stack)

    assert stack.job(again).home == failed
    check_archive(stack.archive(again), PARTS)
    assert stack.stored(places.request(failed, "")[:-5]) == []


def test_an_heir_whose_claim_was_first_keeps_the_upload(stack: Stack, failed: str) -> None:
    again = retry(failed)

    with before(PLAN_ADOPTED, lambda: delete(failed)):
        stack.run_queue()
    sweep_for_an_hour(stack)

    assert stack.job(again).home == failed
    check_archive(stack.archive(again), PARTS)


def test_a_retry_that_claims_too_late_builds_anew(stack: Stack, failed: str) -> None:
    again = retry(failed)
    discards: list[bool] = []

    def delete_and_discard() -> None:
        delete(failed)
        discards.append(not stack.run_queue())

    with before(UPLOAD_CLAIMED, delete_and_discard):
        stack.run_queue()
    sweep_for_an_hour(stack)

    assert discards
    assert stack.job(again).status == "completed"
    check_archive(stack.archive(again), PARTS)


def test_what_an_heir_has_built_goes_with_the_heir(stack: Stack, failed: str) -> None:
    again = retry(failed)
    assert stack.run_queue() == []

    delete(failed, again)
    assert stack.stored("archives/") == []
    sweep_for_an_hour(stack)

    assert stack.stored() == []


def test_a_deleted_heir_leaves_the_request_of_the_failed_job(stack: Stack, failed: str) -> None:
    again = retry(failed)
    assert stack.run_queue() == []

    delete(again)
    sweep_for_an_hour(stack)

    assert stack.stored() == []
    assert stack.job(retry(failed)).status == "queued"
