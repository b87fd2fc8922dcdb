"""Another version is deployed in the middle of a job, and the job completes."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.jobs import items, places
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.queue.messages import Message, Step
from chalicelib.services import PLAN_VERSION
from infra import stack, targets
from infra.paths import REPOSITORY
from tests.archives import check_archive
from tests.e2e import deployment, handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Source, Sources, noise
from tests.waiting import wait_for

WITHIN = 120
"""Seconds."""

VERSION = f"PLAN_VERSION: Final = {PLAN_VERSION}\n"

pytestmark = pytest.mark.skipif(
    deployment.target_name() != "ministack",
    reason="a stack of its own, which is deployed twice; what it shows is the same on each target",
)


@dataclass(frozen=True)
class Upgradable:
    """A stack of the version before, and the folder with its state."""

    state: Path
    api: Api
    backstage: Backstage
    sources: Sources

    def upgrade(self, app: Path) -> None:
        """Deploys the app in this folder to the same stack."""
        target = targets.named("ministack")
        stack.up(target, self.state, target.usual_stack, sources=app)

    def job(self, job_id: str) -> Job:
        return items.to_job(self.backstage.record(job_id))


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Upgradable]:
    with stack.running(tmp_path / "stack") as outputs:
        backstage = Backstage(outputs)
        api = Api(outputs.api_url)
        yield Upgradable(tmp_path / "stack", api, backstage, Sources(backstage))
        api.close()


def _app(folder: Path, **replaced: str) -> Path:
    """Copies what is deployed to the folder, with a new version of plans, and other replacements of
    text by module (`archive__scale` is chalicelib/archive/scale.py)."""
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pyc*"))
    for name in ("app.py", "requirements.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    changes = {"services": f"{VERSION}->PLAN_VERSION: Final = {PLAN_VERSION + 1}\n", **replaced}
    for module, change in changes.items():
        path = folder / "chalicelib" / f"{module.replace('__', '/')}.py"
        old, _, new = change.partition("->")
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return folder


def _half_done(before: Upgradable) -> tuple[str, list[Source], PlanRef]:
    """Makes a job of several segments, of which the first is built."""
    files = [before.sources.put(noise(size * MIB)) for size in (11, 12, 13, 14)]
    job_id = handmade.planned_again(before.backstage, *files)
    plan = before.job(job_id).plan
    assert plan is not None
    assert plan.segments >= 3
    before.backstage.send(Message(Step.ASSEMBLE, job_id, 0, plan=plan.digest).to_body())
    done = places.done_segments(job_id, plan.digest)
    wait_for(lambda: before.backstage.record(done), WITHIN, "the first segment to be done")
    return job_id, files, plan


def _send_the_others(before: Upgradable, job_id: str, plan: PlanRef) -> None:
    for number in range(1, plan.segments):
        message = Message(Step.ASSEMBLE, job_id, number, plan=plan.digest)
        before.backstage.send(message.to_body())


def test_a_job_of_the_version_before_goes_on_with_its_upload(
    before: Upgradable, tmp_path: Path
) -> None:
    job_id, files, plan = _half_done(before)

    before.upgrade(_app(tmp_path / "app"))
    _send_the_others(before, job_id, plan)
    before.api.completed(job_id, within=WITHIN)

    check_archive(before.api.archive(job_id), files, job_id=job_id)
    job = before.job(job_id)
    assert job.was_replanned
    assert job.plan
    assert (job.plan.upload, job.plan.digest != plan.digest) == (plan.upload, True)


def test_a_job_whose_layout_changes_is_built_anew(before: Upgradable, tmp_path: Path) -> None:
    job_id, files, plan = _half_done(before)

    larger = "min_part: int = MIN_PART->min_part: int = MIN_PART + MIB"
    before.upgrade(_app(tmp_path / "app", archive__scale=larger))
    _send_the_others(before, job_id, plan)
    before.api.completed(job_id, within=WITHIN)

    check_archive(before.api.archive(job_id), files, job_id=job_id)
    job = before.job(job_id)
    assert job.was_replanned
    assert job.plan
    assert job.plan.upload != plan.upload
