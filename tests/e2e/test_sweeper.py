"""A job is found by the sweeper when nothing else moves it, and when its time is over."""

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Source
from tests.waiting import wait_for

SWEPT_SECONDS = 180
"""The sweeper comes every minute, and the first time up to a minute after the deployment."""


def test_a_job_whose_message_was_never_sent_is_completed(
    api: Api, abandoned_job: tuple[str, Source]
) -> None:
    job_id, source = abandoned_job

    api.completed(job_id, within=SWEPT_SECONDS)

    check_archive(api.archive(job_id), [source], job_id=job_id)


def test_an_archive_is_deleted_when_it_has_expired_with_all_that_led_to_it(
    api: Api, backstage: Backstage, expired_job: str
) -> None:
    def is_gone() -> bool:
        left = backstage.archive_objects(f"jobs/{expired_job}/")
        left += backstage.archive_objects(f"archives/{expired_job}")
        return [key.rpartition("/")[2].partition("-")[0] for key in left] == ["request"]

    wait_for(is_gone, SWEPT_SECONDS, f"the archive of {expired_job} to be deleted")

    assert api.job(expired_job)["status"] == "expired"
