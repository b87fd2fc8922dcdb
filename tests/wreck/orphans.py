"""Jobs whose workers are dead and whose messages are lost."""

from collections.abc import Sequence
from contextlib import ExitStack

from tests.e2e.backstage import Backstage
from tests.wreck import workers
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Job, Jobs
from tests.wreck.moments import named

AT_WORK = (
    "plan, before HeadObject",
    "read, before GetObject of /downloads/",
    "assemble, before UploadPart",
    "finalize, before CompleteMultipartUpload",
)
"""Where the workers die. An emulator has five workers for a queue."""


def made(rigged: Rigged, jobs: Jobs, backstage: Backstage) -> Sequence[Job]:
    """Makes an orphan for each of these moments.

    The queue is purged while the workers are held at their requests. Then they are killed.
    """
    moments = [named(name) for name in AT_WORK]
    orphans = [moment.job(jobs) for moment in moments]
    with ExitStack() as catching:
        processes = [
            catching.enter_context(workers.caught(rigged, job, moment))
            for job, moment in zip(orphans, moments, strict=True)
        ]
        backstage.sqs.purge_queue(QueueUrl=backstage.outputs.queue_url)
        for process in processes:
            workers.kill(process)
    return orphans
