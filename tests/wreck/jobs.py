"""Small jobs for the wreck tests, one kind for each way through the pipeline, and their ends."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from chalicelib.archive import costs
from chalicelib.archive.plan import Entry
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Source, Sources, noise
from tests.waiting import wait_for

_PAUSE_SECONDS = 0.5
"""The pause between two looks at a job. Long, because many jobs run at the same time."""

_ABORTED_SECONDS = 30


@dataclass
class Job:
    """A job in the table. `begin` starts it. `ended` says, without the API, whether it has ended.

    `completes` says how it must end: completed, or cancelled.
    """

    job_id: str
    files: Sequence[Source]
    begin: Callable[[], object]
    ended: Callable[[], bool]
    completes: bool = True

    def seconds(self, within: float) -> float:
        """Waits for the end of the job. Returns the seconds from now on."""
        now = time.monotonic()
        wait_for(self.ended, within, f"the end of job {self.job_id}", pause=_PAUSE_SECONDS)
        return time.monotonic() - now


@dataclass(frozen=True)
class Flock:
    """A few jobs that run at the same time."""

    jobs: "Jobs"
    flock: Sequence[Job]

    def start(self) -> None:
        for job in self.flock:
            job.begin()

    def seconds(self, within: float) -> float:
        """Waits for the end of all jobs. Returns the seconds from now on."""
        now = time.monotonic()
        for job in self.flock:
            job.seconds(within)
        return time.monotonic() - now

    def check(self) -> None:
        """Fails unless each job has ended as it must.

        A job may leave an upload whose id is unknown, because the answer with it was lost. The
        sweeper aborts it when it is an hour old.
        """
        for job in self.flock:
            self.jobs.check(job, uploads_left=None)


@dataclass(frozen=True)
class Jobs:
    """Makes jobs. Thread-safe."""

    api: Api
    backstage: Backstage
    sources: Sources

    # -- jobs, by the step that does the work --------------------------------------------------

    def planned(self) -> Job:
        """A job for one small file. One message plans and builds it."""
        file = self.sources.put(noise(1000))
        job_id = handmade.queued(self.backstage, file.file_id)
        return self._completing(job_id, [file], [Message(Step.PLAN, job_id)])

    def read(self) -> Job:
        """A job for one file without a CRC-32 in S3. Three messages read it, then it is planned."""
        file = self.sources.put(noise(costs.STREAM_PART + MIB), checksum=False)
        cuts = (6 * MIB, 12 * MIB)
        job_id, messages = handmade.being_read(self.backstage, file, cuts)
        return self._completing(job_id, [file], messages)

    def assembled(self) -> Job:
        """A job for some files, streamed and copied, in several segments with a message each."""
        job_id = self._in_segments()
        return self._completing(job_id, self._files, [Message(Step.PLAN, job_id)])

    def discarded(self) -> Job:
        """A job with an open upload, which `begin` cancels."""
        job_id = self._in_segments()
        cancel = f"/v1/export/{job_id}"
        return Job(
            job_id,
            self._files,
            lambda: self.api.delete(cancel),
            lambda: not self.backstage.uploads(job_id),
            completes=False,
        )

    def flock(self) -> Flock:
        """Some jobs that complete, of each kind."""
        kinds = (self.planned, self.read, self.assembled, self.planned, self.assembled)
        return Flock(self, [kind() for kind in kinds])

    # -- how they end ---------------------------------------------------------------------------

    def check(self, job: Job, *, uploads_left: int | None = 0) -> None:
        """Fails unless the job has ended as it must. Deletes its archive.

        `uploads_left` is the expected number of open uploads; None is not checked.
        """
        status = self.api.job(job.job_id)
        if job.completes:
            assert status["status"] == "completed", status
            check_archive(self.api.archive(job.job_id), job.files, job_id=job.job_id)
            self.backstage.s3.delete_object(
                Bucket=self.backstage.outputs.archive_bucket, Key=status["result"]["s3Key"]
            )
        else:
            assert status["status"] == "cancelled", status
            assert not self.backstage.archive_objects(f"archives/{job.job_id}")
        if uploads_left is not None:
            # A second worker on the same step may be about to abort its own upload.
            wait_for(
                lambda: len(self.backstage.uploads(job.job_id)) == uploads_left,
                _ABORTED_SECONDS,
                f"{uploads_left} uploads of {job.job_id} to be left",
            )

    # -- private --------------------------------------------------------------------------------

    def _completing(self, job_id: str, files: Sequence[Source], messages: Sequence[Message]) -> Job:
        def begin() -> None:
            for message in messages:
                self.backstage.send(message.to_body())

        def ended() -> bool:
            # Not with the API: its functions would only answer these requests.
            status = self.backstage.record(job_id)["status"].get("S")
            return status not in ("queued", "processing")

        return Job(job_id, files, begin, ended)

    def _in_segments(self) -> str:
        # One part per segment. With real segments, the files would need gigabytes.
        return handmade.planned(self.backstage, *self._entries, segment_seconds=0.01)

    @cached_property
    def _files(self) -> list[Source]:
        return [
            self.sources.put(noise(6 * MIB), checksum=False),
            self.sources.put(noise(17 * MIB)),
            *(self.sources.put(noise(size)) for size in (0, 1000, 5 * MIB)),
            self.sources.put(noise(18 * MIB)),
            self.sources.put(b"the last"),
        ]

    @cached_property
    def _entries(self) -> list[Entry]:
        return [handmade.entry(self.backstage, file) for file in self._files]
