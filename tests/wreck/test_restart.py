"""The emulator is stopped and started again while jobs run. It keeps its state."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra import daemon, ministack
from tests.e2e import deployment
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.wreck.jobs import Job, Jobs

pytestmark = pytest.mark.long

ENDED_SECONDS = 240
SAVED_SECONDS = 60.0


@dataclass(frozen=True)
class Keeping:
    """A stack on a MiniStack that saves its state when it is stopped properly."""

    jobs: Jobs
    state: Path

    def restart(self) -> None:
        """Stops MiniStack and its functions while they work, and starts it with its saved state."""
        running = daemon.recall(self.state / "process.json")
        assert running is not None
        running.stop(patience=SAVED_SECONDS)
        ministack.start(self.state)

    def ends_right(self, job: Job) -> bool:
        """Whether the job ends with a whole archive, or with the only failure that is allowed.

        MiniStack saves no open multipart uploads: a job may fail because its upload is gone.
        """
        job.seconds(ENDED_SECONDS)
        status = self.jobs.api.job(job.job_id)
        if status["status"] == "failed":
            return "upload of the archive was aborted" in status["error"]["detail"]
        self.jobs.check(job)
        return True


@pytest.fixture
def keeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    if deployment.target_name() != "ministack":
        pytest.skip("LocalStack keeps no state without an account")
    keeps = {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(tmp_path / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(tmp_path / "objects"),
    }
    spawn = daemon.spawn

    def keep(command: Any, *, environment: Any, **more: Any) -> daemon.Daemon:
        return spawn(command, environment={**environment, **keeps}, **more)

    monkeypatch.setattr(daemon, "spawn", keep)
    state = tmp_path / "ministack"
    with deployment.started("ministack", state) as outputs:
        backstage = Backstage(outputs)
        yield Keeping(Jobs(Api(outputs.api_url), backstage, Sources(backstage)), state)


def test_after_a_restart_no_job_ends_with_a_wrong_archive(keeping: Keeping) -> None:
    several = [keeping.jobs.planned(), keeping.jobs.read(), keeping.jobs.assembled()]
    for job in several:
        job.begin()

    keeping.restart()

    assert all(keeping.ends_right(job) for job in several)
