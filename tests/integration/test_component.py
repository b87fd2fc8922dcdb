"""The web component, through API Gateway."""

from chalicelib.http.component import FILE
from tests.integration.gateway import COMPONENT, call
from tests.integration.stack import Stack


def test_the_component_is_a_module_that_each_page_may_load(stack: Stack) -> None:
    answer = call("GET", COMPONENT)

    assert answer.status == 200
    assert answer.body == FILE.read_text(encoding="utf-8")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_component_that_the_browser_has_is_not_sent_again(stack: Stack) -> None:
    first = call("GET", COMPONENT)

    again = call("GET", COMPONENT, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, again.body) == (304, None)
    assert first.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_head_has_the_headers_of_the_component_and_no_body(stack: Stack) -> None:
    head, get = call("HEAD", COMPONENT), call("GET", COMPONENT)

    assert (head.status, head.headers, head.body) == (200, get.headers, None)
