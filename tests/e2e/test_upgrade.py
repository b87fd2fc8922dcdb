"""Another version is deployed in the middle of a job, and the job completes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archives import check_archive
from tests.e2e import deployment
from tests.e2e.upgrading import WITHIN, Upgradable, app, half_done, send_the_others, upgradable

pytestmark = pytest.mark.skipif(
    deployment.target_name() != "ministack",
    reason="a stack of its own, which is deployed twice; what it shows is the same on each target",
)


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Upgradable]:
    with upgradable(tmp_path / "stack") as made:
        yield made


def test_a_job_of_the_version_before_goes_on_with_its_upload(
    before: Upgradable, tmp_path: Path
) -> None:
    job_id, files, plan = half_done(before)

    before.upgrade(app(tmp_path / "app", plans=+1))
    send_the_others(before, job_id, plan)
    before.api.completed(job_id, within=WITHIN)

    check_archive(before.api.archive(job_id), files, job_id=job_id)
    job = before.job(job_id)
    assert job.was_replanned
    assert job.plan
    assert (job.plan.upload, job.plan.digest != plan.digest) == (plan.upload, True)


def test_a_job_whose_layout_changes_is_built_anew(before: Upgradable, tmp_path: Path) -> None:
    job_id, files, plan = half_done(before)

    larger = "min_part: int = MIN_PART->min_part: int = MIN_PART + MIB"
    before.upgrade(app(tmp_path / "app", plans=+1, archive__scale=larger))
    send_the_others(before, job_id, plan)
    before.api.completed(job_id, within=WITHIN)

    check_archive(before.api.archive(job_id), files, job_id=job_id)
    job = before.job(job_id)
    assert job.was_replanned
    assert job.plan
    assert job.plan.upload != plan.upload
