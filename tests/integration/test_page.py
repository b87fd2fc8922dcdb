"""The page, through API Gateway."""

from chalicelib.http.page import web
from tests.integration.gateway import call
from tests.integration.stack import Stack


def test_the_page_is_html(stack: Stack) -> None:
    answer = call("GET", "/")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body.startswith("<!doctype html>")


def test_a_page_that_the_browser_has_is_not_sent_again(stack: Stack) -> None:
    etag = call("GET", "/").headers["ETag"]

    again = call("GET", "/", headers={"If-None-Match": etag})

    assert (again.status, again.body) == (304, None)


def test_head_has_the_headers_of_the_page_and_no_body(stack: Stack) -> None:
    head, get = call("HEAD", "/"), call("GET", "/")

    assert (head.status, head.headers, head.body) == (200, get.headers, None)


def test_the_files_of_the_page_are_served_too(stack: Stack) -> None:
    answer = call("GET", f"/assets/{web().version}/app.js")

    assert answer.status == 200
    assert answer.body == web().files["app.js"]


def test_another_file_is_a_problem_document(stack: Stack) -> None:
    answer = call("GET", f"/assets/{web().version}/index.html")

    assert answer.status == 404
    assert answer.body["type"] == "urn:problem-type:longhaul:not-found"
