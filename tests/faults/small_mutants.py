"""Bugs about what small exports leave out: objects that are no objects of their own any more; and
about what stays as it is when a job has completed. mutants.py plants them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from chalicelib.jobs import store
from chalicelib.jobs.model import Progress
from chalicelib.pipeline import build, plans, steps
from chalicelib.pipeline.planned import PlannedJob
from chalicelib.pipeline.plans import Index
from tests.faults.source_mutants import Change


def request_left_in_a_tombstone() -> Iterator[Change]:
    """The record of a deleted job still has what was asked for."""
    kept = tuple(name for name in store._OF_THE_USER if name != "shortRequest")
    yield store, "_OF_THE_USER", kept


def slices_of_small_plans_lost() -> Iterator[Change]:
    """A small plan is stored without its slices: only the worker that has made it can build by
    it."""
    right = plans._index_to_json

    def index_to_json(index: Index, version: int, named: str, *, with_slices: bool) -> bytes:
        return right(index, version, named, with_slices=False)

    yield plans, "_index_to_json", index_to_json


def archive_built_once_more() -> Iterator[Change]:
    """A worker that finds the archive's upload completed by a twin opens another one, and builds
    the archive again."""

    def after_upload(planned: PlannedJob) -> None:
        archive, key = planned.services.archive, planned.job.archive_key
        upload = archive.create_upload(key, planned.index.form.MEDIA_TYPE)
        planned.lease.settle(Progress())
        try:
            build.build_all(replace(planned, plan=replace(planned.plan, upload=upload)))
        finally:
            archive.abort_upload(key, upload)

    yield steps, "_after_upload", after_upload


SMALL_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    request_left_in_a_tombstone,
    slices_of_small_plans_lost,
    archive_built_once_more,
)
