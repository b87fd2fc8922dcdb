"""Source files that change under a job, and what a test does with them."""

from collections.abc import Callable

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.pipeline.accepting import accept
from tests.archives import noise
from tests.integration.stack import UNIT, Stack

FILES = {
    "a": noise(0, 9 * UNIT),
    "b": noise(1, 9 * UNIT),
    "c": noise(2, 20 * UNIT),
    "z": noise(3, 100),
}
"""Two are streamed, one is copied, and the last one may be left for `finalize`."""

CHANGED = {
    "a": noise(10, 12 * UNIT),
    "b": noise(11, 3 * UNIT),
    "c": noise(12, 25 * UNIT),
    "z": noise(13, 90),
}

each_file = pytest.mark.parametrize("name", FILES)


def with_changed(name: str) -> dict[str, bytes]:
    """Returns all files after a change of this one."""
    return {**FILES, name: CHANGED[name]}


def rewrite(stack: Stack, name: str) -> Callable[[], object]:
    """Returns what changes the file when it is called."""
    return lambda: stack.put_file(f"in/{name}", CHANGED[name])


def copies_aside(stack: Stack) -> list[str]:
    """Returns the keys of the copies that jobs have made of changed files."""
    return [key for key in stack.stored() if places.is_copy(key)]


def accepted(stack: Stack, *wanted: Wanted) -> str:
    """Returns the id of a new job that exports these files."""
    return accept(stack.services, "anonymous", ExportRequest(files=wanted), None).job.job_id
