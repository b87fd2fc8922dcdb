"""The sweeper finds jobs that nothing else moves, and jobs that have expired."""

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Source
from tests.waiting import wait_for

SWEPT_SECONDS = 180
"""The sweeper runs every minute, for the first time up to a minute after the deployment."""


def test_a_job_whose_message_was_never_sent_completes(
    api: Api, abandoned_job: tuple[str, Source]
) -> None:
    job_id, source = abandoned_job

    api.completed(job_id, within=SWEPT_SECONDS)

    check_archive(api.archive(job_id), [source], job_id=job_id)


def test_an_expired_archive_is_deleted_with_its_plan(
    api: Api, backstage: Backstage, expired_job: str
) -> None:
    def is_gone() -> bool:
        left = backstage.archive_objects(f"jobs/{expired_job}/")
        left += backstage.archive_objects(f"archives/{expired_job}")
        return [key.rpartition("/")[2].partition("-")[0] for key in left] == ["request"]

    wait_for(is_gone, SWEPT_SECONDS, f"the archive of {expired_job} to be deleted")

    assert api.job(expired_job)["status"] == "expired"
