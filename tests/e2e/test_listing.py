"""The list of a caller's jobs, page by page."""

import base64
from uuid import uuid4

import pytest

from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources


@pytest.fixture
def user() -> str:
    """A caller without jobs."""
    return f"user-{uuid4()}"


def forged(text: str) -> str:
    """Returns a cursor that the API has not made."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_caller_without_jobs_gets_an_empty_list(api: Api, user: str) -> None:
    answer = api.get("/v1/export", query={"user_id": user})

    assert answer.status_code == 200
    assert answer.json() == {"jobs": [], "cursor": None}


def test_jobs_are_listed_newest_first(api: Api, backstage: Backstage, user: str) -> None:
    made = [handmade.waiting(backstage, user) for _ in range(3)]

    listed = [job["jobId"] for job in api.jobs_of(user)]

    assert listed == made[::-1]


def test_pages_contain_every_job_once(api: Api, backstage: Backstage, user: str) -> None:
    made = [handmade.waiting(backstage, user) for _ in range(5)]

    first = api.get("/v1/export", query={"userId": user, "limit": "2"}).json()
    query = {"user_id": user, "limit": "3", "cursor": first["cursor"]}
    second = api.get("/v1/export", query=query).json()
    listed = [job["jobId"] for job in (*first["jobs"], *second["jobs"])]

    assert listed == made[::-1]
    assert len(first["jobs"]) == 2


def test_the_last_page_has_no_cursor(api: Api, backstage: Backstage, user: str) -> None:
    handmade.waiting(backstage, user)

    answer = api.get("/v1/export", query={"user_id": user, "limit": "2"})

    assert answer.json()["cursor"] is None


def test_a_job_made_after_the_first_page_does_not_move_the_second(
    api: Api, backstage: Backstage, user: str
) -> None:
    made = [handmade.waiting(backstage, user) for _ in range(3)]
    first = api.get("/v1/export", query={"user_id": user, "limit": "1"}).json()
    handmade.waiting(backstage, user)

    query = {"user_id": user, "cursor": first["cursor"]}
    rest = api.get("/v1/export", query=query).json()["jobs"]

    assert [job["jobId"] for job in rest] == made[1::-1]


def test_a_user_does_not_see_jobs_of_others(api: Api, backstage: Backstage, user: str) -> None:
    handmade.waiting(backstage, f"{user}-other")
    own = handmade.waiting(backstage, user)

    assert [job["jobId"] for job in api.jobs_of(user)] == [own]


def test_a_listed_job_equals_its_status(api: Api, backstage: Backstage, user: str) -> None:
    job_id = handmade.waiting(backstage, user)

    assert api.jobs_of(user) == [api.job(job_id)]


def test_the_list_leaves_out_long_lists_of_missing_files(
    api: Api, sources: Sources, user: str
) -> None:
    gone = [sources.new_id() for _ in range(100)]
    job_id = api.export(file_ids=[sources.put(b"there").file_id, *gone], user_id=user)
    alone = api.completed(job_id)

    (listed,) = api.jobs_of(user)

    assert listed["result"]["missing"] is None
    assert alone["result"]["missing"] == gone


def test_a_user_can_have_any_name(api: Api, backstage: Backstage, user: str) -> None:
    name = f"Zoë & söhne+=%/? {user}"
    job_id = handmade.waiting(backstage, name)

    assert [job["jobId"] for job in api.jobs_of(name)] == [job_id]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", " 5", "٣", "1" * 30])
def test_a_limit_out_of_range_is_refused(api: Api, limit: str) -> None:
    answer = api.get("/v1/export", query={"limit": limit})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "limit"


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("!", id="not base64"),
        pytest.param("ü", id="not ASCII"),
        pytest.param(forged("[1,"), id="not JSON"),
        pytest.param(forged("1"), id="not a pair"),
        pytest.param(forged('["1", "2"]'), id="not a number"),
        pytest.param(forged(f'[true, "{uuid4()}"]'), id="a boolean"),
        pytest.param(forged('[1, "no-uuid"]'), id="not a job id"),
    ],
)
def test_a_cursor_that_is_not_from_the_list_is_refused(api: Api, cursor: str) -> None:
    answer = api.get("/v1/export", query={"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "cursor"


def test_a_cursor_with_a_huge_number_is_refused(api: Api) -> None:
    answer = api.get("/v1/export", query={"cursor": forged(f'[{"9" * 60}, "{uuid4()}"]')})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "cursor"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 129,
        "a\nb",
        "\x7f",
        "end\n",
    ],
    ids=repr,
)
def test_a_user_id_that_no_job_can_have_is_refused(api: Api, name: str) -> None:
    answer = api.get("/v1/export", query={"user_id": name})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "user_id"
