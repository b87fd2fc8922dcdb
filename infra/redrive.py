"""Puts back what the pipeline has given up, after the cause is mended.

A dead letter that is still in its queue goes back to where it came from. Most dead letters are not
there any more: their handler takes a letter at once, and fails its job as given up. Such a job is
retried, as by POST /v1/export/{jobId}/retry. The retry takes over what the job has uploaded, if
that is still possible.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config

from chalicelib import settings
from chalicelib.errors import GivenUp, LonghaulError
from chalicelib.jobs import items
from chalicelib.jobs.attributes import of
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.jobs.table import Table
from chalicelib.log import JsonLines
from chalicelib.pipeline import accepting
from chalicelib.queue.messages import BadMessage, Step, from_body
from chalicelib.services import Services, made, now_ms
from infra.console import Note, counted
from infra.outputs import Outputs

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_sqs import SQSClient

SINCE: Final = timedelta(hours=24)

_HIDDEN_SECONDS: Final = 60
"""How long a letter that is being moved is hidden from its handler."""

_WAIT_SECONDS: Final = 2
"""More than 0, so that SQS asks all of its servers for letters.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html"""


@dataclass(frozen=True)
class Redriven:
    """What a redrive did."""

    letters: int
    """Dead letters that were put back."""
    held: int
    """Dead letters that their handler has at the moment."""
    retried: tuple[tuple[str, str], ...]
    """The ids of each job that was retried, and of its retry."""
    refused: tuple[tuple[str, str], ...]
    """The id of each job that could not be retried, and the reason."""

    def __str__(self) -> str:
        lines = [f"Put back {counted(self.letters, 'message')}; retried {self._jobs()}"]
        lines += [f"  {old} -> {new}" for old, new in self.retried]
        lines += [f"Not retried: {job_id}: {reason}" for job_id, reason in self.refused]
        if self.held:
            lines.append(
                f"{counted(self.held, 'message')} more: the dead letters' handler has "
                f"{'it' if self.held == 1 else 'them'} just now. Run this again in six minutes."
            )
        return "\n".join(lines)

    def _jobs(self) -> str:
        return counted(len(self.retried), "job") + (":" if self.retried else ".")


class _OnlyTrouble(JsonLines):
    """Leaves out that jobs were accepted: `Redriven` says so in fewer words."""

    def info(self, event: str, /, **facts: object) -> None:
        pass


def redrive(session: "boto3.Session", outputs: Outputs, since: timedelta, note: Note) -> Redriven:
    """Puts back the dead letters, and retries the jobs that were given up within the last `since`.

    What was put back once is not put back again. So it may be called at any time, and repeated.
    """
    services = services_of(session, outputs)
    sqs = services.queue.client
    note("looking for dead letters")
    letters = put_back(
        sqs, outputs.dead_letter_queue_url, outputs.queue_url, outputs.announcement_queue_url
    )
    note("looking for jobs that were given up")
    from_then_on = now_ms() - int(since.total_seconds() * 1000)
    jobs = given_up(_failed_or_retries(services.jobs.table, from_then_on))
    retried, refused = [], []
    for job in jobs:
        try:
            retried.append((job.job_id, accepting.retry(services, job).job.job_id))
        except LonghaulError as error:
            refused.append((job.job_id, error.detail))
        note(f"{len(retried)} of {counted(len(jobs), 'job')} retried")
    held = _held(sqs, outputs.dead_letter_queue_url)
    return Redriven(letters, held, tuple(retried), tuple(refused))


def put_back(sqs: "SQSClient", source: str, steps: str, announcements: str) -> int:
    """Moves the dead letters of a queue back to where they came from. Returns how many.

    A message is deleted after the other queue has it. After a crash in between, both queues have
    it, which does no harm.
    """
    moved = 0
    while letters := sqs.receive_message(
        QueueUrl=source,
        MaxNumberOfMessages=10,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=_WAIT_SECONDS,
        MessageSystemAttributeNames=["MessageGroupId"],
    ).get("Messages", []):
        for letter in letters:
            # The group is the user: the queue stays as fair as it was.
            group: Any = {
                name: value
                for name, value in letter.get("Attributes", {}).items()
                if name == "MessageGroupId"
            }
            destination = announcements if _announces(letter["Body"]) else steps
            sqs.send_message(QueueUrl=destination, MessageBody=letter["Body"], **group)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def _announces(body: str) -> bool:
    """Whether a dead letter is of the queue of announcements."""
    try:
        return from_body(body).step is Step.ANNOUNCE
    except BadMessage:
        return False


def given_up(jobs: Iterable[Job]) -> list[Job]:
    """Returns the jobs that were given up and that nobody has retried, the oldest first."""
    found = list(jobs)
    retried = {job.retry_of for job in found}
    chosen = [
        job
        for job in found
        if job.failure and job.failure.slug == GivenUp.slug and job.job_id not in retried
    ]
    return sorted(chosen, key=lambda job: job.created_at)


def services_of(session: "boto3.Session", outputs: Outputs) -> Services:
    """Returns what the deployed API's function works with, with the settings of that function."""
    configured = session.client("lambda").get_function_configuration(
        FunctionName=outputs.api_function
    )
    # An emulator tells its functions its address, but does not show it in their configuration.
    place = {"AWS_ENDPOINT_URL": outputs.endpoint_url} if outputs.endpoint_url else {}
    config = settings.load({**configured["Environment"]["Variables"], **place})
    return made(
        config,
        dynamodb=session.client("dynamodb"),
        s3=session.client("s3", config=Config(signature_version="s3v4")),
        sqs=session.client("sqs"),
        log=_OnlyTrouble(),
    )


def _failed_or_retries(table: Table, since: int) -> Iterator[Job]:
    """Yields the jobs that have failed since then (milliseconds), and all retries.

    Reads the whole table. An index would cost one more write for each job, for a question that an
    operator asks once in a while.
    """
    pages = table.client.get_paginator("scan").paginate(
        TableName=table.name,
        ConsistentRead=True,
        FilterExpression="(#status = :failed AND updatedAt >= :since) OR attribute_exists(retryOf)",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":failed": of(Status.FAILED),
            ":since": of(since),
        },
    )
    for page in pages:
        for item in page["Items"]:
            yield items.to_job(item)


def _held(sqs: "SQSClient", url: str) -> int:
    name: Final = "ApproximateNumberOfMessagesNotVisible"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])
