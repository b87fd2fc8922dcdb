"""Erasing a user: all of their jobs are deleted, and nobody else's."""

import pytest

from chalicelib.errors import InvalidRequest, Unavailable
from chalicelib.http import users
from chalicelib.http.calls import Call
from chalicelib.jobs.wake import SETTLED_AFTER_MS
from chalicelib.pipeline import erasing
from chalicelib.pipeline.erasing import Erased
from chalicelib.pipeline.sweeper import sweep
from tests.integration.effects import ARCHIVE_DELETED, JOB_CANCELLED, JOB_DELETED, Effect, crashing
from tests.integration.gateway import call, cancel, export, status
from tests.integration.stack import Stack
from tests.integration.wire import SLOW_DOWN, answering, listening

NOBODY = Call({}, {}, {}, b"")


@pytest.fixture
def jobs(stack: Stack) -> list[str]:
    """The jobs of wilhelmina: two that share an archive, a failed, a cancelled, an open one."""
    stack.put_file("downloads/10001", b"one")
    asked = {"file_ids": [10001], "user_id": "wilhelmina"}
    made = []
    for more in ({}, {}, {"file_ids": [10009], "on_missing": "fail"}, {"filename": "x.zip"}):
        stack.clock.advance(seconds=1)
        made.append(export(**{**asked, **more}))
        if more == {"filename": "x.zip"}:
            cancel(made[-1])
        assert stack.run_queue() == []
    made.append(export(**asked))
    statuses = [status(job_id)["status"] for job_id in made]
    assert statuses == ["completed", "completed", "failed", "cancelled", "queued"]
    return made


def listed(user_id: str) -> list[str]:
    answer = call("GET", "/v1/export", query={"user_id": user_id})
    return [job["jobId"] for job in answer.body["jobs"]]


def sweep_until_settled(stack: Stack) -> None:
    for _ in range(2):
        stack.clock.advance(seconds=SETTLED_AFTER_MS / 1000 + 60)
        sweep(stack.services)
        assert stack.run_queue() == []


def test_nothing_of_an_erased_user_is_left(stack: Stack, jobs: list[str]) -> None:
    erased = erasing.erase_user(stack.services, "wilhelmina")

    assert erased == Erased(5, more=False)
    assert listed("wilhelmina") == []
    assert stack.stored("archives/") == []
    for job_id in jobs:
        assert call("GET", f"/v1/export/{job_id}").status == 404
        assert "wilhelmina" not in str(stack.item(job_id))
    sweep_until_settled(stack)
    assert stack.stored() == []


def test_what_the_user_has_exported_today_is_forgotten(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=1000)
    stack.put_file("downloads/10001", bytes(600))
    users_of_today = ("wilhelmina", "bo")
    for user_id in users_of_today:
        stack.completed(file_ids=[10001], user_id=user_id)

    erasing.erase_user(stack.services, "wilhelmina")

    now = stack.clock()
    used = [stack.services.quotas.used(user_id, now) for user_id in users_of_today]
    assert used == [0, 600]


def test_other_users_keep_their_jobs(stack: Stack, jobs: list[str]) -> None:
    other = stack.completed(file_ids=[10001], user_id="bo")

    erasing.erase_user(stack.services, "wilhelmina")
    sweep_until_settled(stack)

    assert listed("bo") == [other]
    assert stack.archive(other)


def test_a_call_deletes_a_part_and_says_that_there_is_more(stack: Stack, jobs: list[str]) -> None:
    calls = [erasing.erase_user(stack.services, "wilhelmina", 2) for _ in range(4)]

    assert calls == [
        Erased(2, more=True),
        Erased(2, more=True),
        Erased(1, more=False),
        Erased(0, more=False),
    ]


def test_a_call_ends_in_time(stack: Stack, jobs: list[str]) -> None:
    def take_six_seconds(operation: str, _: object) -> None:
        if operation == "SendMessageBatch":
            stack.clock.advance(seconds=6)

    with listening(take_six_seconds):
        erased = erasing.erase_user(stack.services, "wilhelmina")

    assert erased.more
    assert 1 <= erased.deleted_jobs < 5


def test_a_user_without_jobs_is_erased_already(stack: Stack) -> None:
    assert erasing.erase_user(stack.services, "nobody") == Erased(0, more=False)


@pytest.mark.parametrize("effect", [JOB_CANCELLED, JOB_DELETED, ARCHIVE_DELETED], ids=str)
def test_erasing_goes_on_after_a_crash(stack: Stack, jobs: list[str], effect: Effect) -> None:
    with crashing(effect, after=True):
        erasing.erase_user(stack.services, "wilhelmina")

    assert not erasing.erase_user(stack.services, "wilhelmina").more

    sweep_until_settled(stack)
    assert listed("wilhelmina") == []
    assert stack.stored() == []


@pytest.mark.usefixtures("no_backoff")
def test_erasing_without_s3_is_refused_and_can_be_repeated(stack: Stack, jobs: list[str]) -> None:
    with answering(SLOW_DOWN, "DeleteObject"), pytest.raises(Unavailable):
        erasing.erase_user(stack.services, "wilhelmina")

    assert not erasing.erase_user(stack.services, "wilhelmina").more
    sweep_until_settled(stack)
    assert stack.stored() == []


def test_the_route_says_how_many_jobs_it_has_deleted(stack: Stack, jobs: list[str]) -> None:
    reply = users.erase(NOBODY, stack.services, "wilhelmina")

    assert (reply.status, reply.content) == (200, {"deletedJobs": 5, "more": False})


@pytest.mark.parametrize("user_id", ["", "x" * 1025, "a\nb", "\ud800"])
def test_a_user_that_cannot_be_is_refused(stack: Stack, user_id: str) -> None:
    with pytest.raises(InvalidRequest, match="userId"):
        users.erase(NOBODY, stack.services, user_id)
