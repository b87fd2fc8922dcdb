"""Counts what the archives of a run were like. So nobody believes that a simulation covers what it
does not."""

from collections.abc import Iterator, Sequence

from chalicelib.archive.plan import Entry
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline.plans import Index


def of(job: Job, request: ExportRequest, planned: Sequence[Entry], index: Index) -> Iterator[str]:
    """Yields what is special of a completed job."""
    yield f"{job.format}, {request.compressing}"
    if job.archives > 1:
        yield f"{job.format}, {request.compressing}, split"
    if index.nested:
        yield f"{job.format}, nested"
    if job.home != job.job_id:
        yield f"{job.format}, {request.compressing}, of another job"
    runs = [entry for entry in planned if entry.packed]
    if not runs:
        return
    packs = {entry.copy for entry in runs if places.is_pack(entry.copy or "")}
    yield "packed in one pack" if len(packs) == 1 else "packed in several packs"
    if any(
        places.segment_of(entry.copy or "") and not places.is_pack(entry.copy or "")
        for entry in runs
    ):
        yield "a large file in several packs, its header apart"
    if any(not (entry.packed and entry.packed.files) for entry in runs):
        yield "a run without a header of a file"
    if len(runs) < len(planned):
        yield "packed, and some files left as they are"
    if any(segment.copied for segment in index.segments):
        yield "packed, and copied by S3"
    if job.changes:
        yield "packed, and planned again"
