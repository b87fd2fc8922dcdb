"""A job as the API shows it."""

import json
import re
from dataclasses import replace
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.manifest import Skipped
from chalicelib.http import answer_schemas, answers
from chalicelib.jobs.model import Failure, Job, PlanRef
from chalicelib.jobs.states import Stage, Status
from chalicelib.trace_ids import SpanRef, job_digest
from tests.unit.samples import JOB_ID, NOW, a_job, jobs, moments

BASE = "https://api.example.com/v1-stage"
A_PLAN = PlanRef("0123456789abcdef", "upload", 1)
SKIPPED = Skipped("a/b", "denied", "S3 denies it")
URL = f"{BASE}/v1/export/{JOB_ID}"

valid_job = fastjsonschema.compile(answer_schemas.JOB)
valid_acceptance = fastjsonschema.compile(answer_schemas.EXPORT_ACCEPTED)


@given(jobs(), st.integers(NOW, NOW + 10**10))
def test_any_job_at_any_time_is_shown_as_documented(job: Job, now: int) -> None:
    answer = json.loads(
        json.dumps(answers.job_answer(job, now, BASE, job.missing or (), job.unreadable or ()))
    )

    assert valid_job(answer) == answer
    assert answer["status"] == job.status_at(now)


@given(jobs())
def test_any_job_is_accepted_as_documented(job: Job) -> None:
    answer = json.loads(json.dumps(answers.accepted(job, BASE)))

    assert valid_acceptance(answer) == answer


def test_a_new_job_is_accepted_with_the_way_to_everything() -> None:
    assert answers.accepted(a_job(), BASE) == {
        "jobId": JOB_ID,
        "status": "queued",
        "totalFiles": 10,
        "message": "The export is queued; follow statusUrl.",
        "statusUrl": URL,
        "sseUrl": f"{URL}/progress",
        "downloadUrl": f"{URL}/download?redirect=true",
        "linkUrl": f"{URL}/download",
        "traceId": job_digest(JOB_ID),
    }


def test_a_job_belongs_to_the_trace_of_its_caller() -> None:
    job = a_job(caller=SpanRef("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"))

    assert answers.accepted(job, BASE)["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert answers.job_answer(job, NOW, BASE, (), ())["traceId"] == job.root_span.trace


def test_a_job_of_the_same_idempotency_key_is_not_said_to_be_queued() -> None:
    answer = answers.accepted(a_job(status=Status.PROCESSING), BASE)

    assert answer["status"] == "processing"
    assert "asked for before" in answer["message"]


def test_a_completed_job_has_a_result_and_a_way_to_it() -> None:
    job = a_job(status=Status.COMPLETED, bytes_total=1_000, files_done=9, stage=Stage.DONE)

    answer = answers.job_answer(job, NOW, BASE, [10_007], [SKIPPED])

    assert answer["result"] == {
        "s3Key": f"archives/{JOB_ID}.zip",
        "fileSize": 1_000,
        "processedFiles": 9,
        "totalFiles": 10,
        "missing": [10_007],
        "skipped": [
            {"file": 10_007, "reason": "missing", "detail": "does not exist"},
            {"file": "a/b", "reason": "denied", "detail": "S3 denies it"},
        ],
        "downloadUrl": f"{URL}/download?redirect=true",
        "linkUrl": f"{URL}/download",
        "indexUrl": None,
    }


def test_a_tar_has_an_index_too() -> None:
    job = a_job(status=Status.COMPLETED, format="tar")

    answer = answers.job_answer(job, NOW, BASE, (), ())

    assert (answer["format"], answer["archives"]) == ("tar", 1)
    assert answer["result"]["s3Key"] == f"archives/{JOB_ID}.tar"
    assert answer["result"]["indexUrl"] == f"{URL}/download?index=true&redirect=true"


def test_of_several_tars_the_first_ones_index_is_named() -> None:
    job = a_job(status=Status.COMPLETED, format="tar", archives=3)

    answer = answers.job_answer(job, NOW, BASE, (), ())

    assert (answer["format"], answer["archives"]) == ("tar", 3)
    assert answer["result"]["indexUrl"] == f"{URL}/download?index=true&redirect=true"


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"bytes_done": 30, "files_done": 3}, (27, 3, 30, 100)),
        ({"plan": A_PLAN, "bytes_total": 50, "bytes_done": 25}, (95, 10, 100, 100)),
        ({"plan": A_PLAN, "bytes_total": 50, "status": Status.COMPLETED}, (100, 0, 0, 50)),
    ],
)
def test_while_files_are_compressed_their_own_bytes_are_counted(
    facts: dict[str, Any], shown: tuple[int, ...]
) -> None:
    job = a_job(**{"status": Status.PROCESSING, "packing": 100, **facts})

    told = answers.job_answer(job, NOW, BASE, (), ())["progress"]

    names = ("percent", "currentFile", "bytesDone", "bytesTotal")
    assert tuple(told[name] for name in names) == shown


@pytest.mark.parametrize("lists", [([10_007], None), (None, [SKIPPED]), (None, None)])
def test_no_list_is_there_if_one_of_them_is_too_long(lists: Any) -> None:
    job = a_job(status=Status.COMPLETED)

    result = answers.job_answer(job, NOW, BASE, *lists)["result"]

    # An empty list beside a long one would say that nothing was left out.
    assert (result["missing"], result["skipped"]) == (None, None)


def test_a_job_that_is_planned_again_says_so() -> None:
    job = a_job(status=Status.PROCESSING, stage=Stage.PLANNING, changes=1)

    message = answers.job_answer(job, NOW, BASE, (), ())["progress"]["message"]

    assert message == "Planning again: a file has changed, or cannot be read."


def test_an_expired_job_has_a_result_without_a_way_to_it() -> None:
    job = a_job(status=Status.COMPLETED, expires_at=NOW, format="tar")

    answer = answers.job_answer(job, NOW, BASE, (), ())

    assert answer["status"] == "expired"
    assert {answer["result"][url] for url in ("downloadUrl", "linkUrl", "indexUrl")} == {None}
    assert answer["progress"]["percent"] == 100


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.COMPLETED, Status.EXPIRED}))
def test_no_other_job_has_a_result(status: Status) -> None:
    assert answers.job_answer(a_job(status=status), NOW, BASE, (), ())["result"] is None


def test_a_failed_job_says_why() -> None:
    job = a_job(status=Status.FAILED, failure=Failure("source-missing", "Missing", "no file 10001"))

    assert answers.job_answer(job, NOW, BASE, (), ())["error"] == {
        "type": "urn:problem-type:longhaul:source-missing",
        "title": "Missing",
        "detail": "no file 10001",
        "remedies": ["skip-missing", "edit"],
        "affectedFiles": 0,
        "affected": None,
    }


def test_times_are_in_utc_to_the_millisecond() -> None:
    answer = answers.job_answer(a_job(updated_at=NOW + 7), NOW, BASE, (), ())

    assert answer["createdAt"] == "2023-11-14T22:13:20.000Z"
    assert answer["updatedAt"] == "2023-11-14T22:13:20.007Z"


@pytest.mark.parametrize(
    ("stage", "total_files", "message"),
    [
        (Stage.PLANNING, 10, "Looking up 10 files."),
        (Stage.PLANNING, 1, "Looking up 1 file."),
        (Stage.PLANNING, 0, "Listing the files."),
        (Stage.COMPRESSING, 10, "Compressing the files: 3 of 10."),
        (Stage.ASSEMBLING, 10, "Building the archive: 3 of 10 files."),
        (Stage.FINALIZING, 10, "Completing the archive."),
    ],
)
def test_a_job_at_work_says_what_is_done(stage: Stage, total_files: int, message: str) -> None:
    job = a_job(status=Status.PROCESSING, stage=stage, total_files=total_files, files_done=3)

    assert answers.job_answer(job, NOW, BASE, (), ())["progress"]["message"] == message


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"archives": 3}, "Building 3 archives: 3 of 10 files."),
        ({"packing": 1}, "Putting the archive together."),
        ({"packing": 1, "archives": 3}, "Putting 3 archives together."),
        ({"archives": 3, "stage": Stage.FINALIZING}, "Completing the last archive."),
    ],
)
def test_it_says_too_what_is_built(facts: dict[str, Any], message: str) -> None:
    working = {"status": Status.PROCESSING, "stage": Stage.ASSEMBLING, "files_done": 3}
    job = a_job(**{**working, **facts})

    assert answers.job_answer(job, NOW, BASE, (), ())["progress"]["message"] == message


@pytest.mark.parametrize(
    ("stage", "bytes_done", "message"),
    [
        (Stage.PLANNING, 0, "Planning again: a file has changed, or cannot be read."),
        (Stage.COMPRESSING, 0, "Planning again: a file has changed, or cannot be read."),
        (Stage.COMPRESSING, 5, "Compressing the files: 3 of 10."),
    ],
)
def test_it_says_that_it_is_planned_again(stage: Stage, bytes_done: int, message: str) -> None:
    job = a_job(
        status=Status.PROCESSING,
        stage=stage,
        changes=1,
        packing=10,
        files_done=3,
        bytes_done=bytes_done,
    )

    assert answers.job_answer(job, NOW, BASE, (), ())["progress"]["message"] == message


@pytest.mark.parametrize(
    "facts",
    [
        {"status": Status.PROCESSING},
        {"stage": Stage.PLANNING},
        {"files_done": 1},
        {"total_files": 11},
        {"bytes_done": 1},
        {"bytes_total": 1},
        {"changes": 1},
        {"archives": 2},
        {"packing": 1},
        {"job_id": "6f0c5d0e-1111-4222-8333-444455556666"},
    ],
)
def test_whatever_moves_makes_another_state(facts: dict[str, Any]) -> None:
    assert answers.state_id(a_job(**facts), NOW) != answers.state_id(a_job(), NOW)


def test_a_job_whose_files_are_compressed_moves_while_they_are_put_together() -> None:
    job = a_job(status=Status.PROCESSING, packing=100, plan=A_PLAN, bytes_total=100)

    assert answers.state_id(replace(job, bytes_done=50), NOW) != answers.state_id(job, NOW)


def test_an_expired_job_is_in_another_state_than_a_completed_one() -> None:
    job = a_job(status=Status.COMPLETED)

    assert answers.state_id(job, job.expires_at) != answers.state_id(job, NOW)


def test_a_sign_of_life_makes_no_other_state() -> None:
    assert answers.state_id(a_job(updated_at=NOW + 1), NOW) == answers.state_id(a_job(), NOW)


@pytest.mark.parametrize("job_id", ['a"b', "é", "[", ""])
def test_an_id_fits_into_a_line_and_an_address(job_id: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", answers.state_id(a_job(job_id=job_id), NOW))


@pytest.mark.parametrize(
    ("seconds_left", "longest", "after"),
    [(0, 1000, 500), (5, 1000, 500), (7, 1000, 700), (60, 1000, 1000), (60, 9000, 6000)],
)
def test_a_watcher_of_a_job_that_moves_comes_back_after_a_tenth_of_the_time_left(
    seconds_left: int, longest: int, after: int
) -> None:
    job = a_job(
        status=Status.PROCESSING,
        started_at=NOW,
        updated_at=NOW + seconds_left * 1000,
        bytes_total=2,
        bytes_done=1,
    )

    assert answers.reconnect_after(job, job.updated_at, longest) == after


@pytest.mark.parametrize(
    ("seconds_still", "longest", "after"),
    [(0, 1000, 1000), (0, 9000, 1000), (60, 1000, 1000), (60, 9000, 6000), (3600, 9000, 9000)],
)
def test_the_longer_a_job_has_stood_still_the_later_its_watcher_comes_back(
    seconds_still: int, longest: int, after: int
) -> None:
    now = NOW + seconds_still * 1000

    assert answers.reconnect_after(a_job(), now, longest) == after


@given(jobs(), moments, st.integers(1000, 60_000))
def test_a_watcher_never_comes_back_at_once_nor_later_than_is_set(
    job: Job, now: int, longest: int
) -> None:
    assert 500 <= answers.reconnect_after(job, now, longest) <= longest
