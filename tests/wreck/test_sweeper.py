"""The queue was purged and the workers are dead. The sweeper finds their jobs."""

from collections.abc import Sequence

from tests.wreck.jobs import Job, Jobs

SWEPT_SECONDS = 240
"""The sweeper runs every minute. It takes jobs that have not moved for 60 to 90 s."""


def test_jobs_complete_if_their_messages_and_workers_are_lost(
    orphans: Sequence[Job], jobs: Jobs
) -> None:
    for job in orphans:
        job.seconds(SWEPT_SECONDS)
        jobs.check(job)
