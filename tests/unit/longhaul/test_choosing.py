"""What there is to export, as the client asks for it and reads it."""

from itertools import islice
from typing import Any

import pytest

from longhaul import Client, errors
from longhaul.answers import Checked, Exceeded, Folder, Limits, Skipped
from tests.unit.longhaul.stub import JOB, JOB_ID, Asked, Reply, Stub, accepted, job, problem

FILE = {"key": "p/a", "size": 1, "lastModified": "2026-01-01T00:00:00.000Z"}
CHECK = "POST /v1/download/check"


@pytest.fixture
def client(stub: Stub) -> Any:
    with Client(stub.url, patience=0) as made:
        yield made


def _page(names: str, cursor: str | None = None) -> Reply:
    files = [{**FILE, "name": name, "unreadable": None} for name in names]
    folders = [{"name": "c", "prefix": "p/c/"}] if cursor else []
    content = {"prefix": "p/", "topPrefix": "", "source": "main", "sources": ["main"]}
    return Reply(200, {**content, "folders": folders, "files": files, "cursor": cursor})


def test_all_of_a_folder_is_told_page_by_page(stub: Stub, client: Client) -> None:
    first = "GET /v1/files?prefix=p%2F&source=main&limit=1000"
    stub.on(first, _page("ab", cursor="c="))
    stub.on(f"{first}&cursor=c%3D", _page("d"))

    some = list(islice(client.files("p/", source="main"), 3))
    pages_for_some = len(stub.asked)
    found = [one.name for one in client.files("p/", source="main")]

    assert (some[0], pages_for_some) == (Folder("c", "p/c/"), 1)
    assert found == ["c", "a", "b", "d"]


def test_totals_are_sums_and_the_last_are_whole(stub: Stub, client: Client) -> None:
    part = {"prefix": "p/", "source": "main", "files": 2, "bytes": 30, "unreadableFiles": 1}
    stub.on("GET /v1/files/totals?prefix=p%2F", Reply(200, {**part, "cursor": "c"}))
    rest = {**part, "files": 1, "bytes": 5, "unreadableFiles": 0, "cursor": None}
    stub.on("GET /v1/files/totals?prefix=p%2F&cursor=c", Reply(200, rest))

    sums = list(client.files_totals("p/"))

    assert [(one.files, one.bytes, one.unreadable_files) for one in sums] == [
        (2, 30, 1),
        (3, 35, 1),
    ]
    assert [one.cursor for one in sums] == ["c", None]


def test_an_estimate_is_read_with_its_limits(stub: Stub) -> None:
    answer = {
        "files": 3,
        "bytes": 9,
        "seconds": 4,
        "limits": {"entries": 10_000, "bytesLeftToday": 8, "listedFiles": None, "aNewOne": 1},
        "exceeded": [{"limit": "bytesLeftToday", "most": 8, "detail": "too much"}],
    }
    stub.on("GET /v1/estimate?files=3&bytes=9&entries=2&userId=ann", Reply(200, answer))

    with Client(stub.url, user="ann") as client:
        found = client.estimate(files=3, size=9, entries=2)

    assert (found.seconds, found.limits) == (4, Limits(entries=10_000, bytes_left_today=8))
    assert found.exceeded == (Exceeded("bytesLeftToday", 8, "too much"),)


def test_many_files_are_checked_a_hundred_at_a_time(stub: Stub, client: Client) -> None:
    stub.on(CHECK, lambda asked: Reply(200, {"files": [_checked(one) for one in _named(asked)]}))

    found = list(client.check_many(file_ids=range(150), keys=["a", "b"], source="main"))

    assert [one.file for one in found] == [*range(150), "a", "b"]
    assert found[0] == Checked(0, available=True, s3_key="0", size=1, name="n")
    sent = [asked.content for asked in stub.asked]
    assert [{name: len(sent_) for name, sent_ in one.items()} for one in sent] == [
        {"fileIds": 100, "source": 4},
        {"fileIds": 50, "source": 4},
        {"keys": 2, "source": 4},
    ]


def test_an_older_api_is_asked_for_one_id_after_another(stub: Stub, client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        if "file_id" not in asked.content:
            wrong = [
                {"pointer": "/fileIds", "detail": "is not known; known are file_id, source"},
                {"pointer": "/file_id", "detail": "is missing"},
            ]
            return problem(400, "invalid-request", "fileIds: is not known", errors=wrong)
        return Reply(200, {"file_id": asked.content["file_id"], "available": True, "size": 1})

    stub.on(CHECK, answer)

    assert list(client.check_many(file_ids=[7, "x"])) == [
        Checked(7, available=True, size=1),
        Checked("x", available=True, size=1),
    ]
    with pytest.raises(errors.InvalidRequest):
        list(client.check_many(keys=["a"]))


def test_a_wrong_id_is_not_taken_for_an_older_api(stub: Stub, client: Client) -> None:
    wrong = [{"pointer": "/fileIds/0", "detail": "1 must be bigger than or equal to 10000"}]
    stub.on(CHECK, problem(400, "invalid-request", "fileIds/0: 1 must be", errors=wrong))

    with pytest.raises(errors.InvalidRequest):
        list(client.check_many(file_ids=[1]))

    assert len(stub.asked) == 1


def test_a_retry_says_only_what_is_different(stub: Stub, client: Client) -> None:
    stub.on(f"POST {JOB}/retry", accepted())

    client.retry(JOB_ID)
    client.retry(JOB_ID, on_missing="skip", filename="a.zip")

    assert stub.asked[0].body == b""
    assert stub.asked[1].content == {"onMissing": "skip", "filename": "a.zip"}


def test_a_request_is_told_as_parameters_of_create(stub: Stub, client: Client) -> None:
    asked = {"fileIds": [10_001], "onMissing": "fail", "onUnreadable": "skip", "fresh": False}
    stub.on(f"GET {JOB}/request", Reply(200, asked))
    stub.on("POST /v1/export", accepted())

    again = client.request(JOB_ID)
    client.create(**again)

    assert again == {
        "file_ids": [10_001],
        "on_missing": "fail",
        "on_unreadable": "skip",
        "fresh": False,
    }
    assert stub.asked[1].content == {
        "file_ids": [10_001],
        "on_missing": "fail",
        "on_unreadable": "skip",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>"])
def test_what_is_no_request_is_not_taken_for_one(stub: Stub, client: Client, body: bytes) -> None:
    stub.on(f"GET {JOB}/request", Reply(200, body))

    with pytest.raises(errors.UnexpectedAnswer):
        client.request(JOB_ID)


def test_an_archive_is_renamed(stub: Stub, client: Client) -> None:
    stub.on(f"PATCH {JOB}", Reply(200, job("completed", filename="b.zip")))

    assert client.rename(JOB_ID, "b.zip").filename == "b.zip"
    assert stub.asked[0].content == {"filename": "b.zip"}


def test_a_failure_is_read_with_and_without_what_can_help(stub: Stub, client: Client) -> None:
    old = {"type": "urn:x", "title": "Missing", "detail": "a"}
    skipped = {"file": 7, "reason": "missing", "detail": "does not exist"}
    new = {**old, "remedies": ["skip-missing", "edit"], "affectedFiles": 1, "affected": [skipped]}
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=old)))
    before = client.status(JOB_ID).error
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=new)))
    now = client.status(JOB_ID).error

    assert before
    assert (before.remedies, before.affected_files, before.affected) == ((), 0, None)
    assert now
    assert (now.remedies, now.affected_files) == (("skip-missing", "edit"), 1)
    assert now.affected == (Skipped(7, "missing", "does not exist"),)


def test_an_accepted_export_has_both_urls_or_those_of_an_older_api(
    stub: Stub, client: Client
) -> None:
    urls = {"downloadUrl": "https://a/download?redirect=true", "linkUrl": "https://a/download"}
    content = {"jobId": JOB_ID, "status": "queued"}
    stub.on("POST /v1/export", Reply(202, {**content, **urls}), Reply(202, content))

    new, old = (client.create(keys=["a"]) for _ in "12")

    assert (new.download_url, new.link_url) == tuple(urls.values())
    assert old.link_url == ""


def _named(asked: Asked) -> list[Any]:
    files = asked.content.get("fileIds") or asked.content["keys"]
    return list(files)


def _checked(one: object) -> dict[str, object]:
    facts = {"file": one, "available": True, "s3Key": str(one), "size": 1, "name": "n"}
    return {**facts, "reason": None, "detail": None}
