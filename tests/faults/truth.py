"""How much of a job's archive can be done, by what is in S3 and in the table.

A worker counts bytes when S3 has copied them, or when it has read them. So no progress may be
larger than what all workers together have copied and read of the archive.
"""

import json
from dataclasses import dataclass, field

from chalicelib.archive.plan import data_offset
from chalicelib.jobs import places
from chalicelib.jobs.model import Job, PlanRef, Progress
from chalicelib.pipeline import plans
from chalicelib.pipeline.plans import Index, Slice
from tests.faults.expressions import Item
from tests.faults.s3 import S3


@dataclass(slots=True)
class Truth:
    """`archive` is the archive bucket's name, `items` are those of the table."""

    s3: S3
    archive: str
    items: dict[str, Item] = field(default_factory=dict)
    _plans: dict[tuple[str, str], tuple[Index, list[Slice]]] = field(default_factory=dict)

    def most(self, job: Job) -> Progress:
        """Returns the largest progress that a worker may report for the job just now."""
        if job.plan is None:
            return Progress()
        index, slices = self._plan(job.home, job.plan)
        done = self._done(job.home, job.plan)
        there = self._parts(job.archive_key, job.plan.upload)
        files = streamed = copied = 0
        for number, of in enumerate(slices):
            segment = index.segments[number]
            if number in done or (segment.joins and any(p.number in there for p in segment.joins)):
                files += segment.files
                copied += segment.copied
                streamed += segment.bytes - segment.copied
                continue
            parts: set[int] | None = there
            tail_start = index.tail_start
            if number < len(index.volumes):
                tail_start = index.volumes[number].size  # its tail counts, too
                key = places.archive(job.home, job.format, number + 1)
                parts = self._own_parts(job.home, job.plan, number, key)
            elif segment.joins:
                key = places.segment(job.home, job.plan.digest, number)
                parts = self._own_parts(job.home, job.plan, number, key)
            own_streamed, own_copied = self._begun(index, of, parts, tail_start)
            streamed += own_streamed
            copied += own_copied
            files += segment.files if own_streamed + own_copied else 0
        return Progress(files, streamed + copied, copied)

    def _begun(
        self, index: Index, of: Slice, there: set[int] | None, tail_start: int
    ) -> tuple[int, int]:
        """Returns the (streamed, copied) bytes of a segment that is not done."""
        streamed = copied = 0
        for part in of.parts:
            is_there = there is None or part.number in there
            length = min(part.end, tail_start) - part.start
            if part.copied is not None:
                copied += length if is_there else 0
            elif length > 0 and (is_there or self._is_read(index, of, part.start, part.end)):
                streamed += length
        return streamed, copied

    def _is_read(self, index: Index, of: Slice, start: int, end: int) -> bool:
        """Whether a worker has read any of the files in these bytes of the archive, or there is
        nothing to read."""
        needed = [
            entry.copy or entry.key
            for entry, offset in zip(of.entries, of.offsets, strict=True)
            if entry.size
            and offset < end
            and data_offset(index.form, entry, offset) + entry.size > start
        ]
        return not needed or any(key in self.s3.read for key in needed)

    def _plan(self, home: str, plan: PlanRef) -> tuple[Index, list[Slice]]:
        known = self._plans.get((home, plan.digest))
        if known is None:
            bucket = self.s3.bucket(self.archive)
            body = self.s3.objects[self.archive][places.index(home, plan.digest)].body
            version = json.loads(body)["version"]
            index = plans.load(bucket, home, plan.digest, version=version)
            numbers = range(len(index.segments))
            slices = [plans.load_slice(bucket, home, index, number) for number in numbers]
            known = self._plans[home, plan.digest] = index, slices
        return known

    def _done(self, home: str, plan: PlanRef) -> set[int]:
        item = self.items.get(places.done_segments(home, plan.digest), {})
        return {int(number) for number in item.get("done", {}).get("NS", [])}

    def _parts(self, key: str, upload_id: str) -> set[int]:
        """Returns the numbers of the archive's parts that are there. A finished archive has all."""
        upload = self.s3.uploads.get(upload_id)
        if upload is not None:
            return set(upload.parts)
        is_there = key in self.s3.objects[self.archive]
        return set(range(1, self.s3.limits.max_parts + 1)) if is_there else set()

    def _own_parts(self, home: str, plan: PlanRef, number: int, key: str) -> set[int] | None:
        """Returns the numbers of the parts of the upload of a segment that is an object of its own;
        None: all of them."""
        if key in self.s3.objects[self.archive]:
            return None
        item = self.items.get(places.segment_upload(home, plan.digest, number))
        upload = self.s3.uploads.get(item["uploadId"]["S"]) if item else None
        return set(upload.parts) if upload else set()
