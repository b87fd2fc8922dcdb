"""A stack of a test's own that another version is deployed to, and versions to deploy."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.jobs import items, places
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.queue.messages import Message, Step
from chalicelib.services import PLAN_VERSION
from infra import stack, targets
from infra.paths import REPOSITORY
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Source, Sources, noise
from tests.waiting import wait_for

WITHIN = 120
"""Seconds."""

_VERSION = "PLAN_VERSION: Final = {}\n"


@dataclass(frozen=True)
class Upgradable:
    """A stack, and the folder with its state."""

    state: Path
    api: Api
    backstage: Backstage
    sources: Sources

    def upgrade(self, app: Path, settings: Mapping[str, str] | None = None) -> None:
        """Deploys the app in this folder to the same stack."""
        target = targets.named("ministack")
        stack.up(target, self.state, target.usual_stack, sources=app, settings=settings)

    def job(self, job_id: str) -> Job:
        return items.to_job(self.backstage.record(job_id))


@contextmanager
def upgradable(state: Path) -> Iterator[Upgradable]:
    """Runs a stack of the version that is tested."""
    with stack.running(state) as outputs:
        backstage = Backstage(outputs)
        api = Api(outputs.api_url)
        yield Upgradable(state, api, backstage, Sources(backstage))
        api.close()


def app(folder: Path, *, plans: int = 0, **replaced: str) -> Path:
    """Copies what is deployed to the folder, with replacements of text by module, such as
    `archive__scale="old->new"` for chalicelib/archive/scale.py. Returns the folder.

    `plans` is added to the version of stored plans.
    """
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pyc*"))
    for name in ("app.py", "requirements.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    changes = dict(replaced)
    if plans:
        old, new = _VERSION.format(PLAN_VERSION), _VERSION.format(PLAN_VERSION + plans)
        changes["services"] = f"{old}->{new}"
    for module, change in changes.items():
        path = folder / "chalicelib" / f"{module.replace('__', '/')}.py"
        old, _, new = change.partition("->")
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return folder


def half_done(before: Upgradable) -> tuple[str, list[Source], PlanRef]:
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


def send_the_others(before: Upgradable, job_id: str, plan: PlanRef) -> None:
    """Sends the messages of the segments that are not built yet."""
    for number in range(1, plan.segments):
        message = Message(Step.ASSEMBLE, job_id, number, plan=plan.digest)
        before.backstage.send(message.to_body())
