"""Bugs put into the pipeline one at a time, to see that the simulation finds them:
`python -m tests.faults.mutants`. Some are ones that it found here."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import click

from chalicelib.aws import translated
from chalicelib.errors import JobEnded
from chalicelib.jobs import items, store, takeover
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.segments import SegmentStore
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline import build, discard, reuse, steps, sweeper, worker
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import Message, Step
from chalicelib.pipeline.queue import Queue
from chalicelib.sources.find import Found
from chalicelib.storage import Bucket
from tests.faults.kinds import SINGLE, Kind
from tests.faults.simulate import run_each, run_seed

Change = tuple[Any, str, Any]

MOST_SEEDS: Final = 1000


def status_written_unconditionally() -> Iterator[Change]:
    """A job becomes what a step says, whatever it has become meanwhile."""
    yield store, "origins", lambda _: frozenset(Status)


def segments_counted() -> Iterator[Change]:
    """Segments that are done are counted, not gathered in a set: a repeated one counts twice."""

    def add(self: SegmentStore, job: Job, _: int) -> frozenset[int]:
        with translated("count a segment"):
            answer = self.client.update_item(
                TableName=self.table,
                Key={"jobId": {"S": f"{job.job_id}/segments"}},
                UpdateExpression="ADD done :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
        return frozenset(range(int(answer["Attributes"]["done"]["N"])))

    def done(_: SegmentStore, __: str) -> frozenset[int]:
        return frozenset()

    yield SegmentStore, "add", add
    yield SegmentStore, "done", done


def acknowledged_before_the_effect() -> Iterator[Change]:
    """A step that should be tried again is taken for done. The sweeper still saves the jobs."""
    yield worker, "_put_off", lambda *_: True


def finalize_lost() -> Iterator[Change]:
    """`finalize` is sent by who counts the last segment, and never again: not by that segment's
    message when it comes again, nor by the sweeper."""

    def assemble(work: build.Work, segment: int) -> None:
        done = work.stack.segments.done(work.job)
        build.count(work, done - {segment})
        if segment not in done:
            build.build_segment(work, segment)
            done = work.stack.segments.add(work.job, segment)
            work.watch.report(work.stack.now())
            if len(done) == work.plan.steps:
                finalize = [Message(Step.FINALIZE, work.job.job_id)]
                work.stack.queue.send(finalize, work.job.user_id)

    following = steps.following

    def not_finalize(job: Job, stack: Collaborators) -> list[Message]:
        return [one for one in following(job, stack) if one.step is not Step.FINALIZE]

    yield steps, "assemble", assemble
    yield steps, "following", not_finalize
    yield sweeper, "following", not_finalize


def etag_unbound() -> Iterator[Change]:
    """Sources are read as they are now, not as they were planned."""
    read_once, copy_part = Bucket._read_once, Bucket.copy_part

    def read(self: Bucket, buffer: memoryview, key: str, start: int, _: str | None) -> None:
        read_once(self, buffer, key, start, None)

    def copy(self: Bucket, key: str, upload: str, number: int, **asked: Any) -> None:
        copy_part(self, key, upload, number, **{**asked, "etag": ""})

    yield Bucket, "_read_once", read
    yield Bucket, "copy_part", copy


def progress_written_unconditionally() -> Iterator[Change]:
    """A worker that is behind overwrites what one that is ahead has reported."""

    update = JobStore.update

    def forward(self: JobStore, *args: Any, condition: str | None = None, **more: Any) -> Any:
        kept = None if condition and condition.startswith("bytesDone") else condition
        return update(self, *args, condition=kept, **more)

    yield JobStore, "update", forward


def own_upload_aborted() -> Iterator[Change]:
    """Found here: a worker whose plan was written twice, by botocore, took its upload for one that
    a twin has no use for."""

    def planned_before(job: Job, upload: str, stack: Collaborators) -> Job:
        stack.archive.abort_upload(job.archive_key, upload)
        current = stack.jobs.get(job.job_id)
        if current is None or current.status not in OPEN or current.plan is None:
            raise JobEnded(job.job_id)
        return current

    yield store, "_own_write", lambda *_: None
    yield steps, "_planned_before", planned_before


def lease_taken_for_granted() -> Iterator[Change]:
    """Found here: a worker that was slower than its lease broke on extending it."""

    def hide(self: Queue, receipt: str, seconds: int) -> None:
        with translated("extend a message"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    yield Queue, "hide", hide


def archive_left_behind() -> Iterator[Change]:
    """Found here: what a job that was cancelled at its last moment had completed was left, if the
    worker died before it could delete it."""
    yield Bucket, "delete", lambda *_: None


def reason_kept_whole() -> Iterator[Change]:
    """Found here: a failure that names long keys made the record large."""

    yield items, "cut", lambda text, _: text


def etag_not_in_the_fingerprint() -> Iterator[Change]:
    """A file that was overwritten with as many bytes is taken for the one that was exported."""
    right = reuse.fingerprint

    def fingerprint(user_id: str, found: Found) -> str:
        entries = tuple(dataclasses.replace(entry, etag="") for entry in found.entries)
        return right(user_id, dataclasses.replace(found, entries=entries))

    yield reuse, "fingerprint", fingerprint


def archive_taken_unseen() -> Iterator[Change]:
    """What was noted of a finished archive is believed: nobody looks if its job has completed, or
    if the archive is there."""

    def completed_before(job: Job, mark: str, stack: Collaborators) -> bool:
        maker_id = stack.fingerprints.maker(mark)
        maker = stack.jobs.get(maker_id) if maker_id else None
        if maker is None or maker.plan is None:
            return False
        return takeover.share(stack.jobs, job, maker, maker.plan, stack.now()) is not None

    yield reuse, "completed_before", completed_before


def archive_shared_in_two_writes() -> Iterator[Change]:
    """A job that shares an archive is open for a while with a plan that is not its own, and its
    end throws away what it has not made."""

    def share(jobs: JobStore, job: Job, maker: Job, plan: PlanRef, now: int) -> Job | None:
        shared = jobs.update(
            job.job_id,
            now,
            {**takeover._plan_attributes(maker, plan), "reusedFrom": {"S": maker.job_id}},
            while_in={Status.PROCESSING},
            condition="attribute_not_exists(planDigest)",
        )
        if shared:
            expires_at = maker.expires_at
            return jobs.complete(shared, now, expires_at, maker.files_done, wake_at=expires_at)
        return None

    yield takeover, "share", share


def upload_claimed_by_all() -> Iterator[Change]:
    """Whoever retries a failed job takes over its upload, also if another one has."""
    yield takeover, "claim", lambda _, __, heir: heir


def heir_forgotten() -> Iterator[Change]:
    """What was uploaded for a failed job is thrown away, also if a retry has taken it over."""
    yield discard, "_heir", lambda _, __: None


def upload_taken_over_unseen() -> Iterator[Change]:
    """A retry takes over what was uploaded for the failed job, also if the files have changed."""
    yield reuse, "_is_right", lambda *_: True


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
    etag_not_in_the_fingerprint,
    archive_taken_unseen,
    upload_claimed_by_all,
    heir_forgotten,
    upload_taken_over_unseen,
)

RARE: Final = (own_upload_aborted, archive_shared_in_two_writes)
"""Those that random faults may miss for some thousand seeds: it takes a fault, or a request, at one
moment."""


@contextmanager
def mutated(mutant: Callable[[], Iterator[Change]]) -> Iterator[None]:
    """Within, the pipeline has this bug."""
    with ExitStack() as stack:
        for owner, name, value in mutant():
            stack.enter_context(patch.object(owner, name, value))
        yield


def survived(mutant: Callable[[], Iterator[Change]], most: int = MOST_SEEDS) -> tuple[int, str]:
    """(how many seeds the bug survived, what was found at last; empty: nothing was)"""
    with mutated(mutant):
        for seed in range(most):
            violations = run_seed(seed).violations
            if violations:
                return seed, violations[0]
    return most, ""


def survived_each(
    mutant: Callable[[], Iterator[Change]], seed: int, kinds: Iterable[Kind] = SINGLE
) -> tuple[int, str]:
    """The same with one fault alone at each place of one seed's world: (runs survived, finding)"""
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
    """Says how many seeds each bug survived."""
    for mutant in (*MUTANTS, *RARE):
        seeds, found = survived(mutant, most)
        said = f"{seeds:5d} seeds  {mutant.__name__}"
        click.echo(f"{said}\n             {' '.join(found.split())[-160:] or 'not found'}")


if __name__ == "__main__":
    main()
