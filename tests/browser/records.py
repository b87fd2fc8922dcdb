"""Jobs that do not change: tests write them into the table in the state that a page should show.

So there are no races. No worker works on them, and the sweeper ignores them for a day.
"""

import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from chalicelib.jobs import items
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.states import OPEN, Stage, Status
from tests.e2e.backstage import Backstage

MB = 1_000_000
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Records:
    """The jobs of one user."""

    backstage: Backstage
    user: str

    def put(self, filename: str, *, minutes_ago: float = 0.5, **facts: Any) -> str:
        """Makes a job, by default a queued one, changed by `facts`. Returns its id."""
        now = _now()
        created = now - int(minutes_ago * 60_000)
        job: dict[str, Any] = {
            "job_id": str(uuid4()),
            "user_id": self.user,
            "status": Status.QUEUED,
            "stage": Stage.QUEUED,
            "request": "0" * 16,
            "filename": filename,
            "total_files": 40,
            "created_at": created,
            "updated_at": now,
            "started_at": created,
            "expires_at": created + 7 * DAY * 1000,
            **facts,
        }
        if job["status"] in OPEN:
            job["wake_at"] = now + DAY * 1000
        record = Job(**job)
        self.backstage.put_record(items.from_job(record))
        return record.job_id

    def running(self, filename: str, percent: int = 41, **facts: Any) -> str:
        """Makes a running job whose archive of 200 MB is built to this percentage."""
        return self.put(
            filename,
            **{
                "status": Status.PROCESSING,
                "stage": Stage.ASSEMBLING,
                "bytes_total": 200 * MB,
                "bytes_done": percent * 2 * MB,
                "files_done": percent * 40 // 100,
                **facts,
            },
        )

    def completed(self, filename: str, **facts: Any) -> str:
        """Makes a completed job, but no archive."""
        whole: dict[str, Any] = {
            "status": Status.COMPLETED,
            "stage": Stage.DONE,
            "bytes_total": 200 * MB,
            "bytes_done": 200 * MB,
            "files_done": 40,
        }
        return self.put(filename, **{**whole, **facts})

    def failed(self, filename: str, slug: str, detail: str, **facts: Any) -> str:
        """Makes a failed job. `slug`: why, as at the end of a problem's type."""
        failure = Failure(slug, slug.replace("-", " ").capitalize(), detail)
        return self.put(filename, status=Status.FAILED, failure=failure, **facts)

    def cancelled(self, filename: str, **facts: Any) -> str:
        return self.running(filename, **{"status": Status.CANCELLED, **facts})

    def expired(self, filename: str, **facts: Any) -> str:
        return self.completed(filename, expires_at=_now() - 2 * HOUR * 1000, **facts)

    def change(self, job_id: str, **facts: Any) -> None:
        """Writes the job again with these facts, as a worker does."""
        job = items.to_job(self.backstage.record(job_id))
        self.backstage.put_record(items.from_job(replace(job, **{"updated_at": _now(), **facts})))

    def advance(self, job_id: str, percent: int) -> None:
        """Moves a running job to this percentage."""
        self.change(job_id, bytes_done=percent * 2 * MB, files_done=percent * 40 // 100)

    def finish(self, job_id: str, **facts: Any) -> None:
        """Completes a running job."""
        self.change(
            job_id,
            status=Status.COMPLETED,
            stage=Stage.DONE,
            bytes_done=200 * MB,
            files_done=40,
            wake_at=None,
            **facts,
        )


def _now() -> int:
    return time.time_ns() // 1_000_000
