"""What an event says is true, and is what docs/events.md and its schema promise."""

import json
import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chalicelib.announcing.events import detail, event_id
from chalicelib.instants import iso
from chalicelib.jobs.items import UNTOLD
from chalicelib.jobs.model import Failure, Job, owner_mark
from chalicelib.jobs.states import OPEN, Status
from chalicelib.settings import INCLUSIONS, JOB_EVENTS, Inclusion, JobEvent
from infra.paths import REPOSITORY
from tests.unit.samples import DAY, JOB_ID, NOW, a_job, jobs, moments, tombstones

BASE = "https://api.example.com/api"
DOCS = REPOSITORY / "docs" / "events.md"
SCHEMA = REPOSITORY / "docs" / "events" / "job-v1.json"
FAILURE = Failure("source-missing", "Files are missing", "downloads/10001 does not exist")

inclusions = st.sets(st.sampled_from(INCLUSIONS)).map(tuple)
bases = st.sampled_from([BASE, ""])
ended_jobs = (jobs() | tombstones()).filter(lambda job: job.status not in OPEN)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return schema


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _told(job: Job, event: JobEvent = "ended", **more: Any) -> dict[str, Any]:
    return detail(job, event, NOW, **more)


def _completed(**facts: Any) -> Job:
    facts = {"files_done": 3, "bytes_done": 700, "bytes_total": 700, "missing_count": 0, **facts}
    return a_job(status=Status.COMPLETED, updated_at=NOW, **facts)


@given(jobs() | tombstones(), st.sampled_from(["accepted", "started"]), moments, inclusions, bases)
def test_what_is_told_of_any_job_obeys_the_schema(
    job: Job, event: JobEvent, at: int, includes: tuple[Inclusion, ...], base: str
) -> None:
    told = detail(job, event, at, includes=includes, base=base)

    _validator().validate(json.loads(json.dumps(told)))


@given(ended_jobs, moments, inclusions, bases)
def test_what_is_told_of_any_end_obeys_the_schema(
    job: Job, at: int, includes: tuple[Inclusion, ...], base: str
) -> None:
    told = detail(job, "ended", at, includes=includes, base=base)

    _validator().validate(json.loads(json.dumps(told)))
    assert told["status"] == job.status


@given(jobs())
def test_no_name_and_no_link_is_told_unless_asked_for(job: Job) -> None:
    for event in JOB_EVENTS:
        told = detail(job, event, NOW, base=BASE)
        assert not told.keys() & {"detail", "filename", "link"}
        assert BASE not in json.dumps(told)


@given(ended_jobs.filter(lambda job: job.is_deleted), inclusions)
def test_of_a_deleted_job_nothing_is_told_of_its_user(
    job: Job, includes: tuple[Inclusion, ...]
) -> None:
    told = _told(job, includes=includes, base=BASE)

    assert told["deleted"]
    assert (told["userId"], told["reason"], told["filesSkipped"]) == (None, None, 0)
    assert told.get("filename") is None
    assert told.get("detail") is None


def test_a_deleted_job_still_tells_how_it_ended() -> None:
    job = _completed(user_id="", filename="", deleted_at=NOW, deleted_for=owner_mark(JOB_ID, "a"))

    told = _told(job)

    assert (told["status"], told["files"], told["expiresAt"]) == ("completed", 3, None)


def test_a_completed_job_tells_of_its_archive() -> None:
    told = _told(_completed(missing_count=2, unreadable_count=1, reused_from=JOB_ID))

    assert told == {
        "version": "1",
        "id": event_id(JOB_ID, "ended"),
        "jobId": JOB_ID,
        "userId": "anonymous",
        "status": "completed",
        "time": iso(NOW),
        "createdAt": iso(NOW),
        "retryOf": None,
        "deleted": False,
        "reason": None,
        "files": 3,
        "filesSkipped": 3,
        "bytes": 700,
        "reused": True,
        "expiresAt": iso(NOW + 7 * DAY),
    }


def test_a_failed_job_tells_why_and_of_no_archive() -> None:
    job = a_job(status=Status.FAILED, failure=FAILURE, files_done=2, bytes_total=700)

    told = _told(job, includes=("detail",))

    assert (told["reason"], told["detail"]) == ("source-missing", FAILURE.detail)
    assert (told["files"], told["bytes"], told["expiresAt"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("event", "status"), [("accepted", "queued"), ("started", "processing"), ("ended", "failed")]
)
def test_an_event_tells_what_it_is_about_and_not_what_the_job_is_by_now(
    event: JobEvent, status: str
) -> None:
    job = a_job(status=Status.FAILED, failure=FAILURE)

    assert _told(job, event)["status"] == status


def test_a_link_leads_to_the_jobs_page() -> None:
    told = _told(_completed(), includes=("link", "filename"), base=BASE)

    assert told["link"] == f"{BASE}/#/jobs/{JOB_ID}"
    assert told["filename"] == "export.zip"


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        ({}, {}),
        ({"format": "tar"}, {"format": "tar"}),
        ({"archives": 3}, {"archives": 3}),
        ({"format": "tar.gz", "archives": 2}, {"format": "tar.gz", "archives": 2}),
    ],
)
def test_what_a_request_has_asked_for_is_told_of_its_job_alone(
    facts: dict[str, Any], more: dict[str, Any]
) -> None:
    plain, told = _told(_completed()), _told(replace(_completed(), **facts))

    assert told == {**plain, **more}


def test_a_job_without_an_archive_has_not_several() -> None:
    job = a_job(status=Status.FAILED, failure=FAILURE, archives=3)

    assert "archives" not in _told(job)


def test_each_event_has_an_id_of_its_own_that_is_always_the_same() -> None:
    ids = [event_id(JOB_ID, event) for event in JOB_EVENTS]

    assert len({*ids, event_id("other", "ended")}) == len(JOB_EVENTS) + 1
    assert ids == [event_id(JOB_ID, event) for event in JOB_EVENTS]
    # Receivers may have stored it: it must not change.
    assert event_id(JOB_ID, "ended") == "6bf940f4-d6a5-5453-a3db-e1f33de57d9d"
    assert all(str(UUID(one)) == one for one in ids)


def test_every_event_has_an_attribute_of_the_record() -> None:
    assert tuple(UNTOLD) == JOB_EVENTS


def test_the_examples_of_the_schema_obey_it() -> None:
    for example in _schema()["examples"]:
        _validator().validate(example)


@pytest.mark.parametrize(
    "wrong",
    [
        {"extra": 1},
        {"userId": None},
        {"deleted": True},
        {"expiresAt": "2026-12-03T12:00:03Z"},
        {"status": "failed"},
        {"status": "expired"},
        {"id": "1"},
        {"bytes": -1},
    ],
)
def test_the_schema_refuses_what_is_not_told(wrong: dict[str, object]) -> None:
    told = {**_told(_completed()), **wrong}

    assert not _validator().is_valid(told)


def test_the_document_and_the_schema_have_each_field_that_is_told() -> None:
    job = replace(_completed(), format="tar", archives=2)
    fields = _told(job, includes=INCLUSIONS, base=BASE).keys()
    rows = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(), re.MULTILINE))
    described = _schema()["properties"]

    assert fields <= rows
    assert fields == described.keys()
    assert all(one["description"] for one in described.values())


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_told_to_the_millisecond(moment: int) -> None:
    assert round(datetime.fromisoformat(iso(moment)).timestamp() * 1000) == moment
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", iso(moment))
