"""A job is found by the sweeper when nothing else moves it."""

from tests.e2e.api import Api
from tests.e2e.archives import check_archive
from tests.e2e.sources import Source

SWEPT_SECONDS = 180
"""The sweeper comes every minute, and the first time up to a minute after the deployment."""


def test_a_job_whose_message_was_never_sent_is_completed(
    api: Api, abandoned_job: tuple[str, Source]
) -> None:
    job_id, source = abandoned_job

    api.completed(job_id, within=SWEPT_SECONDS)

    check_archive(api.archive(job_id), [source], job_id)
