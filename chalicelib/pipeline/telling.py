"""Has a job announced: sends the step `announce`, which a queue of its own takes."""

from chalicelib.errors import LonghaulError
from chalicelib.jobs.model import Job
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services


def send_announcement(services: Services, job: Job) -> None:
    """Sends the step. If that fails, the sweeper sends it: the record says what is untold."""
    message = Message(Step.ANNOUNCE, job.job_id)
    try:
        services.announcements.send([message], job.user_id or job.job_id)
    except LonghaulError as error:
        services.log.warning("step not sent", jobId=job.job_id, reason=error.detail)
