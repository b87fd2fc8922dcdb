"""The client: what it requests, and what it returns."""

from itertools import islice
from typing import Any
from uuid import UUID

import pytest

from longhaul import Client, Skipped, errors
from longhaul.answers import Folder, Unreadable
from tests.unit.longhaul.stub import (
    CUT,
    JOB,
    JOB_ID,
    Reply,
    Stub,
    accepted,
    completed,
    job,
    link,
    problem,
)

SHARE = {
    "id": "s1",
    "ticket": "lht_s1_secret",
    "url": f"https://api.example.com/#/jobs/{JOB_ID}?ticket=lht_s1_secret",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "expiresAt": "2026-01-02T00:00:00.000Z",
}


def test_an_export_request_contains_only_what_the_caller_gave(stub: Stub, client: Client) -> None:
    stub.on("POST /v1/export", accepted())

    made = client.create(file_ids=[10001, 10002], filename="March.zip")

    assert made.job_id == JOB_ID
    assert stub.asked[0].content == {"file_ids": [10001, 10002], "filename": "March.zip"}
    assert stub.asked[0].headers["content-type"] == "application/json"


def test_an_export_request_contains_the_user_and_all_options(stub: Stub) -> None:
    stub.on("POST /v1/export", accepted())

    with Client(f"{stub.url}/", user="ann") as client:
        client.create(prefix="a/", on_missing="fail", fresh=True, idempotency_key="k")

    assert stub.asked[0].content == {
        "prefix": "a/",
        "on_missing": "fail",
        "user_id": "ann",
        "fresh": True,
    }
    assert stub.asked[0].headers["idempotency-key"] == "k"


def test_an_export_whose_answer_is_lost_is_sent_again_with_the_same_key(
    stub: Stub, client: Client
) -> None:
    stub.on("POST /v1/export", CUT, problem(503, "unavailable", "later"), accepted())

    client.create(file_ids=[10001])

    keys = {asked.headers["idempotency-key"] for asked in stub.asked}
    assert len(stub.asked) == 3
    assert len(keys) == 1
    assert UUID(keys.pop()).version == 4


def test_two_exports_have_two_keys(stub: Stub, client: Client) -> None:
    stub.on("POST /v1/export", accepted())

    client.create(file_ids=[10001])
    client.create(file_ids=[10001])

    assert len({asked.headers["idempotency-key"] for asked in stub.asked}) == 2


def test_a_job_is_returned_with_all_its_fields(stub: Stub, client: Client) -> None:
    stub.on(f"GET {JOB}", Reply(200, completed(size=7, missing=[10009])))

    found = client.status(JOB_ID)

    assert found.result
    assert (found.status, found.is_open, found.progress.percent) == ("completed", False, 100)
    assert (found.result.file_size, found.result.missing) == (7, (10009,))
    assert found.expires_at.isoformat() == "2026-01-08T00:00:00+00:00"


def test_a_job_has_its_trace_unless_the_stack_is_older(stub: Stub, client: Client) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    stub.on(f"GET {JOB}", Reply(200, job(traceId=trace)), Reply(200, job()))
    made = {"jobId": JOB_ID, "status": "queued", "traceId": trace}
    stub.on("POST /v1/export", Reply(202, made), accepted())

    assert [client.status(JOB_ID).trace_id for _ in "12"] == [trace, ""]
    assert [client.create(file_ids=[10001]).trace_id for _ in "12"] == [trace, ""]


def test_what_is_not_in_an_archive_is_told_with_its_reason(stub: Stub, client: Client) -> None:
    skipped = [
        {"file": 10009, "reason": "missing", "detail": ""},
        {"file": "a", "reason": "archived", "detail": "in GLACIER"},
    ]
    stub.on(f"GET {JOB}", Reply(200, completed(missing=[10009], skipped=skipped)))

    result = client.status(JOB_ID).result

    assert result
    assert result.is_partial
    assert result.skipped == (Skipped(10009, "missing"), Skipped("a", "archived", "in GLACIER"))


@pytest.mark.parametrize(
    ("missing", "skipped", "is_partial"),
    [
        ([10009], (Skipped(10009, "missing", "does not exist"),), True),
        ([], (), False),
        (None, None, True),
    ],
)
def test_an_older_stack_names_only_the_missing_files(
    stub: Stub, client: Client, missing: Any, skipped: object, *, is_partial: bool
) -> None:
    answer = completed(missing=missing)
    answer["result"]["totalFiles"] += is_partial
    stub.on(f"GET {JOB}", Reply(200, answer))

    result = client.status(JOB_ID).result

    assert result
    assert (result.skipped, result.is_partial) == (skipped, is_partial)


def test_an_export_names_its_files_and_their_source(stub: Stub, client: Client) -> None:
    stub.on("POST /v1/export", accepted())

    client.create(files=[{"id": "x", "name": "a/b"}], source="scans", on_unreadable="skip")
    client.create(file_ids=["x", 5], on_missing="fail")

    assert [asked.content for asked in stub.asked] == [
        {"files": [{"id": "x", "name": "a/b"}], "source": "scans", "on_unreadable": "skip"},
        {"file_ids": ["x", 5], "on_missing": "fail"},
    ]


def test_a_folder_is_listed_with_what_cannot_be_read(stub: Stub, client: Client) -> None:
    file = {"name": "b", "key": "p/b", "size": 5, "lastModified": "2026-01-01T00:00:00Z"}
    frozen = {**file, "unreadable": {"reason": "archived", "detail": "in GLACIER"}}
    page = {
        "prefix": "p/",
        "topPrefix": "p/",
        "folders": [{"name": "c", "prefix": "p/c/"}],
        "files": [frozen, {**file, "unreadable": None}],
        "cursor": "next",
        "source": "scans",
        "sources": ["main", "scans"],
    }
    stub.on("GET /v1/files?prefix=p%2F&source=scans&cursor=c", Reply(200, page))
    older = {**page, "files": [file]}
    stub.on("GET /v1/files", Reply(200, {k: older[k] for k in list(page)[:5]}))

    found = client.folder("p/", source="scans", cursor="c")
    before = client.folder()

    assert [one.unreadable for one in found.files] == [Unreadable("archived", "in GLACIER"), None]
    assert (found.source, found.sources, found.cursor) == ("scans", ("main", "scans"), "next")
    assert found.folders == (Folder("c", "p/c/"),)
    assert (before.files[0].unreadable, before.source, before.sources) == (None, "", ())


def test_a_check_says_why_a_file_cannot_be_exported(stub: Stub, client: Client) -> None:
    answer = {"file_id": "x", "available": False, "s3Key": "k", "size": 5}
    told = {**answer, "reason": "encrypted", "detail": "by a key of the customer's"}
    stub.on("POST /v1/download/check", Reply(200, told), Reply(200, answer))

    now, before = client.check("x", source="scans"), client.check("x")

    assert [asked.content for asked in stub.asked] == [
        {"file_id": "x", "source": "scans"},
        {"file_id": "x"},
    ]
    assert (now.available, now.reason, now.detail) == (False, "encrypted", told["detail"])
    assert (before.available, before.reason) == (False, None)


def test_fields_that_a_newer_api_adds_are_ignored(stub: Stub, client: Client) -> None:
    newer = job(status="paused", colour="red")
    newer["progress"]["workers"] = [1, 2]
    stub.on(f"GET {JOB}", Reply(200, newer))

    assert client.status(JOB_ID).status == "paused"


def test_a_job_id_is_one_path_segment_whatever_it_contains(stub: Stub, client: Client) -> None:
    with pytest.raises(errors.NotFound):
        client.status("../health?x#y")

    assert stub.asked[0].line == "GET /v1/export/..%2Fhealth%3Fx%23y"


def test_a_list_requests_pages_only_as_far_as_it_is_read(stub: Stub) -> None:
    first, second = "GET /v1/export?limit=100&user_id=a+b", "&cursor=c%3D"
    stub.on(first, Reply(200, {"jobs": [job(), job()], "cursor": "c="}))
    stub.on(first + second, Reply(200, {"jobs": [job("failed")], "cursor": None}))

    with Client(stub.url, user="a b") as client:
        some = list(islice(client.list(), 2))
        pages_for_some = len(stub.asked)
        everything = list(client.list())

    assert (len(some), pages_for_some) == (2, 1)
    assert [found.status for found in everything] == ["processing", "processing", "failed"]


def test_a_download_link_is_returned(stub: Stub, client: Client) -> None:
    stub.on(f"GET {JOB}/download", link("https://s3/x"))

    assert client.download_link(JOB_ID).download_url == "https://s3/x"


def test_cancel_returns_the_cancelled_job(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=open", Reply(202, job("cancelled")))

    assert client.cancel(JOB_ID).status == "cancelled"


def test_a_cancel_succeeds_if_only_its_first_answer_was_lost(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=open", CUT, problem(409, "already-ended", "the job is cancelled"))
    stub.on(f"GET {JOB}", Reply(200, job("cancelled")))

    assert client.cancel(JOB_ID).status == "cancelled"


def test_a_completed_job_cannot_be_cancelled(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=open", problem(409, "already-ended", "the job is completed"))
    stub.on(f"GET {JOB}", Reply(200, completed()))

    with pytest.raises(errors.NotPossibleNow, match="the job is completed"):
        client.cancel(JOB_ID)


def test_a_cancel_never_deletes_a_job_that_has_ended(stub: Stub, client: Client) -> None:
    """The API deletes an ended job by a DELETE without `only`, which no cancel may send."""
    stub.on(f"DELETE {JOB}", Reply(204))
    stub.on(f"DELETE {JOB}?only=open", problem(409, "already-ended", "the job is completed"))
    stub.on(f"GET {JOB}", Reply(200, completed()))

    with pytest.raises(errors.NotPossibleNow):
        client.cancel(JOB_ID)

    assert stub.of(f"DELETE {JOB}") == []


def test_a_job_that_was_deleted_is_not_cancelled(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=open", Reply(204))

    with pytest.raises(errors.NotFound, match="was deleted"):
        client.cancel(JOB_ID)


def test_a_job_that_has_ended_is_deleted(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=ended", CUT, Reply(204))

    client.delete(JOB_ID)

    assert len(stub.asked) == 2


def test_a_job_that_is_open_is_not_deleted(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=ended", problem(409, "not-ended", "the job is processing"))

    with pytest.raises(errors.NotPossibleNow, match="the job is processing"):
        client.delete(JOB_ID)


def test_an_api_that_cannot_delete_is_noticed(stub: Stub, client: Client) -> None:
    stub.on(f"DELETE {JOB}?only=ended", Reply(202, job("cancelled")))

    with pytest.raises(errors.UnexpectedAnswer, match="which cannot delete"):
        client.delete(JOB_ID)


def test_a_share_has_its_link_and_shows_no_secret(stub: Stub, client: Client) -> None:
    stub.on(f"POST {JOB}/shares", Reply(201, SHARE))

    made = client.share(JOB_ID, expires_in=3600)
    client.share(JOB_ID)

    assert (made.url, made.ticket) == (SHARE["url"], "lht_s1_secret")
    assert [asked.content for asked in stub.asked] == [{"expires_in": 3600}, {}]
    assert "secret" not in f"{made!r} {made}"
    assert "2026" in repr(made)


def test_shares_are_listed_and_revoked(stub: Stub, client: Client) -> None:
    known = {name: SHARE[name] for name in ("id", "createdAt", "expiresAt")}
    stub.on(f"GET {JOB}/shares", Reply(200, {"shares": [known]}))
    stub.on(f"DELETE {JOB}/shares/s1", CUT, problem(404, "not-found", "there is no share"))

    assert [share.id for share in client.shares(JOB_ID)] == ["s1"]
    client.revoke(JOB_ID, "s1")
    with pytest.raises(errors.NotFound, match=r"no share link \.\./s1"):
        client.revoke(JOB_ID, "../s1")

    assert len(stub.of(f"DELETE {JOB}/shares/s1")) == 2


def test_a_selection_is_posted_without_a_token(stub: Stub) -> None:
    ticket = {"ticket": "lht_t1_secret", "ticketExpiresAt": "2026-01-02T00:00:00.000Z"}
    stub.on("POST /v1/export", Reply(202, {"jobId": JOB_ID, "status": "queued", **ticket}))

    with Client(stub.url, user="ann", token="mine") as client:
        made = client.create_selected("a.b.c", idempotency_key="k")
        client.create_selected("a.b.c", fresh=True)

    assert made.ticket == "lht_t1_secret"
    assert "secret" not in repr(made)
    assert [asked.content for asked in stub.asked] == [
        {"selection": "a.b.c"},
        {"selection": "a.b.c", "fresh": True},
    ]
    assert stub.asked[0].headers["idempotency-key"] == "k"
    assert ["authorization" in asked.headers for asked in stub.asked] == [False, False]


def test_a_refused_selection_is_not_a_missing_sign_in(stub: Stub, client: Client) -> None:
    stub.on("POST /v1/export", problem(401, "unauthorized", "the selection has expired"))

    with pytest.raises(errors.NotSignedIn) as refused:
        client.create_selected("a.b.c")

    assert refused.value.sent == "selection"


def test_a_retry_is_sent_again_without_an_idempotency_key(stub: Stub, client: Client) -> None:
    stub.on(f"POST {JOB}/retry", CUT, accepted())

    assert client.retry(JOB_ID).job_id == JOB_ID
    # A key would make another job with each call.
    assert [("idempotency-key" in asked.headers) for asked in stub.asked] == [False, False]


def test_check_says_whether_a_file_is_available(stub: Stub, client: Client) -> None:
    found = {"file_id": 10001, "available": True, "s3Key": "downloads/10001", "size": 5}
    stub.on("POST /v1/download/check", Reply(200, found))

    answer = client.check(10001)

    assert (answer.available, answer.s3_key, answer.size) == (True, "downloads/10001", 5)
    assert stub.asked[0].content == {"file_id": 10001}


def test_the_token_is_sent_to_the_api(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))

    with Client(stub.url, token="secret") as client:
        client.status(JOB_ID)

    assert stub.asked[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://a/b", "https://", "http://a/?x=1", "http://[::1/"]
)
def test_an_invalid_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL"):
        Client(url)
