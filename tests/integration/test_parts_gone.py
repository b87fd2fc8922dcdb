"""Something that an archive needs disappears while it is built: the job still completes."""

from collections.abc import Callable

import pytest

from chalicelib.jobs import places
from tests.archives import check_archive, noise
from tests.integration.gateway import export
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Wired, listening, s3_error

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abc"}


@pytest.fixture
def planned(stack: Stack, small_segments: None) -> str:
    """The id of a planned job whose segments wait."""
    stack.limit(small_plan=0)
    stack.put_files(FILES)
    job_id = export(prefix="in/")
    stack.send(stack.planned())
    return job_id


@pytest.mark.parametrize("lost", [places.plan, places.index])
def test_a_job_whose_plan_was_deleted_is_planned_again(
    stack: Stack, planned: str, lost: Callable[[str, str], str]
) -> None:
    stack.services.archive.delete(lost(planned, stack.plan(planned).digest))

    failed = stack.run_queue()

    assert failed == []
    assert stack.job(planned).was_replanned
    check_archive(stack.archive(planned), FILES)
    assert stack.uploads() == []


@pytest.mark.parametrize("times", [1, 2])
def test_parts_are_listed_if_one_was_replaced_and_then_the_step_comes_again(
    stack: Stack, planned: str, times: int
) -> None:
    refusals = [s3_error(400, "InvalidPart")] * times

    def replaced(operation: str, _: dict[str, object]) -> Wired | None:
        return refusals.pop() if operation == "CompleteMultipartUpload" and refusals else None

    with listening(replaced):
        failed = stack.run_queue()
    stack.wake()
    again = stack.run_queue()

    assert (len(failed), again) == (times - 1, [])
    check_archive(stack.archive(planned), FILES)
