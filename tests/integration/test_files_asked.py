"""Exports that name files, give them names, and take them from a source: from the request to the
archive."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.jobs.model import UNREADABLE_INLINE
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.named_sources import Source
from chalicelib.s3 import clients
from tests.archives import check_archive
from tests.eventsource import parsed
from tests.integration.cloud import REGION, SOURCES, keep_versions
from tests.integration.gateway import call, export, post_export, post_retry, status
from tests.integration.stack import Stack

OLD = "old-files"
GLACIER = {"reason": "archived", "detail": "in GLACIER; restore it first"}


@pytest.fixture
def two_sources(stack: Stack) -> Stack:
    """A stack with a second source, `old`, which is a part of another bucket."""
    clients.s3().create_bucket(Bucket=OLD, CreateBucketConfiguration={"LocationConstraint": REGION})
    old = Source(name="old", bucket=OLD, prefix="kept/", key_template="kept/{file_id}")
    stack.configure(sources=(*stack.services.settings.sources, old))
    bucket = replace(stack.services.source(), name=OLD)
    stack.services = replace(stack.services, sources={**stack.services.sources, "old": bucket})
    return stack


def _freeze(key: str, bucket: str = SOURCES) -> None:
    clients.s3().put_object(Bucket=bucket, Key=key, Body=b"cold", StorageClass="GLACIER")


def _stored_request(stack: Stack, job_id: str) -> ExportRequest:
    asked = stack.request(job_id)
    assert asked is not None
    return asked


# -- files ----------------------------------------------------------------------------------------


def test_files_are_in_the_archive_under_the_names_of_the_request(stack: Stack) -> None:
    one = stack.put_file("downloads/10001", b"one", filename="Invoice.pdf")
    two = stack.put_file("blobs/7c9e", b"two")
    photo = stack.put_file("photos/4711/a/1.jpg", b"photo")

    job_id = stack.completed(
        files=[
            {"id": 10001},
            {"id": 10001, "name": "Order 4711/Invoice.pdf"},
            {"key": "blobs/7c9e", "name": "Order 4711/Note.txt"},
            {"prefix": "photos/4711/", "name": "Order 4711/Photos"},
            {"key": "blobs/7c9e", "name": "Order 4711/Note.txt"},
        ]
    )

    expected = {
        "Invoice.pdf": one,
        "Order 4711/Invoice.pdf": one,
        "Order 4711/Note.txt": two,
        "Order 4711/Photos/a/1.jpg": photo,
    }
    check_archive(stack.archive(job_id), expected)
    assert status(job_id)["result"]["totalFiles"] == 4


def test_an_older_version_is_in_the_archive_beside_the_newest(stack: Stack) -> None:
    keep_versions()
    first = clients.s3().put_object(Bucket=SOURCES, Key="a.txt", Body=b"old")["VersionId"]
    newest = stack.put_file("a.txt", b"newer")

    job_id = stack.completed(
        files=[{"key": "a.txt", "version": first, "name": "old.txt"}, {"key": "a.txt"}]
    )

    archive = stack.archive(job_id)
    assert archive is not None
    assert b"old" in archive
    assert newest in archive


def test_an_accepted_request_says_how_many_files_it_names(stack: Stack) -> None:
    named = post_export({"files": [{"key": "a"}, {"key": "a", "name": "b"}, {"key": "a"}]})
    listed_later = post_export({"files": [{"key": "a"}, {"prefix": "b/"}]})

    assert (named.body["totalFiles"], listed_later.body["totalFiles"]) == (2, 0)


def test_a_request_is_stored_and_retried_as_it_was_made(two_sources: Stack) -> None:
    asked = {"files": [{"key": "kept/a", "name": "b"}], "source": "old", "on_unreadable": "skip"}
    job_id = export(**asked)
    two_sources.give_up(job_id)

    again = post_retry(job_id).body["jobId"]

    for one in (job_id, again):
        assert _stored_request(two_sources, one) == ExportRequest(
            files=(Wanted(key="kept/a", name="b"),), source="old", on_unreadable="skip"
        )


def test_a_request_with_another_name_is_another_request(stack: Stack) -> None:
    first = post_export({"files": [{"key": "a", "name": "b"}]}, key="k")
    same = post_export({"files": [{"name": "b", "key": "a"}]}, key="k")
    other = post_export({"files": [{"key": "a", "name": "c"}]}, key="k")

    assert first.body["jobId"] == same.body["jobId"]
    assert other.status == 422


# -- ids ------------------------------------------------------------------------------------------


def test_files_are_exported_by_ids_of_the_operators_own_form(stack: Stack) -> None:
    stack.configure(file_id_pattern=r"[a-z]+-\d+|\d+")
    content = {name: stack.put_file(f"downloads/{name}", name.encode()) for name in ("ab-7", "8")}

    job_id = stack.completed(file_ids=["ab-7", 8, "8", "zz-1"])

    check_archive(stack.archive(job_id), content, missing=("zz-1",))
    result = status(job_id)["result"]
    assert result["missing"] == ["zz-1"]
    assert result["skipped"] == [{"file": "zz-1", "reason": "missing", "detail": "does not exist"}]


def test_an_id_of_another_form_is_refused(stack: Stack) -> None:
    stack.configure(file_id_pattern=r"[a-z]+-\d+")

    refused = post_export({"file_ids": ["ab-7", "AB-7"]})

    assert refused.status == 400
    assert refused.body["errors"] == [
        {
            "pointer": "/file_ids/1",
            "detail": r'"AB-7" is not an id: all of it must match [a-z]+-\d+',
        }
    ]


# -- sources --------------------------------------------------------------------------------------


def test_an_export_takes_its_files_from_the_source_that_it_names(two_sources: Stack) -> None:
    two_sources.put_file("kept/10001", b"of the default source")
    clients.s3().put_object(Bucket=OLD, Key="kept/10001", Body=b"of the old one")

    by_id = two_sources.completed(file_ids=[10001], source="old")
    by_prefix = two_sources.completed(prefix="kept/", source="default")

    check_archive(two_sources.archive(by_id), {"10001": b"of the old one"})
    check_archive(two_sources.archive(by_prefix), {"10001": b"of the default source"})


def test_a_source_is_listed_by_its_name(two_sources: Stack) -> None:
    clients.s3().put_object(Bucket=OLD, Key="kept/a.txt", Body=b"1")
    _freeze("kept/cold.bin", OLD)

    page = call("GET", "/v1/files", query={"source": "old"}).body

    assert (page["source"], page["sources"], page["topPrefix"]) == (
        "old",
        ["default", "old"],
        "kept/",
    )
    assert [(file["name"], file["unreadable"]) for file in page["files"]] == [
        ("a.txt", None),
        ("cold.bin", GLACIER),
    ]


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/v1/export", {}, {"keys": ["a"], "source": "new"}),
        ("POST", "/v1/download/check", {}, {"file_id": 10001, "source": "new"}),
        ("GET", "/v1/files", {"source": "new"}, None),
    ],
)
def test_an_unknown_source_is_refused_with_the_known_ones(
    two_sources: Stack, method: str, path: str, query: dict[str, str], body: object
) -> None:
    refused = call(method, path, query=query, body=body)

    assert refused.status == 400
    assert "default" in refused.body["detail"]
    assert "old" in refused.body["detail"]
    assert refused.body["errors"][0]["pointer"].lstrip("/") == "source"


def test_an_open_job_of_a_source_that_is_gone_fails_and_says_so(two_sources: Stack) -> None:
    job_id = export(keys=["kept/a"], source="old")
    two_sources.configure(sources=two_sources.services.settings.sources[:1])

    two_sources.run_queue()

    failure = two_sources.job(job_id).failure
    assert failure
    assert (failure.slug, "no source 'old' any more" in failure.detail) == ("given-up", True)


def test_an_export_of_a_source_that_is_gone_cannot_be_retried(two_sources: Stack) -> None:
    job_id = export(keys=["kept/a"], source="old")
    two_sources.give_up(job_id)
    two_sources.configure(sources=two_sources.services.settings.sources[:1])

    refused = post_retry(job_id)

    assert refused.status == 409
    assert 'any more: source: "old"' in refused.body["detail"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"file_ids": ["ab-7"]}, "fileIds/0"),
        ({"files": [{"key": "kept/a"}, {"key": "b"}]}, "files/1/key"),
        ({"prefix": "b"}, "prefix"),
    ],
)
def test_what_the_settings_do_not_allow_any_more_cannot_be_retried(
    stack: Stack, asked: dict[str, object], named: str
) -> None:
    stack.configure(file_id_pattern=r"[a-z]+-\d+")
    job_id = export(**asked)
    stack.give_up(job_id)
    stack.configure(file_id_pattern="")
    stack.configure_source(prefix="kept/", key_template="{file_id:09d}")

    refused = post_retry(job_id)

    assert refused.status == 409
    assert f"any more: {named}: " in refused.body["detail"]


def test_a_check_asks_the_source_that_it_names(two_sources: Stack) -> None:
    _freeze("kept/10001", OLD)

    answer = call("POST", "/v1/download/check", body={"file_id": 10001, "source": "old"})

    assert answer.body == {
        "fileId": 10001,
        "file_id": 10001,
        "available": False,
        "s3Key": "kept/10001",
        "size": 4,
        "name": "10001",
        **GLACIER,
    }


def test_another_source_that_is_gone_does_not_make_the_stack_unhealthy(two_sources: Stack) -> None:
    clients.s3().delete_bucket(Bucket=OLD)

    assert call("GET", "/health").status == 200


# -- what was skipped -----------------------------------------------------------------------------


def test_what_was_skipped_is_in_every_answer_with_its_reason(stack: Stack) -> None:
    content = stack.put_file("in/a", b"a")
    _freeze("in/cold")

    job_id = stack.completed(keys=["in/cold", "in/gone", "in/a"], on_unreadable="skip")

    skipped = [
        {"file": "in/gone", "reason": "missing", "detail": "does not exist"},
        {"file": "in/cold", **GLACIER},
    ]
    result = status(job_id)["result"]
    assert result["skipped"] == skipped
    assert (result["processedFiles"], result["totalFiles"]) == (1, 3)
    assert _listed(job_id)["skipped"] == _told(job_id)["skipped"] == skipped
    archive = stack.archive(job_id)
    assert archive is not None
    assert content in archive


def test_a_long_list_of_what_was_skipped_is_only_in_the_answer_for_the_job(stack: Stack) -> None:
    stack.put_file("in/a", b"a")
    cold = [f"in/cold-{number}" for number in range(UNREADABLE_INLINE // 10)]
    for key in cold:
        _freeze(key)

    job_id = stack.completed(prefix="in/", on_unreadable="skip")

    result = status(job_id)["result"]
    assert [one["file"] for one in result["skipped"]] == sorted(cold)
    assert {one["reason"] for one in result["skipped"]} == {"archived"}
    for other in (_listed(job_id), _told(job_id)):
        assert (other["missing"], other["skipped"]) == (None, None)


def test_what_cannot_be_read_fails_the_export_by_default(stack: Stack) -> None:
    stack.put_file("in/a", b"a")
    _freeze("in/cold")
    job_id = export(prefix="in/")

    stack.run_queue()

    error = status(job_id)["error"]
    assert error["type"] == "urn:problem-type:longhaul:source-unreadable"
    assert "in/cold (archived: in GLACIER" in error["detail"]


def _listed(job_id: str) -> Any:
    """Returns the result as the list of jobs has it."""
    jobs = {job["jobId"]: job for job in call("GET", "/v1/export").body["jobs"]}
    return jobs[job_id]["result"]


def _told(job_id: str) -> Any:
    """Returns the result as an event has it."""
    (message,) = parsed(call("GET", f"/v1/export/{job_id}/progress").body.encode())
    return json.loads(message.data)["result"]
