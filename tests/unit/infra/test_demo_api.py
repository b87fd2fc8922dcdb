"""The demo as a client of the API. A stub of the API answers what a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.demo import api
from infra.demo.api import ApiError

Reply = tuple[int, object]


class StubApi(HTTPServer):
    """Answers each request with the next of `replies`, and keeps the requests in `asked`. What a
    303 says is its Location."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: StubApi

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.server.asked.append((self.path, json.loads(body) if body else None))
        status, reply = self.server.replies.pop(0)
        content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        if status == HTTPStatus.SEE_OTHER:
            self.send_header("Location", str(reply))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Logs nothing, so that it does not mix with the output of the tests."""


@pytest.fixture
def stub() -> Iterator[StubApi]:
    with StubApi() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_PAUSE_MAX_SECONDS", 0.0)


def _job(status: str, **more: object) -> dict[str, object]:
    return {"jobId": "j", "status": status, "error": None, "updatedAt": status, **more}


def _accepted(stub: StubApi) -> api.Accepted:
    return {
        "jobId": "j",
        "totalFiles": 1,
        "statusUrl": f"{stub.url}/status",
        "downloadUrl": f"{stub.url}/download?redirect=true",
    }


def test_the_demo_asks_for_a_new_archive_of_the_ids(stub: StubApi) -> None:
    stub.replies = [(202, {"jobId": "j"})]

    accepted = api.export(stub.url, [10001, 10002])

    assert accepted["jobId"] == "j"
    path, body = stub.asked[0]
    assert path == "/v1/export"
    assert (body["fileIds"], body["fresh"]) == ([10001, 10002], True)
    assert body["notify"] == {"email": api.EMAIL}


def test_a_refusal_is_shown_in_the_words_of_the_problem(stub: StubApi) -> None:
    stub.replies = [(400, {"title": "Invalid request", "detail": "fileIds is empty"})]

    with pytest.raises(ApiError, match=r"answered 400\. Invalid request\. fileIds is empty\.$"):
        api.export(stub.url, [])


def test_a_refusal_that_is_no_problem_document_is_shown_too(stub: StubApi) -> None:
    stub.replies = [(502, b"<html>")]

    with pytest.raises(ApiError, match=r"answered 502\. Bad Gateway\.$"):
        api.export(stub.url, [1])


def test_an_api_that_does_not_answer_is_named_in_one_sentence() -> None:
    with pytest.raises(ApiError, match=r"^http://127\.0\.0\.1:1/v1/export does not answer: "):
        api.export("http://127.0.0.1:1", [1])


def test_a_job_is_watched_until_it_has_completed(stub: StubApi) -> None:
    stub.replies = [(200, _job(status)) for status in ("queued", "processing", "completed")]

    seen = [job["status"] for job in api.watch(f"{stub.url}/status")]

    assert seen == ["queued", "processing", "completed"]


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (_job("cancelled"), r"^The job has been cancelled\.$"),
        (
            _job("failed", error={"title": "Source changed", "detail": "a.txt is a new one."}),
            r"^The job has failed\. Source changed\. a\.txt is a new one\.$",
        ),
    ],
)
def test_a_job_that_ends_badly_says_why(stub: StubApi, job: dict[str, object], words: str) -> None:
    stub.replies = [(200, job)]

    with pytest.raises(ApiError, match=words):
        list(api.watch(f"{stub.url}/status"))


def test_a_job_that_does_not_move_is_given_up(
    stub: StubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_STALLED_SECONDS", 0.0)
    stub.replies = [(200, _job("queued"))] * 2

    with pytest.raises(ApiError, match="has not moved"):
        list(api.watch(f"{stub.url}/status"))


def test_an_archive_is_downloaded_from_where_its_url_leads(stub: StubApi, tmp_path: Path) -> None:
    stub.replies = [(303, f"{stub.url}/archive?signature=x"), (200, b"PK")]
    ticks: list[tuple[int, int]] = []

    api.download(_accepted(stub), tmp_path / "a.zip", _into(ticks))

    assert (tmp_path / "a.zip").read_bytes() == b"PK"
    assert ticks == [(2, 2)]
    asked = [path for path, _ in stub.asked]
    assert asked == ["/download?redirect=true", "/archive?signature=x"]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]


def test_a_link_that_is_refused_leaves_no_archive(stub: StubApi, tmp_path: Path) -> None:
    stub.replies = [(303, f"{stub.url}/archive?signature=x"), (403, b"<Error/>")]

    with pytest.raises(ApiError, match="answered 403"):
        api.download(_accepted(stub), tmp_path / "a.zip", _into([]))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("1", 0.2), ("5", 1.0), ("60", 2.0), (None, 0.2), ("soon", 0.2)]
)
def test_polls_come_faster_than_retry_after_asks(
    monkeypatch: pytest.MonkeyPatch, retry_after: str | None, seconds: float
) -> None:
    monkeypatch.setattr(api, "_PAUSE_MAX_SECONDS", 2.0)

    assert api.pause(retry_after) == seconds


def _into(ticks: list[tuple[int, int]]) -> Callable[[int, int], None]:
    return lambda done, total: ticks.append((done, total))
