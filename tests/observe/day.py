"""A day in the life of a stack: jobs that end in each way, and requests of each kind."""

import io
import zipfile
from dataclasses import dataclass
from uuid import uuid4

from tests.e2e.sources import MIB, noise
from tests.observe.expected import OUTCOMES
from tests.observe.stage import Stage
from tests.waiting import wait_for

_SLOW_FILES = 60
"""Six seconds, as each of them waits for DELAY_MS."""
_LARGE_FILES, _LARGE_BYTES = 41, 49 * MIB // 10
"""Too much work for one segment: it takes the steps `assemble` and `watch` too."""
_SEEN_SECONDS = 30
_ENDED_SECONDS = 60


@dataclass(frozen=True)
class Day:
    """The jobs of the day, by their ids."""

    completed: tuple[str, ...]
    reused: str
    failed: str
    retry: str
    cancelled: str

    @property
    def jobs(self) -> set[str]:
        return {*self.completed, self.reused, self.failed, self.retry, self.cancelled}


def lived(stage: Stage) -> Day:
    """Has all of it happen, and returns when it is counted. While the first job works, the metrics
    say that one is active; fails if they do not."""
    client, sources = stage.client, stage.sources
    many = sources.new_prefix()
    sources.put_many(many, ((f"{number:03}", b"slow") for number in range(_SLOW_FILES)))

    slow = client.export(prefix=many)
    _active(stage, 1)
    client.completed(slow, within=_ENDED_SECONDS)
    cancelled = _cancelled(stage, many)

    asked = [sources.put(noise(2000)).file_id, sources.put(noise(3000)).file_id]
    small = client.export(file_ids=asked)
    parts = sources.new_prefix()
    sources.put_many(
        parts, ((f"{number:03}", noise(_LARGE_BYTES)) for number in range(_LARGE_FILES))
    )
    large = client.export(prefix=parts)
    nowhere = sources.new_prefix()
    failed = client.export(prefix=nowhere)
    once = _repeated(stage)
    client.completed(small)
    reused = client.export(file_ids=asked)
    assert client.ended(failed)["status"] == "failed"
    sources.put_at(nowhere, "now", b"it is there")
    answer = client.post(f"/v1/export/{failed}/retry")
    retry = str(answer.json()["jobId"])
    for job_id in (large, once, reused, retry):
        client.completed(job_id, within=_ENDED_SECONDS)
    _asks_around(stage, small)
    stage.settle()
    wait_for(lambda: _steps_are_counted(stage), _ENDED_SECONDS, "a count of each step", pause=0.2)
    return Day((slow, small, large, once), reused, failed, retry, cancelled)


def _steps_are_counted(stage: Stage) -> bool:
    """Whether each line of a step is counted. The last one is that of the net, which does nothing
    that anybody waits for."""
    steps = [line for line in stage.logs.lines() if line.event in OUTCOMES]
    nets = [line for line in steps if line.facts["step"] == "watch"]
    return bool(nets) and stage.observe.metrics().total("export_steps_total") == len(steps)


def _active(stage: Stage, number: int) -> None:
    wait_for(
        lambda: stage.observe.metrics().value("export_jobs_active") == number,
        _SEEN_SECONDS,
        f"{number} active jobs in the metrics",
    )


def _cancelled(stage: Stage, prefix: str) -> str:
    """Cancels a job that works. Meanwhile one more job of the same user is refused."""
    client, user = stage.client, f"user-{uuid4()}"
    with stage.backstage.api_setting("MAX_OPEN_JOBS_PER_USER", "1"):
        job_id = client.export(prefix=prefix, user_id=user, fresh=True)
        stage.backstage.wait_until_counted(user, 1, _SEEN_SECONDS)
        refused = client.post("/v1/export", {"prefix": prefix, "user_id": user})
        assert refused.status_code == 429, refused.text
        cancelled = client.cancel(job_id)
        assert cancelled.ok, cancelled.text
    return job_id


def _repeated(stage: Stage) -> str:
    """Asks three times with the same key, which makes one job."""
    headers = {"Idempotency-Key": str(uuid4())}
    asked = {"file_ids": [stage.sources.put(b"once").file_id]}
    answers = [stage.client.post("/v1/export", asked, headers=headers) for _ in range(3)]
    (job_id,) = {answer.json()["jobId"] for answer in answers}
    return str(job_id)


def _asks_around(stage: Stage, job_id: str) -> None:
    """Sends requests of each kind, good and bad."""
    client = stage.client
    assert client.get("/health").status_code == 200
    assert client.visit("/").status_code == 200
    assert client.call("HEAD", "/health").status_code == 200
    assert client.get("/v1/export", query={"user_id": "nobody"}).status_code == 200
    assert client.get(f"/v1/export/{uuid4()}").status_code == 404
    assert client.get("/nowhere").status_code == 404
    assert client.visit("/assets/0/none.js").status_code == 404
    assert client.call("PUT", "/health").status_code == 405
    assert client.post("/v1/export", {"file_ids": "all"}).status_code == 400
    with zipfile.ZipFile(io.BytesIO(client.archive(job_id))) as archive:
        assert archive.testzip() is None
