"""Bugs about what small exports leave out: objects that are no objects of their own any more.
mutants.py plants them."""

from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.jobs import store
from chalicelib.pipeline import plans
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


SMALL_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    request_left_in_a_tombstone,
    slices_of_small_plans_lost,
)
