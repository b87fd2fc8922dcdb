"""What a redrive puts back, in which order, and what it says about it."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.jobs.model import Failure
from chalicelib.jobs.states import Status
from chalicelib.queue.messages import Message, Step
from infra.redrive import Redriven, given_up, put_back
from tests.unit.samples import JOB_ID, NOW, a_job

GIVEN_UP = Failure("given-up", "The job was given up", "its worker died each time")
DENIED = Failure("access-denied", "Access to the storage was denied", "not allowed")


@dataclass
class Letters:
    """Two queues as one client. It hands out the messages of `dead`, ten at a time, and takes up to
    `room` messages into `live`."""

    dead: list[dict[str, Any]]
    room: int = 1000
    live: list[tuple[str, str | None]] = field(default_factory=list)
    announcements: list[str] = field(default_factory=list)

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        assert asked["QueueUrl"] == "dead"
        return {"Messages": self.dead[: asked["MaxNumberOfMessages"]]} if self.dead else {}

    def send_message(self, **asked: Any) -> None:
        if asked["QueueUrl"] == "announcements":
            self.announcements.append(asked["MessageBody"])
            return
        assert asked["QueueUrl"] == "live"
        if len(self.live) == self.room:
            raise ConnectionError
        self.live.append((asked["MessageBody"], asked.get("MessageGroupId")))

    def delete_message(self, **asked: Any) -> None:
        assert asked["QueueUrl"] == "dead"
        self.dead = [one for one in self.dead if one["ReceiptHandle"] != asked["ReceiptHandle"]]


def letter(number: int, group: str | None = None) -> dict[str, Any]:
    attributes = {"Attributes": {"MessageGroupId": group, "SenderId": "x"}} if group else {}
    return {"Body": f"body {number}", "ReceiptHandle": f"receipt {number}", **attributes}


def test_all_letters_are_moved_and_keep_their_group() -> None:
    sqs: Any = Letters([letter(0, "ann"), *map(letter, range(1, 23))])

    assert put_back(sqs, "dead", "live", "announcements") == 23

    assert sqs.dead == []
    assert sqs.live == [("body 0", "ann"), *((f"body {n}", None) for n in range(1, 23))]


def test_a_letter_that_the_queue_does_not_take_stays_where_it_is() -> None:
    sqs: Any = Letters([letter(n) for n in range(3)], room=1)

    with pytest.raises(ConnectionError):
        put_back(sqs, "dead", "live", "announcements")

    assert [one["Body"] for one in sqs.dead] == ["body 1", "body 2"]


def test_an_announcement_goes_back_to_its_own_queue() -> None:
    announcement = Message(Step.ANNOUNCE, JOB_ID).to_body()
    sqs: Any = Letters([{"Body": announcement, "ReceiptHandle": "a"}, letter(1)])

    assert put_back(sqs, "dead", "live", "announcements") == 2

    assert (sqs.announcements, sqs.live) == ([announcement], [("body 1", None)])


def test_jobs_that_were_given_up_are_retried_once_and_the_oldest_first() -> None:
    jobs = [
        a_job(job_id="newer", status=Status.FAILED, failure=GIVEN_UP, created_at=NOW + 1),
        a_job(job_id="older", status=Status.FAILED, failure=GIVEN_UP),
        a_job(job_id="denied", status=Status.FAILED, failure=DENIED),
        a_job(job_id="retried", status=Status.FAILED, failure=GIVEN_UP),
        a_job(job_id="retry", status=Status.PROCESSING, retry_of="retried"),
    ]

    assert [job.job_id for job in given_up(jobs)] == ["older", "newer"]


def test_a_retry_that_was_given_up_too_is_retried() -> None:
    jobs = [
        a_job(job_id="first", status=Status.FAILED, failure=GIVEN_UP),
        a_job(job_id="second", status=Status.FAILED, failure=GIVEN_UP, retry_of="first"),
    ]

    assert [job.job_id for job in given_up(jobs)] == ["second"]


def test_the_summary_says_what_was_put_back_and_what_was_not() -> None:
    told = str(Redriven(3, 1, (("old", "new"), ("a", "b")), (("gone", "it is not kept"),)))

    assert told.splitlines() == [
        "Put back 3 messages; retried 2 jobs:",
        "  old -> new",
        "  a -> b",
        "Not retried: gone: it is not kept",
        "1 message more: the dead letters' handler has it just now. Run this again in six minutes.",
    ]


def test_the_summary_is_one_line_if_nothing_was_put_back() -> None:
    assert str(Redriven(0, 0, (), ())) == "Put back 0 messages; retried 0 jobs."
