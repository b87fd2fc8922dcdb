"""Files that go to several archives: each is whole by itself, and the last one has the manifest."""

import io
import json
import zipfile

import pytest

from chalicelib.jobs import places
from chalicelib.pipeline import archives
from tests.integration.effects import (
    ARCHIVE_RECORDED,
    DONE_SEGMENTS_READ,
    FILE_READ,
    INDEX_READ,
    JOB_COMPLETED,
    PART_COPIED,
    PART_UPLOADED,
    PLAN_FIXED,
    SECOND_PART_UPLOADED,
    SECOND_SEGMENT_COUNTED,
    SECTION_KEPT,
    SECTION_READ,
    SEGMENT_COUNTED,
    SEGMENT_UPLOAD_LOOKED_FOR,
    SEGMENT_UPLOAD_REGISTERED,
    SEGMENTS_SENT,
    THIRD_PART_UPLOADED,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    Effect,
    before_and_after,
    crashing,
)
from tests.integration.gateway import cancel, status
from tests.integration.splits import FILES, UNKNOWN, check_archives, exported, read, run_all
from tests.integration.stack import UNIT, Stack


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    """A job whose files go to several archives, with its step `plan` in the queue."""
    stack.put_files(FILES, unknown=UNKNOWN)
    return exported(stack)


def test_files_go_to_several_archives_each_of_which_is_whole(stack: Stack, job_id: str) -> None:
    failed = stack.run_queue()

    assert failed == []
    check_archives(stack, job_id, FILES)
    assert stack.job(job_id).archives == 3
    assert stack.uploads() == []
    assert sorted(stack.stored("archives/")) == sorted(archives.of(stack.job(job_id)))


def test_files_that_fit_into_one_archive_have_no_number_in_the_manifest(
    stack: Stack, small_layout: None
) -> None:
    stack.put_files({"a": b"a", "b": b"b"})
    job_id = exported(stack)

    stack.run_queue()

    (made,) = read(stack, job_id)
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        listing = json.loads(opened.read("manifest.json"))
    assert all("archive" not in one for one in listing["files"])
    assert stack.job(job_id).archives == 1


# -- every death ----------------------------------------------------------------------------------

THIRD_UPLOAD_OPENED = UPLOAD_OPENED.then(UPLOAD_OPENED).then(UPLOAD_OPENED, "a third is opened")
SECOND_COMPLETED = UPLOAD_COMPLETED.then(UPLOAD_COMPLETED, "a second upload is completed")
LAST_COMPLETED = SECOND_COMPLETED.then(UPLOAD_COMPLETED, "the last upload is completed")


@before_and_after
@pytest.mark.parametrize(
    "effect",
    [
        PLAN_FIXED,
        SEGMENTS_SENT,
        SEGMENTS_SENT.then(INDEX_READ),
        DONE_SEGMENTS_READ,
        SEGMENT_UPLOAD_LOOKED_FOR,
        UPLOAD_OPENED.then(UPLOAD_OPENED, "an archive's upload is opened"),
        THIRD_UPLOAD_OPENED,
        SEGMENT_UPLOAD_REGISTERED,
        FILE_READ,
        PART_COPIED,
        PART_UPLOADED,
        SECOND_PART_UPLOADED,
        THIRD_PART_UPLOADED,
        SECTION_KEPT,
        SEGMENT_COUNTED,
        SECOND_SEGMENT_COUNTED,
        SECTION_READ,
        UPLOAD_COMPLETED,
        SECOND_COMPLETED,
        LAST_COMPLETED,
        ARCHIVE_RECORDED,
        JOB_COMPLETED,
    ],
    ids=str,
)
def test_several_archives_survive_the_death_of_a_worker(
    stack: Stack,
    job_id: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    assert status(job_id)["status"] == "completed"
    check_archives(stack, job_id, FILES)


@pytest.mark.parametrize(
    "effect",
    [UPLOAD_OPENED, SEGMENT_UPLOAD_REGISTERED, PART_UPLOADED, UPLOAD_COMPLETED, LAST_COMPLETED],
    ids=str,
)
def test_two_archives_of_one_worker_survive_its_death(
    stack: Stack, small_layout: None, effect: Effect
) -> None:
    files = {name: FILES[name] for name in "abc"}
    stack.put_files(files, unknown=UNKNOWN)
    job_id = exported(stack, 19 * UNIT)
    effect = UPLOAD_COMPLETED.then(UPLOAD_COMPLETED) if effect is LAST_COMPLETED else effect
    with crashing(effect, after=True):
        stack.run_queue()

    run_all(stack)  # an archive that is there already is built again, by the next try

    assert status(job_id)["status"] == "completed"
    check_archives(stack, job_id, files, 19 * UNIT)


def test_archives_that_are_built_twice_are_the_same(stack: Stack, job_id: str) -> None:
    messages = stack.planned()

    succeeded = [stack.run(message) for message in (*messages, *reversed(messages))]
    made = read(stack, job_id)
    again = [stack.run(message) for message in messages]

    assert all(succeeded)
    assert all(again)
    assert read(stack, job_id) == made
    check_archives(stack, job_id, FILES)
    assert stack.uploads() == []


def test_an_archive_whose_upload_was_aborted_is_built_again(stack: Stack, job_id: str) -> None:
    first, *others = stack.planned()
    with crashing(SEGMENT_COUNTED):
        stack.run(first)
    key = places.archive(job_id, "zip", 1)
    (upload,) = (one for one in stack.services.archive.list_uploads(key))
    stack.services.archive.abort_upload(upload.key, upload.id)
    stack.send(others)

    run_all(stack)

    check_archives(stack, job_id, FILES)


def test_cancelling_discards_every_archive(stack: Stack, job_id: str) -> None:
    first, second, *_ = stack.planned()
    stack.run(first)
    with crashing(PART_UPLOADED):
        stack.run(second)
    begun = stack.uploads()
    cancel(job_id)
    stack.wake()

    stack.run_queue()

    assert len(begun) == 3
    assert stack.uploads() == []
    assert stack.stored("archives/") == []


def test_a_worker_that_dies_amid_completing_leaves_no_archive_of_a_cancelled_job(
    stack: Stack, job_id: str
) -> None:
    with crashing(SECOND_COMPLETED):
        stack.run_queue()
    left = stack.stored("archives/")
    cancel(job_id)
    stack.wake()

    stack.run_queue()

    # Two uploads are completed at the same time, and either may be the first.
    assert left in ([places.archive(job_id, "zip", 1)], [places.archive(job_id, "zip", 2)])
    assert stack.stored("archives/") == []
    assert stack.uploads() == []
