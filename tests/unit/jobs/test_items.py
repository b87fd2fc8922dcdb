"""A job as a DynamoDB item: nothing is lost, and it stays small."""

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from chalicelib.archive.manifest import Skipped
from chalicelib.archive.names import archive_filename
from chalicelib.http import schemas
from chalicelib.jobs import items, wake
from chalicelib.jobs.attributes import all_of, of
from chalicelib.jobs.items import REASON_MAX
from chalicelib.jobs.model import Failure, Job, PlanRef, user_mark
from chalicelib.jobs.states import Stage, Status
from chalicelib.settings import JOB_EVENTS
from chalicelib.trace_ids import SpanRef
from tests.unit.samples import DAY, JOB_ID, LARGEST_MISSING, NOW, a_job, jobs, tombstones

if TYPE_CHECKING:
    from chalicelib.jobs.attributes import Item

ITEM_MAX = 2_048
"""Bytes of an item that two write units cover."""

UPLOAD_ID = "u" * 200
OTHER_ID = JOB_ID[:-1] + "7"
FILENAME_MAX = schemas.FILENAME["maxLength"]
USER_ID_MAX = schemas.USER_ID["maxLength"]


@given(jobs())
def test_a_job_comes_back_as_it_was_stored(job: Job) -> None:
    assert items.to_job(items.from_job(job)) == job


@given(jobs())
def test_an_older_version_knows_the_stage_that_is_stored(job: Job) -> None:
    known = {"queued", "planning", "reading", "assembling", "finalizing", "done"}

    assert items.from_job(job)["stage"]["S"] in known


@pytest.mark.parametrize("stored", ["compressing", "planning"])
def test_files_are_compressed_while_a_job_is_planned(stored: str) -> None:
    item = items.from_job(a_job(stage=Stage.PLANNING, packing=7)) | {"stage": of(stored)}

    assert items.to_job(item).stage is Stage.COMPRESSING


@given(tombstones())
def test_a_tombstone_comes_back_as_it_was_stored(job: Job) -> None:
    assert items.to_job(items.from_job(job)) == job


@pytest.mark.parametrize(
    "fact",
    [
        {"planned_at": NOW},
        {"bytes_copied": 7},
        {"attempts": 2},
        {"was_replanned": True},
        {"previous_plan": PlanRef("0" * 16, UPLOAD_ID, 3)},
        {"previous_plan": PlanRef("0" * 16, UPLOAD_ID, 3, home=JOB_ID)},
    ],
)
def test_what_is_new_since_0_1_0_comes_back(fact: dict[str, Any]) -> None:
    job = a_job(**fact)

    assert job != a_job()
    assert items.to_job(items.from_job(job)) == job


def test_an_item_that_0_1_0_has_written_is_read() -> None:
    item: Item = {
        "jobId": {"S": JOB_ID},
        "userId": {"S": "ann"},
        "status": {"S": "processing"},
        "stage": {"S": "assembling"},
        "request": {"S": "0123456789abcdef"},
        "filename": {"S": "März.zip"},
        "totalFiles": {"N": "10"},
        "createdAt": {"N": str(NOW)},
        "updatedAt": {"N": str(NOW + 2_000)},
        "expiresAt": {"N": str(NOW + DAY)},
        "ttl": {"N": str((NOW + 8 * DAY) // 1000)},
        "filesDone": {"N": "3"},
        "bytesDone": {"N": "700"},
        "bytesTotal": {"N": "1000"},
        "sweeps": {"N": "1"},
        "startedAt": {"N": str(NOW + 1_000)},
        "planDigest": {"S": "fedcba9876543210"},
        "uploadId": {"S": "upload"},
        "steps": {"N": "4"},
        "planHome": {"S": OTHER_ID},
        "missingCount": {"N": "2"},
        "missing": {"S": '[10007, "in/é"]'},
        "retryOf": {"S": OTHER_ID},
        "wakeShard": {"N": "2"},
        "wakeAt": {"N": str(NOW + 60_000)},
    }

    assert items.to_job(item) == a_job(
        user_id="ann",
        status=Status.PROCESSING,
        stage=Stage.ASSEMBLING,
        filename="März.zip",
        updated_at=NOW + 2_000,
        expires_at=NOW + DAY,
        files_done=3,
        bytes_done=700,
        bytes_total=1000,
        sweeps=1,
        started_at=NOW + 1_000,
        plan=PlanRef("fedcba9876543210", "upload", 4, home=OTHER_ID),
        missing_count=2,
        missing=(10_007, "in/é"),
        retry_of=OTHER_ID,
        wake_at=NOW + 60_000,
    )


def test_a_fact_that_a_job_does_not_have_takes_no_attribute() -> None:
    plan = PlanRef("fedcba9876543210", "upload", 4)

    item = items.from_job(a_job(plan=plan))

    assert item["steps"] == {"N": "4"}
    assert item.keys() & {"plannedAt", "attempts", "replanned", "previousPlan"} == set()


@given(jobs())
def test_a_job_is_in_the_sweepers_index_while_it_is_to_be_woken(job: Job) -> None:
    item = items.from_job(job)

    assert ("wakeAt" in item) is ("wakeShard" in item) is (job.wake_at is not None)


@given(jobs())
def test_an_item_holds_nothing_but_strings_and_numbers(job: Job) -> None:
    for value in items.from_job(job).values():
        ((kind, text),) = value.items()
        assert kind in ("S", "N")
        assert isinstance(text, str)
        assert text


def test_the_record_outlives_the_archive() -> None:
    item = items.from_job(a_job(expires_at=NOW))

    assert int(item["ttl"]["N"]) * 1000 == NOW + items.RECORD_GRACE_MS


def test_an_unplanned_job_has_no_plan_and_an_unknown_number_of_missing_files() -> None:
    job = items.to_job(items.from_job(a_job()))

    assert (job.plan, job.missing_count, job.missing) == (None, None, ())


def test_a_list_of_missing_files_that_lies_elsewhere_is_none() -> None:
    job = items.to_job(items.from_job(a_job(missing_count=5_000, missing=None)))

    assert (job.missing_count, job.missing) == (5_000, None)


def test_a_job_of_common_texts_stays_below_half_a_read_unit() -> None:
    item = items.from_job(_largest("n" * 60, "u" * 36))

    assert _size(item) < ITEM_MAX


@pytest.mark.parametrize("letter", ["n", "é", "\U0001f600"])
def test_the_longest_texts_that_the_api_takes_stay_below_half_a_read_unit(letter: str) -> None:
    size = len(letter.encode())
    filename = letter * (schemas.FILENAME_MAX_BYTES // size)

    item = items.from_job(_largest(filename, letter * (schemas.USER_ID_MAX_BYTES // size)))

    assert _size(item) < ITEM_MAX


def test_a_failure_that_names_long_keys_stays_below_half_a_read_unit() -> None:
    keys = ", ".join("k" * schemas.KEY_MAX for _ in range(10))  # as SourceMissing names them
    failure = Failure(
        "source-missing", "A source file is missing", f"10 files do not exist: {keys}"
    )

    assert _size(items.from_job(a_job(status=Status.FAILED, failure=failure))) < ITEM_MAX


@pytest.mark.parametrize("detail", ["d" * 9_999, "d" * 500, "d" * 200])
@pytest.mark.parametrize("count", [1, 3, 9, 90])
def test_a_failure_with_its_files_stays_below_half_a_read_unit(detail: str, count: int) -> None:
    job = _largest("n" * schemas.FILENAME_MAX_BYTES, "u" * USER_ID_MAX, status=Status.FAILED)
    job = replace(job, plan=None, previous_plan=job.plan, missing_count=None, missing=())
    missing = tuple(f"in/{number:040}" for number in range(count))
    unreadable = tuple(Skipped(f"in/{n:040}", "archived", "in GLACIER") for n in range(count))
    failure = Failure("source-missing", "A source file is missing", detail)

    item = items.from_job(job)
    item["failure"] = items.failure_attribute(failure)
    item |= items.blamed_attributes(failure, missing, unreadable)
    item |= {**all_of(wake.announcement(NOW, Random())), "writeId": of(2**48 - 1)}

    assert _size(item) < ITEM_MAX
    kept = items.to_job(item)
    assert (kept.missing_count, kept.unreadable_count) == (count, count)
    assert (kept.missing, kept.unreadable) in ((missing, unreadable), (None, None))
    if (count, len(detail)) in ((1, 500), (3, 200)):
        assert kept.missing == missing


def test_a_job_that_was_given_up_stays_below_half_a_read_unit() -> None:
    reason = "r" * REASON_MAX
    detail = f"the step assemble was tried several times and given up: {reason}"
    job = _largest("n" * FILENAME_MAX, "u" * USER_ID_MAX, status=Status.FAILED)
    item = items.from_job(job)

    item["failure"] = items.failure_attribute(Failure("given-up", "The job was given up", detail))

    assert _size(item) < ITEM_MAX


def test_a_job_with_the_reason_of_its_last_try_stays_below_half_a_read_unit() -> None:
    item = items.from_job(_largest("n" * FILENAME_MAX, "u" * USER_ID_MAX))

    item |= _written_beside()

    assert _size(item) < ITEM_MAX


def test_a_job_that_is_planned_again_stays_below_half_a_read_unit() -> None:
    job = _largest("n" * FILENAME_MAX, "u" * USER_ID_MAX)
    item = items.from_job(replace(job, plan=None, previous_plan=job.plan))

    item |= _written_beside()

    assert _size(item) < ITEM_MAX


def _largest(filename: str, user_id: str, status: Status = Status.PROCESSING) -> Job:
    return a_job(
        status=status,
        filename=archive_filename(filename, JOB_ID),
        user_id=user_id,
        total_files=10_000,
        started_at=NOW,
        planned_at=NOW,
        files_done=10_000,
        bytes_done=10**14,
        bytes_copied=10**14,
        bytes_total=10**14,
        plan=PlanRef("0" * 16, UPLOAD_ID, 9_999, home=JOB_ID),
        missing_count=10_000,
        missing=LARGEST_MISSING,
        wake_at=NOW,
        sweeps=8,
        attempts=10_000,
        was_replanned=True,
        retry_of=JOB_ID,
        heir=JOB_ID,
        untold=tuple((event, NOW) for event in JOB_EVENTS),
        has_notices=True,
        asked_at=NOW,
        caller=SpanRef("a" * 32, "b" * 16),
    )


def _written_beside() -> "Item":
    """What the store writes into an open job's item besides."""
    return {
        **all_of(wake.announcement(NOW, Random())),
        "lastReason": of("r" * REASON_MAX),
        "openUser": of(user_mark("ann")),
        "writeId": of(2**48 - 1),
    }


def _size(item: "Item") -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    size = 0
    for name, value in item.items():
        size += len(name.encode())
        if "S" in value:
            size += len(value["S"].encode())
        else:  # one byte for each two significant digits, and one more
            size += -(-len(value["N"].lstrip("-").strip("0")) // 2) + 1
    return size
