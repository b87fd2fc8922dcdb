"""GET /v1/estimate: about how long an export takes, and what is too much."""

from typing import Any

import pytest

from chalicelib.archive.scale import MAX_ARCHIVE
from tests.integration.gateway import call
from tests.integration.stack import Stack
from tests.integration.wire import Requests


def _estimate(**query: object) -> dict[str, Any]:
    answer = call("GET", "/v1/estimate", query={name: str(it) for name, it in query.items()})
    assert answer.status == 200, answer
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.body)


def test_an_estimate_has_the_time_and_all_limits(stack: Stack) -> None:
    body = _estimate(files=3000, bytes=15 * 10**9, entries=2)

    assert 4 <= body.pop("seconds") <= 12
    assert body == {
        "files": 3000,
        "bytes": 15 * 10**9,
        "limits": {
            "entries": 10_000,
            "listedFiles": 1_000_000,
            "bodyBytes": stack.services.settings.max_body_bytes,
            "archiveBytes": MAX_ARCHIVE,
            "filesPerJob": None,
            "bytesPerJob": None,
            "bytesLeftToday": None,
        },
        "exceeded": [],
    }


def test_the_limits_of_the_stack_count(stack: Stack) -> None:
    stack.configure(max_files_per_job=2, max_bytes_per_job=10)

    body = _estimate(files=3, bytes=11)

    assert body["exceeded"] == [
        {
            "limit": "filesPerJob",
            "most": 2,
            "detail": "these are 3 files, and an export may have 2; export fewer at a time",
        },
        {
            "limit": "bytesPerJob",
            "most": 10,
            "detail": "these files have 11 bytes, and an export may have 10; "
            "export fewer at a time",
        },
    ]


@pytest.mark.parametrize(
    "form", [{"compression": "deflate"}, {"compression": "auto"}, {"format": "tar.gz"}]
)
def test_what_is_compressed_takes_longer(stack: Stack, form: dict[str, str]) -> None:
    plain = _estimate(files=3000, bytes=15 * 10**9, format="tar")

    body = _estimate(files=3000, bytes=15 * 10**9, **form)

    assert body["seconds"] > 1.5 * plain["seconds"]
    assert body["limits"] == plain["limits"]


def test_several_archives_may_have_more_bytes_than_one(stack: Stack) -> None:
    asked = {"files": 1000, "bytes": MAX_ARCHIVE + 1}

    one, several = _estimate(**asked), _estimate(**asked, split=5 * 1024**4)

    assert [limit["limit"] for limit in one["exceeded"]] == ["archiveBytes"]
    assert several["exceeded"] == []
    assert several["limits"]["archiveBytes"] == 1000 * 5 * 1024**4


def test_files_that_go_to_too_many_archives_are_too_much(stack: Stack) -> None:
    asked = {"files": 10, "bytes": 1000 * 2**20 + 1, "split": 2**20}

    plain, packed = _estimate(**asked), _estimate(**asked, compression="deflate")

    (limit,) = plain["exceeded"]
    assert limit == {
        "limit": "archiveBytes",
        "most": 1000 * 2**20,
        "detail": "these files have 1048576001 bytes, and 1000 archives of that size may have "
        "1048576000; choose a larger split",
    }
    assert (packed["exceeded"], packed["limits"]["archiveBytes"]) == ([], None)


@pytest.mark.parametrize("given", ["5", "-1", "1e9", "", "true", str(2**60)])
def test_a_split_that_is_refused_is_told_with_its_own_bounds(stack: Stack, given: str) -> None:
    answer = call("GET", "/v1/estimate", query={"files": "1", "bytes": "1", "split": given})

    (error,) = answer.body["errors"]
    assert error["detail"].endswith("must be a whole number from 1048576 to 5497558138880")


@pytest.mark.parametrize("name", ["userId", "user_id"])
def test_what_is_left_of_the_day_is_each_users_own(stack: Stack, name: str) -> None:
    stack.configure(max_bytes_per_user_per_day=100)
    stack.put_file("downloads/10001", b"x" * 60)
    stack.completed(file_ids=[10001], user_id="ann")

    ann = _estimate(files=1, bytes=41, **{name: "ann"})
    bob = _estimate(files=1, bytes=41, **{name: "bob"})

    assert (ann["limits"]["bytesLeftToday"], bob["limits"]["bytesLeftToday"]) == (40, 100)
    assert [one["limit"] for one in ann["exceeded"]] == ["bytesLeftToday"]
    assert bob["exceeded"] == []


def test_who_has_proved_to_be_a_user_cannot_ask_for_another_one(stack: Stack) -> None:
    stack.configure(max_bytes_per_user_per_day=100)
    stack.put_file("downloads/10001", b"x" * 60)
    stack.completed(file_ids=[10001], user_id="ann")
    query = {"files": "1", "bytes": "1", "userId": "ann"}

    answer = call("GET", "/v1/estimate", query=query, authorizer={"principalId": "bob"})

    assert answer.body["limits"]["bytesLeftToday"] == 100


def test_an_estimate_looks_at_no_file(stack: Stack, requests: Requests) -> None:
    requests.made.clear()

    _estimate(files=10, bytes=10)

    assert dict(requests.count()) == {}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "files"),
        ({"bytes": "1"}, "files"),
        ({"files": "1"}, "bytes"),
        ({"files": "", "bytes": "1"}, "files"),
        ({"files": "-1", "bytes": "1"}, "files"),
        ({"files": "+1", "bytes": "1"}, "files"),
        ({"files": "1.5", "bytes": "1"}, "files"),
        ({"files": "1e9", "bytes": "1"}, "files"),
        ({"files": "1_000", "bytes": "1"}, "files"),
        ({"files": "٣", "bytes": "1"}, "files"),
        ({"files": " 1", "bytes": "1"}, "files"),
        ({"files": "1", "bytes": str(2**53)}, "bytes"),
        ({"files": "1", "bytes": "9" * 100_000}, "bytes"),
        ({"files": "1", "bytes": "1", "entries": "x"}, "entries"),
        ({"files": "1", "bytes": "1", "format": "rar"}, "format"),
        ({"files": "1", "bytes": "1", "format": ""}, "format"),
        ({"files": "1", "bytes": "1", "compression": "best"}, "compression"),
        ({"files": "1", "bytes": "1", "format": "tar", "compression": "auto"}, "compression"),
        ({"files": "1", "bytes": "1", "split": "1048575"}, "split"),
        ({"files": "1", "bytes": "1", "split": str(5 * 1024**4 + 1)}, "split"),
        ({"files": "1", "bytes": "1", "split": "4GB"}, "split"),
        ({"files": "1", "bytes": "1", "userId": ""}, "userId"),
        ({"files": "1", "bytes": "1", "userId": "a", "user_id": "b"}, "userId"),
    ],
)
def test_a_number_that_is_none_is_named(stack: Stack, query: dict[str, str], pointer: str) -> None:
    answer = call("GET", "/v1/estimate", query=query)

    assert answer.status == 400
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert len(answer.body["detail"]) < 300


def test_the_largest_numbers_are_answered(stack: Stack) -> None:
    most = 2**53 - 1

    body = _estimate(files=most, bytes=most, entries=most)

    assert {one["limit"] for one in body["exceeded"]} == {"entries", "archiveBytes"}
