"""The queue was purged, and the workers are dead: the sweeper finds the jobs that are left."""

from collections.abc import Sequence

from tests.wreck.jobs import Job, Jobs

SWEPT_SECONDS = 240
"""The sweeper comes each minute, for jobs that nothing has moved for one to one and a half."""


def test_jobs_complete_if_their_messages_and_workers_are_lost(
    orphans: Sequence[Job], jobs: Jobs
) -> None:
    for job in orphans:
        job.seconds(SWEPT_SECONDS)
        jobs.check(job)
