"""The routes that read, over jobs that are only held in memory."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.http import exports
from chalicelib.http.exports import Call, Reply
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.segments import SegmentStore
from chalicelib.jobs.states import Status
from chalicelib.jobs.store import JobStore, Page
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.queue import Queue
from chalicelib.storage import Bucket
from tests.unit.samples import JOB_ID, NOW, a_job, some_settings

CONTEXT = {"resourcePath": "/v1/export", "path": "/api/v1/export", "domainName": "example.com"}

positions = st.tuples(st.integers(0, 2**53), st.uuids().map(str))


@dataclass
class Jobs:
    """A table with at most one job, which keeps what it was asked for."""

    job: Job | None = None
    following: tuple[int, str] | None = None
    asked: list[Any] = field(default_factory=list)

    def get(self, job_id: str) -> Job | None:
        return self.job if self.job and self.job.job_id == job_id else None

    def by_user(self, user_id: str, limit: int, after: tuple[int, str] | None) -> Page:
        self.asked.append((user_id, limit, after))
        return Page((self.job,) if self.job else (), self.following)


class EmptyBucket:
    """What is left of a bucket whose objects have all expired."""

    def read(self, _: str) -> None:
        return None


@given(positions)
def test_a_cursor_leads_to_where_its_page_ended(position: tuple[int, str]) -> None:
    jobs = Jobs(following=position)
    cursor = _listing(jobs, {}).content["cursor"]  # type: ignore[index]

    _listing(jobs, {"cursor": cursor})

    assert jobs.asked == [("anonymous", 20, None), ("anonymous", 20, position)]


def test_the_last_page_has_no_cursor() -> None:
    assert _listing(Jobs(), {}).content == {"jobs": [], "cursor": None}


@given(st.text() | st.text("ABCabc012_-="))
def test_a_cursor_that_this_list_did_not_give_is_refused(cursor: str) -> None:
    jobs = Jobs()

    with pytest.raises(InvalidRequest, match="cursor: is not one that this list gave"):
        _listing(jobs, {"cursor": cursor})

    assert jobs.asked == []


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_a_page_is_as_long_as_asked(limit: str) -> None:
    jobs = Jobs()

    _listing(jobs, {"limit": limit})

    assert jobs.asked == [("anonymous", int(limit), None)]


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.0", "x", "1\n", "\u0661", "9" * 5_000])
def test_a_page_of_another_length_is_refused(limit: str) -> None:
    with pytest.raises(InvalidRequest, match="limit: must be a whole number from 1 to 100"):
        _listing(Jobs(), {"limit": limit})


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        "u" * 129,
        "a\x00b",
        pytest.param(
            "ann\n",
        ),
    ],
)
def test_a_user_that_no_request_can_name_is_refused(user_id: str) -> None:
    with pytest.raises(InvalidRequest, match="user_id"):
        _listing(Jobs(), {"user_id": user_id})


def test_a_status_that_the_caller_has_is_not_sent_again() -> None:
    jobs = Jobs(a_job())
    etag = _status(jobs).headers["ETag"]

    again = _status(jobs, etag)

    assert (again.status, again.content) == (304, None)
    assert again.headers["ETag"] == etag


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x",W/{} , "y"', "*"])
def test_a_tag_matches_in_any_form_that_http_gives_it(form: str) -> None:
    jobs = Jobs(a_job())
    etag = _status(jobs).headers["ETag"]

    assert _status(jobs, form.format(etag)).status == 304


@pytest.mark.parametrize("if_none_match", ["", '"x"', 'W/"x"', ",", '"*"'])
def test_another_tag_does_not_match(if_none_match: str) -> None:
    assert _status(Jobs(a_job()), if_none_match).status == 200


def test_a_job_that_has_moved_has_another_tag() -> None:
    before = _status(Jobs(a_job()))
    after = _status(Jobs(a_job(updated_at=NOW + 1)))

    assert before.headers["ETag"] != after.headers["ETag"]


@pytest.mark.parametrize("status", Status)
def test_only_an_open_job_says_when_to_look_again(status: Status) -> None:
    reply = _status(Jobs(a_job(status=status)))

    is_open = status in (Status.QUEUED, Status.PROCESSING)
    assert ("Retry-After" in reply.headers) is is_open


@pytest.mark.parametrize("job_id", ["x", JOB_ID.upper(), f"{JOB_ID}/segments", "\ud800" * 100])
def test_what_is_no_job_id_is_not_found(job_id: str) -> None:
    with pytest.raises(NotFound) as caught:
        exports.status(Call(CONTEXT, {}, {}, b""), _stack(Jobs(a_job())), job_id)

    assert caught.value.detail.encode()


def test_an_expired_job_with_a_long_list_of_missing_files_still_has_a_status() -> None:
    job = a_job(
        status=Status.COMPLETED,
        expires_at=NOW - 1,
        plan=PlanRef("0123456789abcdef", "upload", 1),
        missing_count=5_000,
        missing=None,
    )

    reply = _status(Jobs(job))

    assert reply.content
    assert reply.content["status"] == Status.EXPIRED


def _listing(jobs: Jobs, query: dict[str, str]) -> Reply:
    return exports.listing(Call(CONTEXT, {}, query, b""), _stack(jobs))


def _status(jobs: Jobs, if_none_match: str | None = None) -> Reply:
    headers = {} if if_none_match is None else {"if-none-match": if_none_match}
    return exports.status(Call(CONTEXT, headers, {}, b""), _stack(jobs), JOB_ID)


def _stack(jobs: Jobs) -> Collaborators:
    bucket = cast("Bucket", EmptyBucket())
    return Collaborators(
        settings=some_settings(),
        jobs=cast("JobStore", jobs),
        segments=cast("SegmentStore", None),
        source=bucket,
        archive=bucket,
        queue=cast("Queue", None),
        now=lambda: NOW,
    )
