"""A job with its plan, and what each step that builds by a plan needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.jobs import places
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.pipeline import archive_index, plans, tail_sections, uploads
from chalicelib.pipeline.assembly import Builder, Upload
from chalicelib.pipeline.lease import Lease
from chalicelib.services import Services


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job with its plan, and what a step needs to work on it. `is_new`: no part of the segment
    that this step builds is there yet, but for those of a twin."""

    job: Job
    plan: PlanRef
    index: plans.Index
    services: Services
    lease: Lease
    is_new: bool = False

    @property
    def upload(self) -> Upload:
        """The upload of the archive itself."""
        return Upload(self.services.archive, self.job.archive_key, self.plan.upload)

    @property
    def sections(self) -> tail_sections.Sections:
        return tail_sections.Sections(self.services.archive, self.job.home, self.index)

    def write_index(self, segment: int | None, length: int, chunks: Iterator[bytes]) -> None:
        """Writes the index that stands beside the archive, or beside the one of several that this
        segment is. Raises what archive_index.write does."""
        number = None if segment is None else segment + 1
        key = places.archive_index(self.job.home, self.job.format, number)
        archive_index.write(key, length, chunks, self.lease)

    def slice(self, number: int) -> plans.Slice:
        return plans.load_slice(self.services.archive, self.job.home, self.index, number)

    def builder(self, of: plans.Slice, upload: Upload) -> Builder:
        """Returns what builds parts of this slice in this upload."""
        return Builder(
            services=self.services,
            lease=self.lease,
            form=self.index.form,
            source=self.index.source,
            upload=upload,
            entries=of.entries,
            offsets=of.offsets,
        )

    def shared_upload(self, number: int, key: str) -> Upload:
        """Returns the upload of a segment that is an object of its own. Twins share it."""
        media_type = self.index.form.MEDIA_TYPE
        return uploads.shared(self.services, self.job, number, key, media_type)


def planned_job(job: Job, plan: PlanRef, services: Services, lease: Lease) -> PlannedJob:
    """Returns the job with its plan. Raises plans.PlanUnusable."""
    index = lease.made
    if index is None or index.digest != plan.digest:
        version = services.plan_version
        index = plans.load(services.archive, job.home, plan.digest, version=version)
    lease.plan = plan.digest
    return PlannedJob(job, plan, index, services, lease)


def count(planned: PlannedJob, done: Iterable[int]) -> None:
    """Adds segments that are done to the progress that this worker reports."""
    for number in done:
        one = planned.index.segments[number]
        planned.lease.gathered(streamed=one.bytes - one.copied, copied=one.copied, files=one.files)
