"""GET /v1/export/{jobId}/download: a presigned link, or the reason why there is none."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from botocore.credentials import Credentials

from chalicelib import aws
from tests.integration.gateway import call, cancel, download_link, export
from tests.integration.stack import Stack


def _completed(stack: Stack, **request: object) -> str:
    stack.put_file("downloads/10001", b"one")
    return stack.completed(file_ids=[10001], **request)


def _query(link: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(link).query).items()}


def test_a_completed_job_has_a_link(stack: Stack) -> None:
    job_id = _completed(stack)

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == {
        "jobId": job_id,
        "status": "ready",
        "downloadUrl": answer.body["downloadUrl"],
        "expiresIn": 900,
        "filename": answer.body["filename"],
        "message": "Download within 900 seconds, or ask for a new link.",
    }


def test_the_link_is_signed_with_sigv4_for_this_object_alone(stack: Stack) -> None:
    job_id = _completed(stack)

    link = download_link(job_id)

    address, query = urlsplit(link), _query(link)
    assert address.scheme == "https"
    assert address.netloc == "archive-bucket.s3.eu-central-1.amazonaws.com"
    assert address.path == f"/archives/{job_id}.zip"
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Credential"].endswith("/eu-central-1/s3/aws4_request")
    assert query["X-Amz-Expires"] == "900"
    assert query["X-Amz-SignedHeaders"] == "host"
    assert len(query["X-Amz-Signature"]) == 64
    assert query["response-content-type"] == "application/zip"


def test_the_link_has_the_endpoint_that_callers_reach(stack: Stack) -> None:
    job_id = _completed(stack)
    stack.configure(public_endpoint_url="http://localhost:4566")

    link = download_link(job_id)

    assert link.startswith(f"http://localhost:4566/archive-bucket/archives/{job_id}.zip?")
    assert _query(link)["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"


@pytest.mark.parametrize(
    ("filename", "disposition"),
    [
        ("March.zip", "attachment; filename=\"March.zip\"; filename*=UTF-8''March.zip"),
        ('a"b\\c', "attachment; filename=\"a_b_c.zip\"; filename*=UTF-8''a_b_c.zip"),
        (
            "Übersicht 100%",
            'attachment; filename="_bersicht 100_.zip"; '
            "filename*=UTF-8''%C3%9Cbersicht%20100%25.zip",
        ),
        ("日本", "attachment; filename=\"__.zip\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.zip"),
        (
            "it's; a=b",
            "attachment; filename=\"it_s; a=b.zip\"; filename*=UTF-8''it%27s%3B%20a%3Db.zip",
        ),
    ],
)
def test_the_archive_is_saved_under_its_name(stack: Stack, filename: str, disposition: str) -> None:
    job_id = _completed(stack, filename=filename)

    link = download_link(job_id)

    assert _query(link)["response-content-disposition"] == disposition


def test_the_longest_name_makes_a_link_that_clients_accept(stack: Stack) -> None:
    job_id = _completed(stack, filename="🎉" * 62)

    link = download_link(job_id)

    assert len(link) < 8_000
    assert unquote(_query(link)["response-content-disposition"]).endswith("🎉" * 62 + ".zip")


@pytest.mark.parametrize(("left", "lives"), [(899.9, 899), (60, 60), (1.5, 1), (0.5, 1)])
def test_a_link_does_not_outlive_the_archive(stack: Stack, left: float, lives: int) -> None:
    job_id = _completed(stack)
    stack.clock.advance(days=7, seconds=-left)

    body = call("GET", f"/v1/export/{job_id}/download").body

    assert body["expiresIn"] == lives
    assert _query(body["downloadUrl"])["X-Amz-Expires"] == str(lives)


def test_redirect_answers_with_the_link_in_location(stack: Stack) -> None:
    job_id = _completed(stack)

    answer = call("GET", f"/v1/export/{job_id}/download", query={"redirect": "true"})

    assert (answer.status, answer.body) == (303, None)
    assert _query(answer.headers["Location"])["X-Amz-Signature"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_asks_with_head_gets_a_link_for_head(stack: Stack) -> None:
    job_id = _completed(stack)
    path, query = f"/v1/export/{job_id}/download", {"redirect": "true"}

    with_head, with_get = (call(method, path, query=query) for method in ("HEAD", "GET"))

    assert (with_head.status, with_get.status) == (303, 303)
    assert with_head.body is None
    signed = [_query(answer.headers["Location"]) for answer in (with_head, with_get)]
    assert signed[0].keys() == signed[1].keys()
    assert signed[0]["X-Amz-Signature"] != signed[1]["X-Amz-Signature"]


def test_a_link_says_when_it_ends_before_its_time(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = _completed(stack)
    stack.configure(link_ttl_seconds=604_800, archive_ttl_days=30)
    monkeypatch.setattr(
        aws.session(), "get_credentials", lambda: Credentials("testing", "testing", "a session's")
    )

    body = call("GET", f"/v1/export/{job_id}/download").body

    assert body["expiresIn"] == 900
    assert "not valid for longer (604800 seconds are set)" in body["message"]
    assert _query(body["downloadUrl"])["X-Amz-Expires"] == "900"


@pytest.mark.parametrize("redirect", ["", "1", "yes", "TRUE"])
def test_redirect_is_true_or_false(stack: Stack, redirect: str) -> None:
    job_id = _completed(stack)

    answer = call("GET", f"/v1/export/{job_id}/download", query={"redirect": redirect})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "redirect"


def test_a_queued_job_is_not_ready_yet(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 409
    assert answer.headers["Retry-After"] == "1"
    assert "queued" in answer.body["detail"]


def test_a_processing_job_is_not_ready_yet(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    stack.services.jobs.start(job_id, stack.clock())

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 409
    assert "Retry-After" in answer.headers


def test_a_failed_job_will_never_be_ready(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")
    stack.run_queue()

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 409
    assert "Retry-After" not in answer.headers
    assert "failed" in answer.body["detail"]


def test_a_cancelled_job_will_never_be_ready(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    cancel(job_id)

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 409
    assert "Retry-After" not in answer.headers


def test_an_expired_archive_is_gone(stack: Stack) -> None:
    job_id = _completed(stack)
    stack.clock.advance(days=7)

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 410
    assert answer.body["type"] == "urn:problem-type:longhaul:expired"


def test_an_archive_that_somebody_deleted_is_gone(stack: Stack) -> None:
    job_id = _completed(stack)
    stack.services.archive.delete(f"archives/{job_id}.zip")

    answer = call("GET", f"/v1/export/{job_id}/download")

    assert answer.status == 410
