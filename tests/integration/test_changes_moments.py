"""A file may change at any moment of a job: the archive has it as it was before or after that."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from chalicelib.pipeline import assembly
from tests.archives import check_archive
from tests.integration.changes import CHANGED, FILES, copies_aside, each_file, rewrite, with_changed
from tests.integration.effects import (
    ARCHIVE_RECORDED,
    FILE_LOOKED_UP,
    FILE_READ,
    FILES_LISTED,
    FINALIZING_REPORTED,
    PART_COPIED,
    PART_UPLOADED,
    PLAN_FIXED,
    SEGMENT_COUNTED,
    SEGMENTS_SENT,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    Effect,
    before,
)
from tests.integration.gateway import export
from tests.integration.stack import Stack

WHILE_ONE_BUILDS = (
    FILES_LISTED,
    FILE_LOOKED_UP,
    UPLOAD_OPENED,
    PLAN_FIXED,
    FILE_READ,
    PART_COPIED,
    PART_UPLOADED,
    UPLOAD_COMPLETED,
    ARCHIVE_RECORDED,
)


def _assert_either(stack: Stack, job_id: str, name: str) -> None:
    """The archive has the file as it was before or after the change."""
    job = stack.job(job_id)
    assert job.status == "completed"
    archive = stack.archive(job_id)
    assert archive
    with ZipFile(BytesIO(archive)) as opened:
        is_new = opened.read(name) == CHANGED[name]
    check_archive(archive, with_changed(name) if is_new else FILES)
    assert copies_aside(stack) == []
    assert stack.uploads() == []


@pytest.mark.parametrize("name", ["a", "c"])
@pytest.mark.parametrize("effect", WHILE_ONE_BUILDS, ids=str)
def test_a_file_may_change_at_any_moment_of_one_worker(
    stack: Stack, aged: None, effect: Effect, name: str
) -> None:
    job_id = export(prefix="in/")

    with before(effect, rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)


@each_file
def test_a_file_may_change_between_two_parts_of_one_worker(
    stack: Stack, aged: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # With more buffers, the files of the second part may all be read before the first part is
    # uploaded.
    monkeypatch.setattr(assembly, "BUFFERS", 1)
    job_id = export(prefix="in/")

    with before(PART_UPLOADED.then(FILE_READ), rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)


@pytest.mark.parametrize("name", ["c", "z"])
@pytest.mark.parametrize(
    "effect",
    [
        SEGMENTS_SENT,
        SEGMENTS_SENT.then(FILE_READ),
        PART_COPIED,
        SEGMENT_COUNTED,
        FINALIZING_REPORTED,
        FINALIZING_REPORTED.then(PART_UPLOADED),
        UPLOAD_COMPLETED,
    ],
    ids=str,
)
def test_a_file_may_change_at_any_moment_of_several_workers(
    stack: Stack, small_segments: None, aged: None, effect: Effect, name: str
) -> None:
    job_id = export(prefix="in/")

    with before(effect, rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)
