"""Bugs that the simulation found in the pipeline, each in a test that is as small as possible."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.archive.layout import lay_out
from chalicelib.archive.manifest import Head
from chalicelib.archive.names import archive_filename
from chalicelib.errors import NothingToDo, Unavailable
from chalicelib.jobs import attributes, places
from chalicelib.jobs.due import DueJobs
from chalicelib.jobs.model import MISSING_INLINE, Failure, Job, PlanRef, Progress
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.jobs.states import Stage, Status
from chalicelib.jobs.store import JobStore, Planned
from chalicelib.pipeline import planning, plans, steps, sweeper
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.dead_letters import bury
from chalicelib.pipeline.lease import Lease
from chalicelib.queue.messages import Message, Step, from_body
from chalicelib.services import Services, made
from chalicelib.settings import load
from chalicelib.sources.find import find
from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB, item_size
from tests.faults.s3 import S3
from tests.faults.sqs import SQS, QueueState

JOB_ID = "00000000-0000-4000-8000-000000000001"
ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "QUEUE_URL": "exports",
    "ANNOUNCEMENT_QUEUE_URL": "announcements",
    "SOURCE_BUCKET": "source",
    "ARCHIVE_BUCKET": "archive",
}
REASON = Failure("source-changed", "A source file changed", "it was overwritten")
JOB = Job(
    job_id=JOB_ID,
    user_id="ann",
    status=Status.QUEUED,
    stage=Stage.QUEUED,
    request="0123456789abcdef",
    filename="x.zip",
    total_files=1,
    created_at=0,
    updated_at=0,
    expires_at=1000,
    wake_at=0,
)


class Twice:
    """A client that sends each write twice, as botocore does when an answer was lost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        send = getattr(self._client, operation)

        def request(**asked: Any) -> Any:
            send(**asked)
            return send(**asked)

        return request


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(clock: Clock) -> DynamoDB:
    return DynamoDB("jobs", clock)


@pytest.fixture
def s3(clock: Clock) -> S3:
    return S3(["source", "archive"], clock)


@pytest.fixture
def sqs(clock: Clock) -> SQS:
    queues = {"exports": QueueState(30), "dead": QueueState(30)}
    return SQS(queues, clock, dead_letters="dead")


@pytest.fixture
def services(dynamodb: Any, s3: Any, sqs: Any, clock: Clock) -> Services:
    return made(load(ENVIRONMENT), dynamodb=dynamodb, s3=s3, sqs=sqs, now=clock)


@pytest.fixture
def jobs(services: Services) -> JobStore:
    return services.jobs


def planned(services: Services) -> str:
    """Plans JOB. Returns the id of its upload."""
    services.jobs.create(JOB)
    services.jobs.start(JOB_ID, 1)
    head = Head(JOB_ID, 0)
    plan = lay_out([], head)
    version = services.plan_version
    index = plans.store(services.archive, JOB_ID, plan, head, "fingerprint", version=version)
    upload = services.archive.create_upload(JOB.archive_key, "application/zip")
    set_plan(services.jobs, PlanRef(index.digest, upload, index.final))
    return upload


def set_plan(jobs: JobStore, plan: PlanRef) -> Job | None:
    return jobs.set_plan(JOB, 2, Planned(plan, 0, 9, 0, ()))


def sent(sqs: SQS) -> list[Step]:
    return [from_body(held.body).step for held in sqs.queues["exports"].messages.values()]


def test_a_write_that_was_sent_twice_is_known_as_ones_own(jobs: JobStore) -> None:
    client: Any = Twice(jobs.table.client)
    jobs = replace(jobs, table=replace(jobs.table, client=client))
    plan = PlanRef("digest", "upload", 1)

    assert jobs.create(JOB)
    assert jobs.start(JOB_ID, 1)
    assert set_plan(jobs, plan) == jobs.get(JOB_ID)
    assert jobs.cancel(JOB_ID, 3)


def test_a_write_of_another_worker_is_not(jobs: JobStore) -> None:
    jobs.create(JOB)
    jobs.start(JOB_ID, 1)
    set_plan(jobs, PlanRef("digest", "upload", 1))

    assert not jobs.create(replace(JOB, created_at=1))
    assert set_plan(jobs, PlanRef("digest", "another", 1)) is None
    assert jobs.fail(JOB_ID, 4, REASON)
    assert jobs.cancel(JOB_ID, 4) is None


def test_an_upload_that_the_job_has_taken_is_not_aborted(services: Services, s3: S3) -> None:
    upload = planned(services)

    current = planning._planned_by_twin(JOB.archive_key, upload, Lease(services, JOB_ID, None))

    assert current.plan
    assert list(s3.uploads) == [upload]


def test_an_upload_that_the_job_has_not_taken_is_aborted(services: Services, s3: S3) -> None:
    upload = planned(services)
    mine = services.archive.create_upload(JOB.archive_key, "application/zip")

    with pytest.raises(Unavailable):
        planning._planned_by_twin(JOB.archive_key, mine, Lease(services, JOB_ID, None))

    assert list(s3.uploads) == [upload]


def test_what_a_worker_left_that_died_as_its_job_ended_is_discarded(
    services: Services, s3: S3
) -> None:
    planned(services)
    services.jobs.cancel(JOB_ID, 3)
    services.archive.write(JOB.archive_key, b"completed at the last moment, by a worker that died")
    services.archive.create_upload(JOB.archive_key, "opened by one that could not note it")
    services.archive.create_upload(places.segment(JOB_ID, "0123", 1), "of a segment")

    steps.run(Message(Step.DISCARD, JOB_ID), Lease(services, JOB_ID, None))

    assert s3.uploads == {}
    assert JOB.archive_key not in s3.objects["archive"]


@pytest.mark.parametrize("step", [Step.PLAN, Step.FINALIZE])
def test_a_step_that_comes_after_the_end_does_nothing(
    services: Services, s3: S3, step: Step
) -> None:
    upload = planned(services)
    services.jobs.fail(JOB_ID, 3, REASON)

    with pytest.raises(NothingToDo):
        steps.run(Message(step, JOB_ID), Lease(services, JOB_ID, None))

    assert list(s3.uploads) == [upload]


def test_a_late_finalize_leaves_the_archive_of_a_completed_job(services: Services, s3: S3) -> None:
    planned(services)
    job = services.jobs.get(JOB_ID)
    assert job
    assert job.plan
    services.jobs.complete(job, job.plan, 3, 1000, done=Progress(), wake_at=1000)
    services.archive.write(JOB.archive_key, b"archive")

    with pytest.raises(NothingToDo):
        steps.run(Message(Step.FINALIZE, JOB_ID), Lease(services, JOB_ID, None))

    assert s3.objects["archive"][JOB.archive_key].body == b"archive"


def test_hiding_a_message_that_another_worker_has_acknowledged_is_no_error(
    services: Services, sqs: SQS
) -> None:
    services.queue.send([Message(Step.PLAN, JOB_ID)], "ann")
    [held] = sqs.visible("exports")
    record = sqs.hand_out("exports", held)
    sqs.delete_message(QueueUrl="exports", ReceiptHandle=record["receiptHandle"])

    services.queue.hide(record["receiptHandle"], 45)


def test_a_discard_that_was_given_up_is_not_sent_again(services: Services, sqs: SQS) -> None:
    planned(services)
    services.jobs.fail(JOB_ID, 3, REASON)

    bury([{"messageId": "1", "body": Message(Step.DISCARD, JOB_ID).to_body()}], services)

    assert sent(sqs) == []


class Lagging(DueJobs):
    """An index that still has a job that was woken a moment ago."""

    def due(self, *_: object) -> Iterator[str]:
        return iter([JOB_ID])


def test_a_job_that_was_just_woken_is_not_given_up(services: Services) -> None:
    services = replace(services, due_jobs=Lagging(services.jobs.table))
    services.jobs.create(replace(JOB, wake_at=1, sweeps=sweeper.SWEEPS_MAX))

    assert sweeper.sweep(services) == 0

    job = services.jobs.get(JOB_ID)
    assert job
    assert job.status is Status.QUEUED


@pytest.mark.parametrize(("age", "aborted"), [(3_600_000, 0), (3_600_001, 1)])
def test_an_upload_that_no_record_names_is_aborted_when_it_is_an_hour_old(
    services: Services, clock: Clock, age: int, aborted: int
) -> None:
    services.archive.create_upload(JOB.archive_key, "application/zip")
    clock.now = age

    assert abort_abandoned(services) == aborted


def test_the_record_stays_below_2_kb_with_the_longest_texts(
    jobs: JobStore, dynamodb: DynamoDB
) -> None:
    filename = archive_filename("😀" * 200, JOB_ID)
    jobs.create(replace(JOB, user_id="😀" * 128, filename=filename))
    jobs.start(JOB_ID, 1)
    missing = ("x" * (MISSING_INLINE - len('[""]')),)
    plan = PlanRef("d" * 16, "u" * 128, 9_999)
    jobs.set_plan(JOB, 2, Planned(plan, 10_000, 2**46, 10_000, missing))
    jobs.record_reason(JOB_ID, "字" * 1000)
    open_size = item_size(dynamodb.items[JOB_ID])
    jobs.fail(JOB_ID, 3, replace(REASON, detail="字" * 1000))
    failed_size = item_size(dynamodb.items[JOB_ID])

    assert max(open_size, failed_size) < 2048


@pytest.mark.parametrize(
    ("text", "size", "cut"),
    [("abc", 3, "abc"), ("abcdef", 5, "ab…"), ("字字", 6, "字字"), ("字字字", 8, "字…")],
)
def test_a_text_is_cut_to_its_bytes(text: str, size: int, cut: str) -> None:
    assert attributes.cut(text, size) == cut


def test_an_archives_name_fits_a_file_system() -> None:
    name = archive_filename("ж" * 200 + ".ZIP", JOB_ID)

    assert len(name.encode()) <= 255
    assert name.startswith("ж" * 100)
    assert name.endswith(".ZIP")


@pytest.mark.parametrize("first", [0, 1])
def test_the_null_version_of_a_file_is_there_once_beside_its_prefix(
    services: Services, s3: S3, first: int
) -> None:
    """A bucket without versions. moto does not know that "null" names the only one there."""
    s3.put_object(Bucket="source", Key="in/a", Body=b"a")
    wanted = [Wanted(key="in/a", version="null"), Wanted(prefix="in/")]
    request = ExportRequest(files=(wanted[first], wanted[1 - first]))

    found = find(request, services, lambda: None)

    assert [entry.name for entry in found.entries] == ["in/a"]
