"""Puts bugs into the pipeline, one at a time, to see that the simulation finds each of them.

`python -m tests.faults.mutants` says how many seeds each bug survives. "Found here" marks a real
bug that the simulation has found.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import click

from chalicelib import errors
from chalicelib.archive.tail import Section
from chalicelib.aws import translated
from chalicelib.errors import LonghaulError, NothingToDo, Unavailable
from chalicelib.jobs import items, quotas, store, table, wake
from chalicelib.jobs.model import Failure, Job, PlanRef, Progress
from chalicelib.jobs.segments import SegmentStore
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.table import Table
from chalicelib.pipeline import (
    build,
    discard,
    endings,
    finishing,
    planning,
    steps,
    sweeper,
    worker,
)
from chalicelib.pipeline.assembly import Upload
from chalicelib.pipeline.claims import Claim
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.planned import PlannedJob, count
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import Queue
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import UploadedPart
from chalicelib.services import Services
from chalicelib.sources import telling
from tests.faults.announcing_mutants import (
    ANNOUNCING_MUTANTS,
    told_before_the_notices_are_claimed,
)
from tests.faults.direct_mutants import DIRECT_MUTANTS, older_etags_alone
from tests.faults.format_mutants import FORMAT_MUTANTS, RARE_FORMAT_MUTANTS
from tests.faults.kinds import SINGLE, Kind
from tests.faults.reuse_mutants import REUSE_MUTANTS, archive_shared_in_two_writes
from tests.faults.simulate import run_each, run_seed
from tests.faults.small_mutants import SMALL_MUTANTS
from tests.faults.source_mutants import SOURCE_MUTANTS, Change
from tests.faults.span_mutants import SPAN_MUTANTS

MOST_SEEDS: Final = 2000


def status_written_unconditionally() -> Iterator[Change]:
    """A step writes a job's status without looking at the present one."""
    yield store, "origins", lambda _: frozenset(Status)


def segments_counted() -> Iterator[Change]:
    """Done segments are counted, and not kept as a set: a segment that is built twice counts
    twice."""

    def add(self: SegmentStore, job: Job, plan: PlanRef, _: int) -> frozenset[int]:
        counted = self.table.update(
            f"{job.home}/{plan.digest}/segments",
            "count a segment",
            "ADD done :one",
            {"one": {"N": "1"}},
        )
        return frozenset(range(int((counted or {})["done"]["N"])))

    def done(*_: object) -> frozenset[int]:
        return frozenset()

    yield SegmentStore, "add", add
    yield SegmentStore, "done", done


def acknowledged_before_the_effect() -> Iterator[Change]:
    """A step that should be tried again is acknowledged. The sweeper still saves the jobs."""
    yield worker, "_retried", lambda *_: True


def finalize_lost() -> Iterator[Change]:
    """Only the worker that counts the last segment finalizes. If it dies, nobody does so: no worker
    that gets the segment again, and no sweeper sends the step."""

    def assemble(planned: PlannedJob, segment: int) -> None:
        segments, plan = planned.services.segments, planned.plan
        done = segments.done(planned.job, plan)
        count(planned, done - {segment})
        if segment not in done:
            build.build_segment(planned, segment)
            done = segments.add(planned.job, plan, segment)
            planned.lease.report(planned.services.now())
            if len(done) == plan.segments:
                steps.finalize(planned)

    following = planning.following

    def not_finalize(job: Job, services: Services) -> list[Message]:
        return [one for one in following(job, services) if one.step is not Step.FINALIZE]

    yield steps, "assemble", assemble
    yield planning, "following", not_finalize
    yield sweeper, "following", not_finalize


def etag_unbound() -> Iterator[Change]:
    """Source files are read and copied without the ETag of the plan."""
    read_once, copy_part = Bucket._read_once, ArchiveBucket.copy_part

    def read(
        self: Bucket, buffer: memoryview, key: str, start: int, _: str | None, version: str | None
    ) -> None:
        read_once(self, buffer, key, start, None, version)

    def copy(self: ArchiveBucket, key: str, upload: str, number: int, **asked: Any) -> str:
        return copy_part(self, key, upload, number, **{**asked, "etag": ""})

    yield Bucket, "_read_once", read
    yield ArchiveBucket, "copy_part", copy


def progress_written_unconditionally() -> Iterator[Change]:
    """A worker that is behind overwrites the progress of one that is ahead."""

    change = Table.change

    def forward(self: Table, *args: Any, condition: str, **more: Any) -> Any:
        behind = " AND bytesDone <= :bytesDone AND filesDone <= :filesDone"
        return change(self, *args, condition=condition.replace(behind, ""), **more)

    yield Table, "change", forward


def own_upload_aborted() -> Iterator[Change]:
    """Found here: botocore sent a worker's write of the plan twice. The worker took the plan for
    another worker's, and aborted the upload that was its own."""

    def planned_by_twin(key: str, upload: str, lease: Lease) -> Job:
        lease.services.archive.abort_upload(key, upload)
        current = lease.look()
        if current is None or current.status not in OPEN or current.plan is None:
            raise NothingToDo(lease.job_id)
        return current

    yield table, "_own", lambda *_: None
    yield planning, "_planned_by_twin", planned_by_twin


def lease_taken_for_granted() -> Iterator[Change]:
    """Found here: a worker that was slower than its lease failed when it renewed the lease."""

    def hide(self: Queue, receipt: str, seconds: int) -> None:
        with translated("extend a message"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    yield Queue, "hide", hide


def archive_left_behind() -> Iterator[Change]:
    """Found here: a job was cancelled at its last moment, and its worker died before it could
    delete the finished archive. The archive was left over."""
    yield ArchiveBucket, "delete", lambda *_: None


def reason_kept_whole() -> Iterator[Change]:
    """Found here: a failure that names long keys made the job's record too large."""

    yield items, "cut", lambda text, _: text
    yield store, "cut", lambda text, _: text
    yield telling, "_BYTES", 10_000
    yield errors, "_NAME_MAX", 10_000


def parts_counted_and_not_measured() -> Iterator[Change]:
    """An upload is completed when it has as many parts as planned, whatever their sizes are."""

    def complete_upload(
        _: PlannedJob, upload: Upload, __: Sequence[str], expected: int, ___: int
    ) -> None:
        uploaded: list[UploadedPart] = list(upload.bucket.list_parts(upload.key, upload.id))
        if len(uploaded) != expected:
            raise Unavailable(f"{len(uploaded)} of {expected} parts of {upload.key} are there")
        parts = [(one.number, one.etag) for one in uploaded]
        upload.bucket.complete_upload(upload.key, upload.id, parts)

    yield finishing, "complete_upload", complete_upload


def lease_not_renewed() -> Iterator[Change]:
    """A worker hides its message only once, when it begins."""
    yield Lease, "keep", lambda self: self.services.now()


def one_byte_too_many() -> Iterator[Change]:
    """Progress that was counted piece by piece is corrected to one byte more than there is."""
    settle = Lease.settle

    def more(self: Lease, done: Progress) -> None:
        settle(self, dataclasses.replace(done, bytes=done.bytes + 1))

    yield Lease, "settle", more


def resumed_progress_counted_twice() -> Iterator[Change]:
    """A worker that continues a segment counts the parts that are there twice."""
    upload_parts = build._upload_parts

    def twice(planned: PlannedJob, number: int, upload: Upload) -> Section | None:
        of = planned.slice(number)
        uploaded = build._there(upload, of.parts)
        there = sum(one.length for one in of.parts if one.number in uploaded)
        planned.lease.gathered(streamed=there)
        return upload_parts(planned, number, upload)

    yield build, "_upload_parts", twice


def settled_before_the_last_worker() -> Iterator[Change]:
    """What is left of a deleted job is thrown away once and for all, while a worker may still be at
    work for it."""
    settle_deleted = discard._settle_deleted

    def at_once(job: Job, claim: Claim, services: Services) -> None:
        later = services.now() + wake.SETTLED_AFTER_MS
        settle_deleted(job, claim, dataclasses.replace(services, now=lambda: later))

    yield discard, "_settle_deleted", at_once


def end_told_by_the_loser() -> Iterator[Change]:
    """A write that came too late to end a job is still logged as `job ended`."""

    def fail(services: Services, job_id: str, error: LonghaulError) -> Job | None:
        failure = Failure(error.slug, error.title, error.detail)
        ended = services.jobs.fail(job_id, services.now(), failure)
        return endings._ended(services, ended or services.jobs.get(job_id))

    yield endings, "fail", fail


def day_counted_for_each_try() -> Iterator[Change]:
    """A job counts once more for its user's day when it is planned by a twin, or after a crash."""
    yield quotas, "_NEW", "NOT contains(nothing, :one)"


def day_without_an_end() -> Iterator[Change]:
    """A job counts for its user's day though the day's bytes do not suffice."""
    yield quotas, "_FITS", "(attribute_not_exists(nothing) OR bytesUsed <= :room)"


MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    status_written_unconditionally,
    segments_counted,
    acknowledged_before_the_effect,
    finalize_lost,
    etag_unbound,
    progress_written_unconditionally,
    lease_taken_for_granted,
    archive_left_behind,
    reason_kept_whole,
    parts_counted_and_not_measured,
    lease_not_renewed,
    one_byte_too_many,
    resumed_progress_counted_twice,
    settled_before_the_last_worker,
    end_told_by_the_loser,
    day_counted_for_each_try,
    day_without_an_end,
    *REUSE_MUTANTS,
    *ANNOUNCING_MUTANTS,
    *SPAN_MUTANTS,
    *FORMAT_MUTANTS,
    *DIRECT_MUTANTS,
    *SMALL_MUTANTS,
)

ROUGH: Final = SOURCE_MUTANTS
"""The simulation finds these on rough ground."""

RARE: Final = (
    *RARE_FORMAT_MUTANTS,
    own_upload_aborted,
    archive_shared_in_two_writes,
    told_before_the_notices_are_claimed,
    older_etags_alone,
)
"""Random faults may miss these for some thousand seeds: they need a fault, or a request, at one
moment, or two faults one after the other."""


@contextmanager
def mutated(mutant: Callable[[], Iterator[Change]]) -> Iterator[None]:
    """The pipeline has this bug within the context."""
    with ExitStack() as patches:
        for owner, name, value in mutant():
            patches.enter_context(patch.object(owner, name, value))
        yield


def survived(mutant: Callable[[], Iterator[Change]], most: int = MOST_SEEDS) -> tuple[int, str]:
    """Returns how many seeds the bug survived, and the violation that was found. It is empty if
    none was found."""
    rough = mutant in ROUGH
    with mutated(mutant):
        for seed in range(most):
            violations = run_seed(seed, rough=rough).violations
            if violations:
                return seed, violations[0]
    return most, ""


def survived_each(
    mutant: Callable[[], Iterator[Change]], seed: int, kinds: Iterable[Kind] = SINGLE
) -> tuple[int, str]:
    """Tries one fault at each place of one seed's run. Returns how many runs the bug survived, and
    the violation that was found. It is empty if none was found."""
    runs = 0
    with mutated(mutant):
        for _, _, ended in run_each(seed, kinds):
            if ended.violations:
                return runs, ended.violations[0]
            runs += 1
    return runs, ""


@click.command()
@click.option("--most", default=MOST_SEEDS, show_default=True, help="Seeds to try for each.")
def main(most: int) -> None:
    """Prints how many seeds each bug survived."""
    for mutant in (*MUTANTS, *ROUGH, *RARE):
        seeds, found = survived(mutant, most)
        said = f"{seeds:5d} seeds  {mutant.__name__}"
        click.echo(f"{said}\n             {' '.join(found.split())[-160:] or 'not found'}")


if __name__ == "__main__":
    main()
