"""The page's files, as the deployed stack serves them. tests/browser tests what the page does."""

import re

import pytest
import requests

from tests.e2e.api import TIMEOUT_SECONDS, Api


def get(api: Api, path: str, **options: str) -> requests.Response:
    """Requests a file of the page. These are not in the OpenAPI document, so `Api` is not used."""
    return requests.get(api.base_url + path, headers=options, timeout=TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def page(api: Api) -> requests.Response:
    return get(api, "/")


def test_the_stack_serves_its_page(page: requests.Response) -> None:
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_page_is_served_without_the_final_slash_too(api: Api, page: requests.Response) -> None:
    assert get(api, "").text == page.text


def test_a_page_in_the_browsers_cache_is_not_sent_again(api: Api, page: requests.Response) -> None:
    again = get(api, "/", **{"If-None-Match": page.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_head_returns_the_headers_of_the_page(api: Api, page: requests.Response) -> None:
    answer = requests.head(f"{api.base_url}/", timeout=TIMEOUT_SECONDS)

    assert answer.status_code == 200
    assert answer.headers["ETag"] == page.headers["ETag"]
    assert not answer.content


def test_each_file_of_the_page_is_served_and_cached_for_ever(
    api: Api, page: requests.Response
) -> None:
    named = re.findall(r'"(assets/[^"]+)"', page.text)

    answers = {name: get(api, f"/{name}") for name in named}

    assert {name.rpartition(".")[2] for name in named} == {"css", "js", "svg"}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers.values()} == {
        "public, max-age=31536000, immutable"
    }
    assert {answer.headers["Content-Type"] for answer in answers.values()} == {
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
        "image/svg+xml",
    }
