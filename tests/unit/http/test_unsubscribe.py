"""The page by which the receiver of a mail wants no other."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.errors import BodyTooLarge
from chalicelib.http import unsubscribe
from chalicelib.http.calls import Call, Reply
from chalicelib.services import Services
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import NOW, some_services

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"
# RFC 8058, section 3: a client sends a form in parts, or an encoded one.
IN_PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def services() -> Services:
    return some_services(dynamodb=DynamoDB("jobs", lambda: NOW), now=lambda: NOW)


@pytest.fixture
def token(services: Services) -> str:
    return services.addresses.known("ann@example.com", "secret", NOW).token


def call(body: bytes = b"", content_type: str = FORM) -> Call:
    return Call({}, {"content-type": content_type}, {}, body)


def post(services: Services, token: str, body: bytes = b"", content_type: str = FORM) -> Reply:
    return unsubscribe.choose(call(body, content_type), services, token)


def test_the_page_changes_nothing_and_has_a_button_to_opt_out(
    services: Services, token: str
) -> None:
    reply = unsubscribe.page(call(), services, token)

    assert reply.status == 200
    assert '<form method="post"><button name="choice" value="out">' in reply.text
    assert services.addresses.is_known(token) is False


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"choice=out", FORM),
        (ONE_CLICK, FORM),
        (ONE_CLICK, f"{FORM}; charset=UTF-8"),
        (IN_PARTS, "multipart/form-data; boundary=x"),
        (b"", ""),
        (b"choice=in&choice=out", FORM),
        (b'{"choice": "in"}', "application/json"),
        (b"\xff\xfe=%ff", FORM),
        (b"&" * 4096, FORM),
    ],
)
def test_a_post_opts_out_at_once_and_offers_to_take_it_back(
    services: Services, token: str, body: bytes, content_type: str
) -> None:
    reply = post(services, token, body, content_type)

    assert reply.status == 200
    assert services.addresses.is_known(token) is True
    assert '<button name="choice" value="in">' in reply.text


@pytest.mark.parametrize("content_type", [FORM, f"{FORM.upper()}; charset=utf-8"])
def test_the_second_button_opts_in_again(services: Services, token: str, content_type: str) -> None:
    post(services, token)

    reply = post(services, token, b"choice=in", content_type)

    assert services.addresses.is_known(token) is False
    assert '<button name="choice" value="out">' in reply.text


def test_who_comes_back_later_sees_what_was_chosen(services: Services, token: str) -> None:
    post(services, token)

    assert "The mail is stopped" in unsubscribe.page(call(), services, token).text


@pytest.mark.parametrize("wrong", ["nobody", "0" * 32 + ".secret", "<script>", "x" * 5000])
def test_an_unknown_link_is_not_found_and_is_not_shown(services: Services, wrong: str) -> None:
    seen, chosen = unsubscribe.page(call(), services, wrong), post(services, wrong)

    assert (seen.status, chosen.status) == (404, 404)
    assert "<form" not in seen.text
    assert wrong not in seen.text + chosen.text


def test_a_body_that_is_too_large_changes_nothing(services: Services, token: str) -> None:
    with pytest.raises(BodyTooLarge, match="4097 bytes"):
        post(services, token, b"x" * 4097)

    assert services.addresses.is_known(token) is False


def test_what_is_chosen_is_logged_without_address_or_token(services: Services, token: str) -> None:
    log: Any = services.log
    post(services, token)
    post(services, token, b"choice=in")

    assert log.kept == [("mail stopped", {}), ("mail wanted again", {})]


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("given", ["known", "nobody"])
def test_the_page_is_complete_in_itself_and_readable_by_all(
    services: Services, token: str, given: str
) -> None:
    text = unsubscribe.page(call(), services, token if given == "known" else given).text

    elements = Elements(text).found
    tags = [tag for tag, _ in elements]
    assert ("html", {"lang": "en"}) in elements
    assert (tags.count("title"), tags.count("main"), tags.count("h1")) == (1, 1, 1)
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not [1 for _, attributes in elements if {"style", "src", "href"} & set(attributes)]


def test_the_browser_takes_the_style_of_the_page_and_no_other(
    services: Services, token: str
) -> None:
    reply = unsubscribe.page(call(), services, token)

    (style,) = re.findall("<style>(.*)</style>", reply.text)
    policy = reply.headers["Content-Security-Policy"]
    assert f"style-src '{unsubscribe.STYLE_HASH}'" in policy
    digest = hashlib.sha256(style.encode()).digest()
    assert f"sha256-{base64.b64encode(digest).decode()}" == unsubscribe.STYLE_HASH
    assert "script-src" not in policy
    assert "form-action 'self'" in policy


def test_the_page_is_kept_nowhere_and_found_by_no_search(services: Services, token: str) -> None:
    headers = unsubscribe.page(call(), services, token).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
