"""Jobs whose workers are dead, and that no message is left of."""

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
"""What the workers were at. An emulator has five of them."""


def made(rigged: Rigged, jobs: Jobs, backstage: Backstage) -> Sequence[Job]:
    """One for each of these: the queue is purged while they are held, and then they die."""
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
