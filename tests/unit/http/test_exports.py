"""A list of jobs, over jobs that are only held in memory."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest
from chalicelib.http import exports
from chalicelib.http.calls import Call, Reply
from chalicelib.jobs.by_user import Page
from chalicelib.jobs.model import Job
from tests.unit.samples import NOW, some_services

CONTEXT = {"resourcePath": "/v1/export", "path": "/api/v1/export", "domainName": "example.com"}

positions = st.tuples(st.integers(0, 2**53), st.uuids().map(str))


@dataclass
class Jobs:
    """Lists one job at most, and keeps what it was asked for."""

    job: Job | None = None
    following: tuple[int, str] | None = None
    asked: list[Any] = field(default_factory=list)

    def page(self, user_id: str, limit: int, after: tuple[int, str] | None) -> Page:
        self.asked.append((user_id, limit, after))
        return Page((self.job,) if self.job else (), self.following)


@given(positions)
def test_a_cursor_leads_to_where_its_page_ended(position: tuple[int, str]) -> None:
    jobs = Jobs(following=position)
    cursor = _listing(jobs, {}).content["cursor"]  # type: ignore[index]  # JSON

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


def _listing(jobs: Jobs, query: dict[str, str]) -> Reply:
    services = some_services(user_jobs=jobs, now=lambda: NOW)
    return exports.listing(Call(CONTEXT, {}, query, b""), services)
