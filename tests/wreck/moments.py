"""The moments at which the tests kill a worker: at a request of one step.

The worker dies before the request has its effect, or after it, but before the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.queue.messages import Step
from tests.wreck.asked import Asked, Service
from tests.wreck.jobs import Job, Jobs


@dataclass(frozen=True)
class Moment:
    """One moment. `job` makes a job that reaches it.

    The request contains `about`. It also contains the job's id, or is for one of the job's files.
    """

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
        """How many uploads stay open: 1 if the worker died before it stored the upload's id.

        The sweeper aborts such an upload when it is an hour old.
        """
        opened = self.operation == "CreateMultipartUpload" and self.after
        return int(opened or (self.about == "planDigest" and not self.after))

    def is_of(self, asked: Asked, job: Job) -> bool:
        """Whether the request is this one, for this job.

        For a file, only the request's own key counts. The manifest of another job with the same
        file contains that key too.
        """
        return (
            asked.operation == self.operation
            and asked.mentions(self.about)
            and (asked.mentions(job.job_id) or any(asked.is_for(file.key) for file in job.files))
        )


def named(name: str) -> Moment:
    """Returns the moment with this name."""
    return next(moment for moment in MOMENTS if str(moment) == name)


def of(step: Step, time: int) -> Moment:
    """Returns the moment for the nth kill of a worker at this step. The moments take turns."""
    moments = [moment for moment in MOMENTS if moment.step is step]
    return moments[time % len(moments)]


def _both(
    step: Step, job: Callable[[Jobs], Job], service: Service, operation: str, about: str = ""
) -> list[Moment]:
    return [Moment(step, job, service, operation, after, about) for after in (True, False)]


MOMENTS: Final = (
    *_both(Step.PLAN, Jobs.planned, "dynamodb", "UpdateItem", "planDigest"),
    *_both(Step.PLAN, Jobs.planned, "s3", "HeadObject"),
    *_both(Step.PLAN, Jobs.planned, "s3", "PutObject", "/index"),
    *_both(Step.PLAN, Jobs.planned, "s3", "CreateMultipartUpload"),
    *_both(Step.PLAN, Jobs.assembled, "sqs", "SendMessageBatch", "watch"),
    *_both(Step.PLAN, Jobs.assembled, "dynamodb", "GetItem"),
    *_both(Step.READ, Jobs.read, "s3", "PutObject", "/crc32-"),
    *_both(Step.READ, Jobs.read, "s3", "GetObject", "/downloads/"),
    *_both(Step.READ, Jobs.read, "sqs", "SendMessageBatch", "plan"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "dynamodb", "UpdateItem", "done"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "s3", "UploadPart"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "s3", "UploadPartCopy"),
    *_both(Step.ASSEMBLE, Jobs.assembled, "s3", "PutObject", "/tail-"),
    *_both(Step.FINALIZE, Jobs.assembled, "s3", "CompleteMultipartUpload"),
    *_both(Step.FINALIZE, Jobs.assembled, "dynamodb", "UpdateItem", "completed"),
    *_both(Step.FINALIZE, Jobs.assembled, "s3", "UploadPart", "partNumber=5"),
    *_both(Step.DISCARD, Jobs.discarded, "s3", "AbortMultipartUpload"),
    *_both(Step.DISCARD, Jobs.discarded, "s3", "DeleteObject", "archives/"),
)

STEPS: Final = tuple(dict.fromkeys(moment.step for moment in MOMENTS))
"""The steps of a worker. `announce` has a function of its own, which dies in
tests/integration/test_announcing_crashes.py."""
