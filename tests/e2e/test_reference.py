"""The reference page's files, as the deployed stack serves them. tests/browser tests the page."""

import re

import pytest
import requests

from tests.e2e.api import TIMEOUT_SECONDS, Api


def get(api: Api, path: str, **options: str) -> requests.Response:
    """Requests a file of it. These are not in the OpenAPI document, so `Api` is not used."""
    return requests.get(api.base_url + path, headers=options, timeout=TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def page(api: Api) -> requests.Response:
    return get(api, "/docs")


def test_the_stack_serves_its_reference(api: Api, page: requests.Response) -> None:
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self'; style-src 'self';" in page.headers["Content-Security-Policy"]
    again = get(api, "/docs", **{"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_each_of_its_files_is_served_and_cached_for_ever(api: Api, page: requests.Response) -> None:
    origin = "/".join(page.url.split("/")[:3])
    named = set(re.findall(r'(?:href|src)="(/[^"]+/docs/[^"]+)"', page.text))

    answers = [requests.get(origin + path, timeout=TIMEOUT_SECONDS) for path in sorted(named)]

    assert {path.rpartition(".")[2] for path in named} == {"css", "js", "svg"}
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {
        "public, max-age=31536000, immutable"
    }
    assert all(answer.content for answer in answers)


def test_another_file_is_a_problem_document(api: Api) -> None:
    answer = get(api, "/docs/0123456789ab/nope.js")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:problem-type:longhaul:not-found"
