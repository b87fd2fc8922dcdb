"""Bugs about an archive, or an upload, that another job has built. mutants.py plants them."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.jobs import store
from chalicelib.jobs.attributes import of
from chalicelib.jobs.holders import HolderStore
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Status
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline import claims, discard, endings, plans, reuse, steps
from chalicelib.pipeline.claims import Claim
from chalicelib.pipeline.lease import Lease
from chalicelib.services import Services
from chalicelib.sources.find import Found
from tests.faults.source_mutants import Change


def etag_not_in_the_fingerprint() -> Iterator[Change]:
    """A file that was overwritten with as many bytes counts as the file that was exported."""
    right = reuse.fingerprint

    def fingerprint(user_id: str, source: str, found: Found, form: tuple[object, ...]) -> str:
        entries = tuple(dataclasses.replace(entry, etag="") for entry in found.entries)
        return right(user_id, source, dataclasses.replace(found, entries=entries), form)

    yield reuse, "fingerprint", fingerprint


def archive_taken_unseen() -> Iterator[Change]:
    """A finished archive that is on record is reused without a look whether its job has completed
    and whether the archive is there."""

    def completed_before(job: Job, mark: str, services: Services) -> Job | None:
        builder_id = services.fingerprints.built_by(mark)
        builder = services.jobs.get(builder_id) if builder_id else None
        if builder is None or builder.plan is None:
            return None
        wake_at = builder.expires_at
        return endings.complete_with(services, job, builder, builder.plan, wake_at=wake_at)

    yield reuse, "completed_before", completed_before


def archive_shared_in_two_writes() -> Iterator[Change]:
    """A job that reuses another one's archive is open for a while with that job's plan. If it ends
    then, it discards what it has not built."""

    def complete_with(
        self: JobStore, job: Job, built_by: Job, plan: PlanRef, now: int, *, wake_at: int
    ) -> Job | None:
        reused = store._Change(
            values={**store._plan_of(built_by, plan), "reusedFrom": of(built_by.job_id)},
            condition="attribute_not_exists(planDigest)",
        )
        shared = self._write(job.job_id, now, {Status.PROCESSING}, reused)
        if shared is None:
            return None
        expires_at, done = built_by.expires_at, built_by.progress
        return self.complete(shared, plan, now, expires_at, done=done, wake_at=wake_at)

    yield JobStore, "complete_with", complete_with


def upload_claimed_by_all() -> Iterator[Change]:
    """Each retry of a failed job takes over the upload, even if another retry has it already."""
    yield JobStore, "claim", lambda _, __, heir: heir


def heir_forgotten() -> Iterator[Change]:
    """A failed job's upload is discarded, even if a retry has taken it over."""
    yield claims, "_heir", lambda _, __: None


def upload_taken_over_unseen() -> Iterator[Change]:
    """A retry takes over the failed job's upload, even if the files have changed."""
    yield reuse, "_is_right", lambda *_: True


def reused_archive_discarded() -> Iterator[Change]:
    """When a job is discarded, the archive that it reuses is deleted too, though another job still
    has it."""
    discarded = discard.discard

    def all_of_it(job: Job, services: Services, lease: Lease) -> None:
        if job.reused_from:
            services.archive.delete(job.archive_key)
        discarded(job, services, lease)

    def soon(
        self: JobStore, job: Job, built_by: Job, plan: PlanRef, now: int, *, wake_at: int
    ) -> Job | None:
        del wake_at
        return complete_with(self, job, built_by, plan, now, wake_at=now + 60_000)

    complete_with = JobStore.complete_with
    yield steps, "discard", all_of_it
    yield JobStore, "complete_with", soon


def holders_not_asked() -> Iterator[Change]:
    """An archive is deleted with the job that has built it, though another job has it too."""

    def on_archive(deleted: Job, services: Services) -> Claim:
        del deleted, services
        return Claim.NOBODY

    yield claims, "on_archive", on_archive


def archive_taken_unannounced() -> Iterator[Change]:
    """A job that completes with another one's archive does not tell that it has it."""
    yield HolderStore, "hold", lambda *_: True


def upload_with_other_etags_taken_over() -> Iterator[Change]:
    """A retry takes over the upload of files with other ETags: it compares only names and sizes."""

    def is_right(failed: Job, plan: PlanRef, mark: str, services: Services) -> bool:
        version = services.plan_version
        try:
            index = plans.load(services.archive, failed.home, plan.digest, version=version)
        except plans.PlanUnusable:
            return False
        return bool(index.files) or index.fingerprint == mark

    yield reuse, "_is_right", is_right


REUSE_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    etag_not_in_the_fingerprint,
    archive_taken_unseen,
    upload_claimed_by_all,
    heir_forgotten,
    upload_taken_over_unseen,
    reused_archive_discarded,
    holders_not_asked,
    archive_taken_unannounced,
    upload_with_other_etags_taken_over,
)
