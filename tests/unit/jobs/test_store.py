"""What the store writes beside the facts of a job."""

from dataclasses import replace

import pytest

from chalicelib.jobs import wake
from chalicelib.jobs.model import SUSPECTS_MAX, Failure, Job, PlanRef, Progress, file_mark
from chalicelib.jobs.states import Stage
from chalicelib.jobs.store import JobStore, Planned
from chalicelib.jobs.wake import ENDED_SHARDS, OPEN_SHARDS
from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import DAY, JOB_ID, NOW, a_job, some_services


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB("jobs", Clock(NOW))


@pytest.fixture
def store(dynamodb: DynamoDB) -> JobStore:
    return some_services(dynamodb=dynamodb).jobs


def test_open_jobs_and_ended_ones_have_shards_of_their_own(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    assert store.create(a_job(wake_at=NOW))
    open_shard = int(dynamodb.items[JOB_ID]["wakeShard"]["N"])
    assert store.fail(JOB_ID, NOW, Failure("given-up", "The job was given up", "…"))
    ended_shard = int(dynamodb.items[JOB_ID]["wakeShard"]["N"])

    assert open_shard in OPEN_SHARDS
    assert ended_shard in ENDED_SHARDS
    assert not set(OPEN_SHARDS) & set(ENDED_SHARDS)


def test_a_tombstone_is_among_the_ended_jobs_though_its_job_was_read_while_open(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    job = a_job(wake_at=NOW)
    assert store.create(job)
    assert store.cancel(JOB_ID, NOW)

    assert store.delete(job, NOW + 1)

    item = dynamodb.items[JOB_ID]
    assert int(item["wakeShard"]["N"]) in ENDED_SHARDS
    assert not item.keys() & {"userId", "request", "filename"}


def test_an_open_job_is_not_made_a_tombstone_nor_is_one_twice(store: JobStore) -> None:
    job = a_job(wake_at=NOW)
    assert store.create(job)

    assert store.delete(job, NOW) is None
    assert store.cancel(JOB_ID, NOW)
    assert store.delete(job, NOW) is not None
    assert store.delete(job, NOW) is None


PLAN = PlanRef("0123456789abcdef", "upload", 3)


@pytest.fixture
def started(store: JobStore) -> Job:
    assert store.create(a_job(wake_at=NOW))
    started = store.start(JOB_ID, NOW)
    assert started
    return started


def test_a_change_is_counted_once_and_takes_the_plan_away(store: JobStore, started: Job) -> None:
    planned = store.set_plan(started, NOW, Planned(PLAN, 2, 9, 0, ()))
    assert planned

    again = store.plan_again(planned, PLAN, NOW + 1, file_mark("in/a"))
    twin = store.plan_again(planned, PLAN, NOW + 1, file_mark("in/b"))

    assert again
    assert (again.plan, again.changes, again.stage) == (None, 1, Stage.PLANNING)
    assert again.previous_plan == PlanRef("0123456789abcdef", "upload", 3, JOB_ID)
    assert again.suspects == (file_mark("in/a"),)
    assert twin is None
    assert store.get(JOB_ID) == again


def test_a_change_is_counted_once_in_a_job_without_a_plan(store: JobStore, started: Job) -> None:
    again = store.plan_again(started, None, NOW, file_mark("in/a"))
    twin = store.plan_again(started, None, NOW, file_mark("in/b"))

    assert again
    assert (again.changes, again.suspects) == (1, (file_mark("in/a"),))
    assert not again.was_replanned
    assert twin is None


def test_a_change_that_was_found_before_there_was_a_plan_takes_none_away(
    store: JobStore, started: Job
) -> None:
    planned = store.set_plan(started, NOW, Planned(PLAN, 2, 9, 0, ()))

    assert store.plan_again(started, None, NOW, file_mark("in/a")) is None
    assert store.get(JOB_ID) == planned


def test_a_plan_of_before_a_change_is_not_taken(store: JobStore, started: Job) -> None:
    assert store.plan_again(started, None, NOW, file_mark("in/a"))

    assert store.set_plan(started, NOW, Planned(PLAN, 2, 9, 0, ())) is None
    assert store.adopt(started, started, PLAN, NOW) is None


def test_the_files_that_were_suspected_last_are_kept_each_once(
    store: JobStore, started: Job
) -> None:
    marks = [file_mark(f"in/{number % 30}") for number in range(40)]
    job = started
    for mark in marks:
        again = store.plan_again(job, None, NOW, mark)
        assert again
        job = again

    assert job.changes == 40
    assert job.suspects == tuple(marks[-SUSPECTS_MAX:])


def test_a_tombstone_does_not_know_which_files_were_suspected(
    store: JobStore, started: Job, dynamodb: DynamoDB
) -> None:
    again = store.plan_again(started, None, NOW, file_mark("in/a"))
    assert again
    assert store.cancel(JOB_ID, NOW)

    assert store.delete(again, NOW)

    assert "suspects" not in dynamodb.items[JOB_ID]


# -- what is to be announced --------------------------------------------------------------------

UNTOLD = {"acceptedUntold", "startedUntold", "endedUntold", *wake.ANNOUNCEMENT}


def _left(dynamodb: DynamoDB) -> set[str]:
    """Returns what the record says of what is untold."""
    return dynamodb.items[JOB_ID].keys() & UNTOLD


def test_the_write_that_ends_a_job_makes_its_end_untold(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    assert store.create(a_job())
    assert _left(dynamodb) == set()

    job = store.cancel(JOB_ID, NOW + 5)

    assert job is not None
    assert job.untold == (("ended", NOW + 5),)
    assert _left(dynamodb) == {"endedUntold", *wake.ANNOUNCEMENT}
    item = dynamodb.items[JOB_ID]
    assert item["announceAt"] == {"N": str(NOW + 5 + wake.ANNOUNCE_AFTER_MS)}
    assert int(item["announceShard"]["N"]) in wake.ANNOUNCE_SHARDS


def test_what_was_told_is_not_untold_any_more(store: JobStore, dynamodb: DynamoDB) -> None:
    assert store.create(a_job())
    job = store.cancel(JOB_ID, NOW)
    assert job is not None

    told = store.told(job)

    assert told is not None
    assert told == replace(job, untold=())
    assert _left(dynamodb) == set()
    assert store.told(job) is None  # a twin


def test_while_there_is_more_to_tell_nothing_is_told(store: JobStore, dynamodb: DynamoDB) -> None:
    accepted = a_job(untold=(("accepted", NOW),))
    assert store.create(accepted)
    both = store.start(JOB_ID, NOW + 1, is_told=True)
    assert both is not None

    assert store.told(accepted) is None

    assert [event for event, _ in both.untold] == ["accepted", "started"]
    assert _left(dynamodb) == {"acceptedUntold", "startedUntold", *wake.ANNOUNCEMENT}
    assert store.told(both) is not None
    assert _left(dynamodb) == set()


def test_a_start_that_nobody_wants_to_know_is_not_untold(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    assert store.create(a_job())

    assert store.start(JOB_ID, NOW) is not None

    assert _left(dynamodb) == set()


def test_progress_leaves_what_is_untold(store: JobStore, dynamodb: DynamoDB) -> None:
    assert store.create(a_job(untold=(("accepted", NOW),)))
    assert store.start(JOB_ID, NOW)

    assert store.report(JOB_ID, NOW + DAY, Stage.PLANNING, Progress(), None)

    assert _left(dynamodb) == {"acceptedUntold", *wake.ANNOUNCEMENT}


def test_the_end_of_a_deleted_job_stays_untold_and_its_notices_are_gone(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    assert store.create(a_job(has_notices=True))
    job = store.cancel(JOB_ID, NOW)
    assert job is not None
    assert job.has_notices

    tombstone = store.delete(job, NOW + 5)

    assert tombstone is not None
    assert (tombstone.untold, tombstone.has_notices) == ((("ended", NOW),), False)
    assert store.expects_notices(JOB_ID) is None
    assert store.told(tombstone) is not None


def test_a_job_is_told_that_somebody_wants_to_know_of_its_end(store: JobStore) -> None:
    assert store.create(a_job())

    seen = [store.expects_notices(JOB_ID), store.expects_notices(JOB_ID)]

    assert all(job is not None and job.has_notices for job in seen)
    assert store.expects_notices("no such job") is None


def test_an_announcement_is_taken_once_and_is_due_again_later(
    store: JobStore, dynamodb: DynamoDB
) -> None:
    due = some_services(dynamodb=dynamodb).due_announcements
    assert store.create(a_job())
    assert store.cancel(JOB_ID, NOW)
    now = NOW + wake.ANNOUNCE_AFTER_MS + 1

    taken = [due.take(JOB_ID, now - 1), due.take(JOB_ID, now), due.take(JOB_ID, now)]

    assert taken == [False, True, False]
    assert due.take(JOB_ID, now + wake.ANNOUNCE_AGAIN_MS + 1)


def test_what_was_told_is_not_taken(store: JobStore, dynamodb: DynamoDB) -> None:
    due = some_services(dynamodb=dynamodb).due_announcements
    assert store.create(a_job())
    job = store.cancel(JOB_ID, NOW)
    assert job is not None
    assert store.told(job)

    assert not due.take(JOB_ID, NOW + DAY)
    assert not due.take("no such job", NOW + DAY)
