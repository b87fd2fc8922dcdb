"""GET /v1/export: lists a user's jobs in pages. The newest is first."""

from base64 import urlsafe_b64encode

import pytest

from tests.integration.gateway import call, export, status
from tests.integration.stack import Stack


def _some_exports(stack: Stack, count: int, user_id: str = "alice") -> list[str]:
    """Returns the ids of their jobs, the newest first."""
    made = []
    for _ in range(count):
        made.append(export(file_ids=[10001], user_id=user_id))
        stack.clock.advance(seconds=1)
    return made[::-1]


def _pages(limit: int, user_id: str = "alice") -> list[list[str]]:
    """Returns the job ids of every page."""
    pages: list[list[str]] = []
    query = {"user_id": user_id, "limit": str(limit)}
    for _ in range(50):
        page = call("GET", "/v1/export", query=query).body
        pages.append([job["jobId"] for job in page["jobs"]])
        if page["cursor"] is None:
            return pages
        query["cursor"] = page["cursor"]
    raise AssertionError("the list has no end")


def test_a_user_without_jobs_has_an_empty_list(stack: Stack) -> None:
    answer = call("GET", "/v1/export")

    assert (answer.status, answer.body) == (200, {"jobs": [], "cursor": None})


def test_the_newest_job_comes_first(stack: Stack) -> None:
    made = _some_exports(stack, 3)

    assert _pages(20) == [made]


def test_a_job_is_shown_in_the_list_as_in_its_status(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001, 10002])
    stack.run_queue()

    listed = call("GET", "/v1/export").body["jobs"]

    assert listed == [status(job_id)]


def test_a_long_list_of_missing_files_is_left_out_and_not_empty(stack: Stack) -> None:
    stack.put_file("downloads/10000", b"there")
    export(file_ids=list(range(10_000, 10_500)))
    stack.run_queue()

    (listed,) = call("GET", "/v1/export").body["jobs"]

    assert listed["result"]["missing"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7, 100])
def test_the_pages_together_have_each_job_once(stack: Stack, limit: int) -> None:
    made = _some_exports(stack, 7)

    pages = _pages(limit)

    assert [job_id for page in pages for job_id in page] == made
    assert all(len(page) == limit for page in pages[:-1])


def test_after_a_full_last_page_there_is_no_empty_one(stack: Stack) -> None:
    made = _some_exports(stack, 4)

    assert _pages(2) == [made[:2], made[2:]]


def test_jobs_of_the_same_millisecond_are_in_the_pages_too(stack: Stack) -> None:
    made = {export(file_ids=[10001], user_id="alice") for _ in range(5)}

    listed = [job_id for page in _pages(2) for job_id in page]

    assert len(listed) == 5
    assert set(listed) == made


def test_a_new_job_does_not_change_the_next_page(stack: Stack) -> None:
    made = _some_exports(stack, 4)
    first = call("GET", "/v1/export", query={"user_id": "alice", "limit": "2"}).body
    _some_exports(stack, 1)

    query = {"user_id": "alice", "limit": "2", "cursor": first["cursor"]}
    second = call("GET", "/v1/export", query=query).body

    assert [job["jobId"] for job in second["jobs"]] == made[2:]


def test_a_page_has_twenty_jobs_unless_asked_otherwise(stack: Stack) -> None:
    _some_exports(stack, 21, "anonymous")

    page = call("GET", "/v1/export").body

    assert len(page["jobs"]) == 20
    assert page["cursor"]


def test_a_list_has_only_the_users_own_jobs(stack: Stack) -> None:
    mine = _some_exports(stack, 2, "alice")
    _some_exports(stack, 2, "bob")

    assert _pages(20, "alice") == [mine]


def test_an_authorizer_decides_whose_list_it_is(stack: Stack) -> None:
    mine = _some_exports(stack, 1, "alice")
    _some_exports(stack, 1, "bob")

    answer = call(
        "GET", "/v1/export", query={"user_id": "bob"}, authorizer={"principalId": "alice"}
    )

    assert [job["jobId"] for job in answer.body["jobs"]] == mine


def test_another_users_cursor_shows_none_of_their_jobs(stack: Stack) -> None:
    mine = _some_exports(stack, 2, "alice")
    _some_exports(stack, 2, "bob")
    theirs = call("GET", "/v1/export", query={"user_id": "bob", "limit": "1"}).body["cursor"]

    answer = call("GET", "/v1/export", query={"user_id": "alice", "cursor": theirs})

    assert answer.status == 200
    assert {job["jobId"] for job in answer.body["jobs"]} <= set(mine)


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "ünïcode",
        "%%%",
        _encoded("{}"),
        _encoded("[]"),
        _encoded("null"),
        _encoded('[1, "not-a-job"]'),
        _encoded('["1", "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"]'),
        _encoded('[true, "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"]'),
        _encoded('[1.5, "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"]'),
        _encoded('[1, "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11", 2]'),
        _encoded("[" * 10_000),
    ],
)
def test_a_cursor_that_is_not_of_any_list_is_refused(stack: Stack, cursor: str) -> None:
    answer = call("GET", "/v1/export", query={"cursor": cursor})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", " 5", "٣", "99999", "1e1"])
def test_an_invalid_limit_is_refused(stack: Stack, limit: str) -> None:
    answer = call("GET", "/v1/export", query={"limit": limit})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "limit"


@pytest.mark.parametrize("user_id", ["", "u" * 129, "a\nb", "\x00"])
def test_an_invalid_user_id_is_refused(stack: Stack, user_id: str) -> None:
    answer = call("GET", "/v1/export", query={"user_id": user_id})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "user_id"


def test_a_user_id_that_ends_with_a_newline_is_refused(stack: Stack) -> None:
    assert call("GET", "/v1/export", query={"user_id": "alice\n"}).status == 400


@pytest.mark.parametrize("user", ["\x80\x9f", "a\u200bb", "\u202eoperator", "\U000f0000", "é" * 64])
def test_whoever_may_export_may_list(stack: Stack, user: str) -> None:
    job_id = export(file_ids=[10001], user_id=user)

    answer = call("GET", "/v1/export", query={"user_id": user})

    assert answer.status == 200
    assert [job["jobId"] for job in answer.body["jobs"]] == [job_id]


@pytest.mark.parametrize("number", [10**50, -(10**50), -1, 0, 2**63])
def test_a_forged_cursor_shows_nobody_elses_jobs(stack: Stack, number: int) -> None:
    theirs = export(file_ids=[10001], user_id="bob")
    mine = export(file_ids=[10001], user_id="alice")
    forged = _encoded(f'[{number}, "{theirs}"]').rstrip("=")

    answer = call("GET", "/v1/export", query={"user_id": "alice", "cursor": forged})

    shown = {job["jobId"] for job in answer.body.get("jobs", ())}
    assert answer.status in (200, 400)
    assert shown <= {mine}
