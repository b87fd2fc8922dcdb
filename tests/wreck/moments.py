"""The moments in which a worker is killed: each a request of one step, before it has had its effect
or when it has had it and the worker does not know yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.queue.messages import Step
from tests.wreck.asked import Asked, Service
from tests.wreck.jobs import Job, Jobs


@dataclass(frozen=True)
class Moment:
    """`job` makes a job that comes there. `about` is in the request's key or body, besides the
    job's id; or its key is that of a file of the job's."""

    step: Step
    job: Callable[[Jobs], Job]
    service: Service
    operation: str
    after: bool
    about: str = ""

    def __str__(self) -> str:
        when = "after" if self.after else "before"
        return f"{self.step}, {when} {self.operation}{f' of {self.about}' if self.about else ''}"

    @property
    def uploads_left(self) -> int:
        """Nobody knows of an upload whose opener died before it could say so: the sweeper aborts it
        when it is an hour old."""
        opened = self.operation == "CreateMultipartUpload" and self.after
        return int(opened or (self.about == "planDigest" and not self.after))

    def is_of(self, asked: Asked, job: Job) -> bool:
        """Whether the request is this one, for that job.

        A file is known by the key that is asked for alone: the manifests of other jobs that share
        the file name it too.
        """
        return (
            asked.operation == self.operation
            and asked.mentions(self.about)
            and (asked.mentions(job.job_id) or any(asked.is_for(file.key) for file in job.files))
        )


def named(name: str) -> Moment:
    """The moment that is called so."""
    return next(moment for moment in MOMENTS if str(moment) == name)


def of(step: Step, time: int) -> Moment:
    """The moment in which a worker at that step is killed for the nth time: each in its turn."""
    moments = [moment for moment in MOMENTS if moment.step is step]
    return moments[time % len(moments)]


def _both(
    step: Step, job: Callable[[Jobs], Job], service: Service, operation: str, about: str = ""
) -> list[Moment]:
    return [Moment(step, job, service, operation, after, about) for after in (True, False)]


MOMENTS: Final = (
    *_both(Step.PLAN, Jobs.planned, "dynamodb", "UpdateItem", "planDigest"),
    *_both(Step.PLAN, Jobs.planned, "s3", "HeadObject"),
    *_both(Step.PLAN, Jobs.planned, "s3", "PutObject", "/plan"),
    *_both(Step.PLAN, Jobs.planned, "s3", "CreateMultipartUpload"),
    *_both(Step.PLAN, Jobs.assembled, "sqs", "SendMessageBatch", "assemble"),
    *_both(Step.PLAN, Jobs.planned, "dynamodb", "GetItem"),
    *_both(Step.READ, Jobs.read, "s3", "PutObject", "/crc32-"),
    *_both(Step.READ, Jobs.read, "s3", "GetObject", "/downloads/"),
    *_both(Step.READ, Jobs.read, "sqs", "SendMessageBatch", "plan"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "dynamodb", "UpdateItem", "done"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "s3", "UploadPart"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "s3", "UploadPartCopy"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "sqs", "SendMessageBatch", "finalize"),
    *_both(Step.FINALIZE, Jobs.assembled, "s3", "CompleteMultipartUpload"),
    *_both(Step.FINALIZE, Jobs.assembled, "dynamodb", "UpdateItem", "completed"),
    *_both(Step.FINALIZE, Jobs.assembled, "s3", "UploadPart", "partNumber=5"),
    *_both(Step.DISCARD, Jobs.discarded, "s3", "AbortMultipartUpload"),
    *_both(Step.DISCARD, Jobs.discarded, "s3", "DeleteObject", "archives/"),
)
