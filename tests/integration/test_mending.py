"""What a person does about a job that is there: what its failure offers, a retry with changes, the
request to edit, and another name."""

import json
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib.errors import SourceMissing
from chalicelib.http import answer_schemas, spelling
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import endings
from chalicelib.s3 import clients
from tests.archives import check_archive
from tests.integration.cloud import SOURCES
from tests.integration.gateway import (
    PROBLEM,
    UNKNOWN_JOB,
    Answer,
    call,
    cancel,
    connect,
    download_link,
    export,
    post_export,
    post_retry,
    retry,
    status,
)
from tests.integration.stack import MIB, UNIT, Stack
from tests.unit.samples import Events

DEFAULTS = {
    "onMissing": "skip",
    "onUnreadable": "fail",
    "names": "key",
    "fresh": False,
}
FAILING = {"fileIds": [10001, 10002, 10003], "onMissing": "fail"}


@pytest.fixture
def failed(stack: Stack) -> str:
    """A job that has failed because two of its three files are missing."""
    stack.put_file("downloads/10001", b"one")
    return _failed(stack, **FAILING, filename="March", userId="alice")


def _failed(stack: Stack, **asked: object) -> str:
    job_id = export(**asked)
    assert stack.run_queue() == []
    assert status(job_id)["status"] == "failed"
    return job_id


def _archived(key: str) -> None:
    clients.s3().put_object(Bucket=SOURCES, Key=key, Body=b"x", StorageClass="GLACIER")


def _rename(job_id: str, filename: object, **more: Any) -> Answer:
    return call("PATCH", f"/v1/export/{job_id}", body={"filename": filename}, **more)


def _request(job_id: str, **more: Any) -> Answer:
    return call("GET", f"/v1/export/{job_id}/request", **more)


def _saved_as(job_id: str) -> str:
    query = parse_qs(urlsplit(download_link(job_id)).query)
    _, _, name = query["response-content-disposition"][0].partition("UTF-8''")
    return unquote(name)


def _missing(*files: object) -> list[object]:
    return [{"file": one, "reason": "missing", "detail": "does not exist"} for one in files]


# -- what a failure offers ------------------------------------------------------------------------


def test_a_failure_says_which_files_are_missing_and_that_they_can_be_skipped(
    stack: Stack, failed: str
) -> None:
    error = status(failed)["error"]

    assert error["remedies"] == ["skip-missing", "edit"]
    assert (error["affectedFiles"], error["affected"]) == (2, _missing(10002, 10003))


def test_the_list_and_the_events_say_it_too(stack: Stack, failed: str) -> None:
    error = status(failed)["error"]

    (listed,) = call("GET", "/v1/export", query={"userId": "alice"}).body["jobs"]
    told = json.loads(connect(failed)({}).body.decode().partition("data: ")[2].partition("\n")[0])

    assert listed["error"] == told["error"] == error


def test_missing_and_unreadable_files_are_both_named_if_both_are_to_blame(stack: Stack) -> None:
    stack.put_file("in/a", b"a")
    _archived("in/b")
    asked = {"keys": ["in/a", "in/b", "in/c"], "onMissing": "fail"}

    both = status(_failed(stack, **asked))["error"]
    one = status(_failed(stack, **asked, onUnreadable="skip"))["error"]

    assert both["remedies"] == ["skip-missing", "skip-unreadable", "edit"]
    assert both["affectedFiles"] == 2
    assert [(it["file"], it["reason"]) for it in both["affected"]] == [
        ("in/c", "missing"),
        ("in/b", "archived"),
    ]
    assert one["remedies"] == ["skip-missing", "edit"]
    assert one["affected"] == _missing("in/c")


def test_a_version_that_does_not_exist_is_missing(stack: Stack) -> None:
    clients.s3().put_bucket_versioning(
        Bucket=SOURCES, VersioningConfiguration={"Status": "Enabled"}
    )
    stack.put_file("in/a", b"a")
    files = [{"key": "in/a"}, {"key": "in/a", "version": "none", "name": "old"}]

    error = status(_failed(stack, files=files, onMissing="fail"))["error"]

    assert error["remedies"] == ["skip-missing", "edit"]
    assert [(it["file"], it["reason"]) for it in error["affected"]] == [("in/a", "missing")]


def test_a_long_list_is_null_and_still_counted(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    ids = [10001, *range(20_000, 20_500)]

    job_id = _failed(stack, fileIds=ids, onMissing="fail")

    error = status(job_id)["error"]
    assert error["remedies"] == ["skip-missing", "edit"]
    assert (error["affectedFiles"], error["affected"]) == (500, None)
    assert stack.item_size(job_id) < 2048


def test_nothing_is_skipped_where_nothing_would_be_left(stack: Stack) -> None:
    error = status(_failed(stack, fileIds=[10001], onMissing="fail"))["error"]

    assert (error["remedies"], error["affectedFiles"]) == (["edit"], 1)


def test_nothing_to_export_can_be_edited_and_names_its_files(stack: Stack) -> None:
    error = status(_failed(stack, fileIds=[10001], onMissing="skip"))["error"]

    assert error["type"].endswith(":nothing-to-export")
    assert (error["remedies"], error["affected"]) == (["edit"], _missing(10001))


def test_what_was_given_up_can_be_tried_again(stack: Stack) -> None:
    job_id = export(fileIds=[10001])
    stack.give_up(job_id)

    error = status(job_id)["error"]

    assert error["remedies"] == ["retry", "edit"]
    assert (error["affectedFiles"], error["affected"]) == (0, [])


def test_the_line_of_the_end_counts_no_file_as_left_out(stack: Stack, failed: str) -> None:
    """There is no archive that leaves them out."""
    job = stack.job(failed)

    assert (job.missing_count, job.skipped_count) == (2, 0)


@pytest.mark.parametrize("count", [1, 500])
def test_what_is_to_blame_never_replaces_what_a_plan_leaves_out(
    stack: Stack, small_segments: None, count: int
) -> None:
    """A retry may take the plan over, with its list. Two workers may see different files."""
    for name in ("a", "b"):
        stack.put_file(f"in/{name}", b"x" * 40 * UNIT)
    job_id = export(keys=["in/a", "in/b", "in/c"])
    stack.planned()
    planned = stack.job(job_id)
    assert (planned.status, planned.missing) == ("processing", ("in/c",))
    gone = tuple(f"in/{number}" for number in range(count))

    endings.fail(stack.services, job_id, SourceMissing("in/a is missing").blaming(gone, ()))

    job, error = stack.job(job_id), status(job_id)["error"]
    assert (job.status, job.missing, job.skipped_count) == ("failed", ("in/c",), 1)
    assert error["remedies"] == ["skip-missing", "edit"]
    assert (error["affectedFiles"], error["affected"]) == (1, None)


# -- a retry with changes -------------------------------------------------------------------------


def test_a_retry_without_what_is_missing_completes(stack: Stack, failed: str) -> None:
    answer = post_retry(failed, body={"onMissing": "skip"})
    stack.run_queue()

    job_id = answer.body["jobId"]
    done = status(job_id)
    assert (done["status"], done["retryOf"], done["filename"]) == ("completed", failed, "March.zip")
    assert done["result"]["skipped"] == _missing(10002, 10003)
    check_archive(stack.archive(job_id), {"10001": b"one"}, [10002, 10003], job_id=job_id)


def test_what_cannot_be_read_is_skipped_too(stack: Stack) -> None:
    stack.put_file("in/a", b"a")
    _archived("in/b")
    failed = _failed(stack, keys=["in/a", "in/b", "in/c"], onMissing="fail")

    answer = post_retry(failed, body={"onMissing": "skip", "onUnreadable": "skip"})
    stack.run_queue()

    assert status(answer.body["jobId"])["status"] == "completed"
    assert len(status(answer.body["jobId"])["result"]["skipped"]) == 2


def test_a_plain_retry_and_a_changed_one_are_two_jobs_and_each_repeated_is_one(
    stack: Stack, failed: str
) -> None:
    bodies: list[Any] = [
        None,
        {},
        {"onMissing": "fail"},
        {"on_missing": "fail", "filename": "March"},
        {"onMissing": "skip"},
        {"on_missing": "skip"},
        {"onMissing": "skip", "filename": "March"},
        {"onMissing": "skip", "filename": "May"},
        {"filename": "May"},
    ]

    jobs = [post_retry(failed, body=body).body["jobId"] for body in bodies]

    plain, skipping, renamed, both = jobs[0], jobs[4], jobs[7], jobs[8]
    assert jobs[:4] == [plain] * 4
    assert jobs[4:7] == [skipping] * 3
    assert len({plain, skipping, renamed, both}) == 4
    assert len(stack.take_messages()) == 4


def test_a_changed_retry_that_was_deleted_can_be_made_again(stack: Stack, failed: str) -> None:
    first = post_retry(failed, body={"onMissing": "skip"}).body["jobId"]
    stack.run_queue()
    assert call("DELETE", f"/v1/export/{first}").status == 204

    second = post_retry(failed, body={"onMissing": "skip"}).body["jobId"]
    again = post_retry(failed, body={"onMissing": "skip"}).body["jobId"]

    assert first != second == again


def test_a_key_that_was_used_for_other_changes_is_refused(stack: Stack, failed: str) -> None:
    first = post_retry(failed, key="k", body={"onMissing": "skip"})
    same = post_retry(failed, key="k", body={"onMissing": "skip"})
    other = post_retry(failed, key="k", body={"onMissing": "skip", "filename": "May"})

    assert first.body["jobId"] == same.body["jobId"]
    assert other.status == 422
    assert other.body["type"].endswith(":idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"fresh": True}, "/fresh"),
        ({"fileIds": [10001]}, "/fileIds"),
        ({"userId": "mallory"}, "/userId"),
        ({"notify": {"url": "https://evil.example.com"}}, "/notify"),
        ({"onMissing": "ignore"}, "/onMissing"),
        ({"onMissing": None}, "/onMissing"),
        ({"on_unreadable": ["skip"]}, "/on_unreadable"),
        ({"onMissing": "skip", "on_missing": "skip"}, "/onMissing"),
        ({"filename": ""}, "/filename"),
        ({"filename": 7}, "/filename"),
        ({"filename": " . "}, "/filename"),
        ({"filename": "a\nb"}, "/filename"),
        ({"filename": "ж" * 150}, "/filename"),
        ({"filename": "n" * 201}, "/filename"),
        ([], ""),
        ("skip", ""),
    ],
)
def test_what_a_retry_cannot_change_is_refused_by_name(
    stack: Stack, failed: str, body: object, pointer: str
) -> None:
    answer = post_retry(failed, body=json.dumps(body))

    assert answer.status == 400
    assert answer.body["type"].endswith(":invalid-request")
    assert answer.body["errors"][0]["pointer"] == pointer
    assert stack.take_messages() == []


def test_a_retry_keeps_the_name_that_somebody_gave(stack: Stack, failed: str) -> None:
    _rename(failed, "Holiday")

    plain = retry(failed)
    skipping = post_retry(failed, body={"onMissing": "skip"}).body["jobId"]
    named = post_retry(failed, body={"filename": "April"}).body["jobId"]

    names = [status(job_id)["filename"] for job_id in (plain, skipping, named)]
    assert names == ["Holiday.zip", "Holiday.zip", "April.zip"]


def test_a_retry_takes_the_first_name_of_a_job_that_was_renamed(stack: Stack, failed: str) -> None:
    _rename(failed, "April")
    plain = retry(failed)

    first, last = (
        post_retry(failed, body={"filename": name}).body["jobId"] for name in ("March", "April")
    )

    names = [status(job_id)["filename"] for job_id in (plain, first, last)]
    assert names == ["April.zip", "March.zip", "April.zip"]


def test_a_name_that_was_made_is_made_anew_with_the_day_of_the_retry(stack: Stack) -> None:
    failed = _failed(stack, keys=["in/a.txt"], onMissing="fail")
    assert status(failed)["filename"] == "a-2026-05-28.zip"
    stack.clock.advance(days=2)

    assert status(retry(failed))["filename"] == "a-2026-05-30.zip"


# -- what a job was asked for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"fileIds": [10001, 10002], "filename": "März", "onMissing": "fail"},
        {"keys": ["in/a", "in/\U0001f600"], "names": "own", "onUnreadable": "skip", "fresh": True},
        {"prefix": "in/", "source": "downloads", "names": "own"},
        {
            "files": [
                {"id": 10001, "name": "Reports/March.pdf"},
                {"key": "in/a", "version": "null"},
                {"prefix": "in/", "name": "."},
            ]
        },
        {"prefix": "in/", "format": "tar.gz", "compression": "auto", "split": 4_000_000_000},
        {"prefix": "in/", "compression": "deflate"},
    ],
)
def test_what_was_asked_for_can_be_asked_for_again(stack: Stack, asked: dict[str, Any]) -> None:
    if "source" in asked:
        asked = {**asked, "source": stack.services.settings.sources[0].name}
    job_id = export(**asked, userId="alice")

    answer = _request(job_id)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == {**DEFAULTS, **asked}
    again = post_export(answer.body).body["jobId"]
    first, second = (_stored(stack, one) for one in (job_id, again))
    assert {**first, "user_id": ""} == {**second, "user_id": ""}


def _stored(stack: Stack, job_id: str) -> dict[str, Any]:
    asked = stack.request(job_id)
    assert asked
    stored: dict[str, Any] = json.loads(asked.to_json())
    stored.pop("user_id", None)
    return stored


def test_the_document_has_each_field_of_a_request() -> None:
    """Whoever adds one to the request adds it here."""
    told = set(answer_schemas.ASKED_FOR["properties"])

    asked = {spelling.outer(field.name) for field in fields(ExportRequest)}
    assert told == asked - {"userId", "notify"}


def test_it_says_nobody_who_asked_or_who_was_told(stack: Stack) -> None:
    stack.configure(webhook_hosts=("hooks.example.com",))
    job_id = export(
        fileIds=[10001], userId="alice", notify={"url": "https://hooks.example.com/secret"}
    )

    answer = _request(job_id)

    assert answer.body.keys() == {"fileIds", *DEFAULTS}


def test_a_retry_may_make_another_archive_under_the_same_name(stack: Stack, failed: str) -> None:
    job_id = post_retry(failed, body={"format": "tar.gz", "split": 2 * MIB}).body["jobId"]

    assert (status(job_id)["filename"], status(job_id)["format"]) == ("March.tar.gz", "tar.gz")
    assert _request(job_id).body["split"] == 2 * MIB
    again = _stopped(job_id, {"format": "zip", "compression": "auto"})
    assert (status(again)["filename"], status(again)["format"]) == ("March.zip", "zip")
    assert _request(again).body["split"] == 2 * MIB


def test_a_new_format_has_its_usual_compression_if_a_retry_names_none(
    stack: Stack, failed: str
) -> None:
    deflated = post_retry(failed, body={"compression": "deflate"}).body["jobId"]

    as_tar = _stopped(deflated, {"format": "tar"})

    assert _request(deflated).body["compression"] == "deflate"
    assert "compression" not in _request(as_tar).body


def test_a_compression_that_the_format_has_not_is_the_retrys_mistake(
    stack: Stack, failed: str
) -> None:
    as_tar = post_retry(failed, body={"format": "tar"}).body["jobId"]
    cancel(as_tar)

    answer = post_retry(as_tar, body={"compression": "deflate"})

    assert answer.status == 400
    assert [error["pointer"] for error in answer.body["errors"]] == ["/compression"]


def _stopped(job_id: str, body: dict[str, Any]) -> str:
    """Cancels a job. Returns the id of the job that retries it, with these changes."""
    cancel(job_id)
    return str(post_retry(job_id, body=body).body["jobId"])


def test_a_tar_that_is_renamed_stays_a_tar(stack: Stack) -> None:
    job_id = export(fileIds=[10001], format="tar")

    names = [_rename(job_id, name).body["filename"] for name in ("A", "B.tar", "C.zip")]

    assert names == ["A.tar", "B.tar", "C.tar"]


def test_it_has_the_name_that_was_given_later(stack: Stack) -> None:
    job_id = export(fileIds=[10001])
    _rename(job_id, "Holiday")

    assert _request(job_id).body["filename"] == "Holiday.zip"


def test_a_request_that_is_gone_cannot_be_read(stack: Stack, failed: str) -> None:
    stack.forget_request(failed)

    answer = _request(failed)

    assert answer.status == 410
    assert answer.body["type"].endswith(":request-gone")


@pytest.mark.parametrize("job_id", [UNKNOWN_JOB, "nonsense"])
def test_an_unknown_job_has_no_request_and_no_name(stack: Stack, job_id: str) -> None:
    assert _request(job_id).status == 404
    assert _rename(job_id, "a").status == 404


def test_another_users_job_has_no_request_and_no_name(stack: Stack, failed: str) -> None:
    mallory: Any = {"authorizer": {"principalId": "mallory"}}

    assert _request(failed, **mallory).status == 404
    assert _rename(failed, "a", **mallory).status == 404
    assert status(failed)["filename"] == "March.zip"


def test_a_share_link_neither_reads_the_request_nor_renames(stack: Stack, failed: str) -> None:
    ticket = call("POST", f"/v1/export/{failed}/shares").body["ticket"]
    headers = {"Authorization": f"Bearer {ticket}"}

    assert _request(failed, headers=headers).status == 403
    assert _rename(failed, "a", headers=headers).status == 403
    seen = call("GET", f"/v1/export/{failed}", headers=headers)
    assert (seen.status, seen.body["filename"]) == (200, "March.zip")


# -- another name ---------------------------------------------------------------------------------


def test_an_archive_is_saved_under_its_new_name(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = stack.completed(fileIds=[10001], filename="March")

    answer = _rename(job_id, "Übersicht für März")

    assert answer.status == 200
    assert answer.body == status(job_id)
    assert answer.body["filename"] == _saved_as(job_id) == "Übersicht für März.zip"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd.zip"),
        ("x\u202egpj.exe", "x_gpj.exe.zip"),
        ("nul", "nul_.zip"),
        ("report.ZIP", "report.ZIP"),
        ("\U0001f600" * 62, "\U0001f600" * 62 + ".zip"),
    ],
)
def test_a_new_name_is_made_safe_as_the_first_one_is(stack: Stack, wanted: str, name: str) -> None:
    job_id = export(fileIds=[10001])

    assert _rename(job_id, wanted).body["filename"] == name
    assert status(job_id)["filename"] == name


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filename": None},
        {"filename": ""},
        {"filename": "..."},
        {"filename": " "},
        {"filename": "a\x00b"},
        {"filename": "n" * 201},
        {"filename": "ж" * 150},
        {"filename": "a", "status": "completed"},
        {"fileName": "a"},
        [],
        "a",
    ],
)
def test_a_new_name_that_is_none_is_refused(stack: Stack, body: object) -> None:
    job_id = export(fileIds=[10001], filename="March")

    answer = call("PATCH", f"/v1/export/{job_id}", body=json.dumps(body))

    assert answer.status == 400
    assert answer.headers["Content-Type"] == PROBLEM
    assert status(job_id)["filename"] == "March.zip"


def test_a_rename_that_is_no_json_is_refused(stack: Stack) -> None:
    job_id = export(fileIds=[10001])

    for body, code in ((b"\xff", 400), ("", 400), ('{"filename": "' + "n" * 3_000_000, 413)):
        assert call("PATCH", f"/v1/export/{job_id}", body=body).status == code


@pytest.mark.parametrize("state", ["queued", "processing", "failed", "cancelled", "expired"])
def test_a_job_can_be_renamed_in_any_state(stack: Stack, state: str) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(fileIds=[10001])
    match state:
        case "processing":
            stack.services.jobs.start(job_id, stack.clock())
        case "failed":
            stack.give_up(job_id)
        case "cancelled":
            cancel(job_id)
        case "expired":
            stack.run_queue()
            stack.clock.advance(days=8)
    before = status(job_id)

    answer = _rename(job_id, "Holiday")

    assert (answer.status, answer.body["status"]) == (200, state)
    assert answer.body == {**before, "filename": "Holiday.zip"}, "nothing else has moved"


def test_a_deleted_job_cannot_be_renamed(stack: Stack, failed: str) -> None:
    call("DELETE", f"/v1/export/{failed}")

    assert _rename(failed, "Holiday").status == 404
    assert "filename" not in stack.item(failed)


def test_a_job_that_is_deleted_at_this_moment_gets_no_name(stack: Stack, failed: str) -> None:
    found = stack.services.jobs.get(failed)
    assert found
    call("DELETE", f"/v1/export/{failed}")

    assert stack.services.jobs.rename(found.job_id, "Holiday.zip") is None
    assert "filename" not in stack.item(failed)


def test_a_rename_is_no_sign_of_life(stack: Stack) -> None:
    job_id = export(fileIds=[10001])
    before = stack.item(job_id)
    stack.clock.advance(seconds=30)

    _rename(job_id, "Holiday")

    after = stack.item(job_id)
    assert {**before, "filename": after["filename"]} == after


def test_no_worker_brings_the_old_name_back(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is renamed before each of the workers' writes: they have read it with its old
    name."""
    stack.put_file("downloads/10001", b"one")
    job_id = export(fileIds=[10001], filename="March")
    table = type(stack.services.jobs.table)
    plain, count = table.change, iter(range(1_000))

    def renamed_before(self: Any, item: str, *args: Any, **more: Any) -> Any:
        stack.services.jobs.rename(job_id, f"Holiday {next(count)}.zip")
        return plain(self, item, *args, **more)

    monkeypatch.setattr(table, "change", renamed_before)
    assert stack.run_queue() == []

    done = status(job_id)
    last = next(count) - 1
    assert last >= 3
    assert (done["status"], done["filename"]) == ("completed", f"Holiday {last}.zip")


def test_a_job_with_the_same_archive_keeps_its_own_name(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    first = stack.completed(fileIds=[10001], filename="March")
    second = stack.completed(fileIds=[10001], filename="May")
    assert status(second)["result"]["reusedFrom"] == first

    _rename(first, "Holiday")

    assert [_saved_as(one) for one in (first, second)] == ["Holiday.zip", "May.zip"]


def test_whoever_watches_sees_the_new_name(stack: Stack) -> None:
    job_id = export(fileIds=[10001])
    seen = connect(job_id)({}).body.decode()
    last = seen.partition("id: ")[2].partition("\n")[0]
    etag = call("GET", f"/v1/export/{job_id}").headers["ETag"]

    _rename(job_id, "Holiday")

    told = connect(job_id)({"Last-Event-ID": last}).body.decode()
    assert json.loads(told.partition("data: ")[2].partition("\n")[0])["filename"] == "Holiday.zip"
    answer = call("GET", f"/v1/export/{job_id}", headers={"If-None-Match": etag})
    assert (answer.status, answer.body["filename"]) == (200, "Holiday.zip")


@pytest.fixture
def log(stack: Stack) -> Events:
    events = Events()
    stack.services = replace(stack.services, log=events)
    return events


def test_a_rename_is_audited_without_the_name(stack: Stack, log: Events) -> None:
    job_id = export(fileIds=[10001])
    log.kept.clear()

    _rename(job_id, "Secret plans")
    _request(job_id)

    (facts,) = (facts for event, facts in log.kept if event == "audit")
    assert (facts["action"], facts["result"], facts["jobId"]) == ("rename", "done", job_id)
    assert "Secret" not in str(log.kept)
