"""What went wrong, in the page's words."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import still

URN = "urn:problem-type:longhaul:"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with still.opened(browser) as context:
        opened = context.new_page()
        opened.goto(still.URL)
        opened.get_by_role("heading").first.wait_for()
        yield opened


def _said(page: Page, slug: str = "", **problem: object) -> dict[str, str]:
    known = {"title": "The API's title", "detail": "the detail", "type": f"{URN}{slug}"}
    said: dict[str, str] = still.call(page, "problems", "inWords", {**known, **problem})
    return said


def test_a_problem_is_said_in_the_pages_own_words(page: Page) -> None:
    assert _said(page, "expired") == {
        "title": "The archive has expired",
        "words": "It was deleted. Export the files again.",
        "quote": "",
    }


def test_what_names_a_file_or_a_number_is_quoted(page: Page) -> None:
    said = _said(page, "source-missing", detail="3 of 212 files do not exist: 10017, 10018")

    assert said["title"] == "Files are missing"
    assert said["quote"] == "3 of 212 files do not exist: 10017, 10018."


def test_a_number_of_bytes_is_a_size(page: Page) -> None:
    said = _said(page, "quota-exceeded", detail="these files have 12884901888 bytes")

    assert said["quote"] == "These files have 12.9 GB."


@pytest.mark.parametrize(
    ("after", "words"), [(12, "Try again in 12 s."), (0, "in a moment."), (None, "in a moment.")]
)
def test_how_long_to_wait_is_said_if_it_is_known(page: Page, after: int | None, words: str) -> None:
    assert _said(page, "rate-limited", after=after)["words"].endswith(words)


def test_each_mistake_has_a_line_of_its_own(page: Page) -> None:
    errors = [{"pointer": f"/fileIds/{n}", "detail": "is no id"} for n in range(9)]

    one = _said(page, "invalid-request", errors=errors[:1], detail="fileIds/0: is no id")
    many = _said(page, "invalid-request", errors=errors)

    assert one["quote"] == "FileIds/0: is no id."
    assert many["quote"].split("\n") == [f"FileIds/{n}: is no id." for n in range(5)]


def test_an_error_of_the_service_has_a_number_to_tell(page: Page) -> None:
    said = _said(page, "internal-error", requestId="5c9e0e4a")

    assert (said["words"].endswith("the people who run this service:"), said["quote"]) == (
        True,
        "5c9e0e4a",
    )


@pytest.mark.parametrize(
    "type_", [f"{URN}new-slug", "", None, "about:", f"{URN}constructor", f"{URN}__proto__", 7]
)
def test_a_problem_that_the_page_does_not_know_keeps_its_own_words(page: Page, type_: Any) -> None:
    said = _said(page, type=type_, title="A\u202etitle", detail="some\ndetail")

    assert said == {"title": "A\ufffdtitle", "words": "Some\ufffddetail.", "quote": ""}


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (401, "You are not signed in"),
        (403, "This is not allowed"),
        (413, "Too much at once"),
        (429, "Too many requests"),
        (504, "The service is busy"),
    ],
)
def test_what_the_gateway_answers_itself_is_said_by_its_status(
    page: Page, status: int, title: str
) -> None:
    said = _said(page, type="about:blank", status=status, title="Gateway", detail="gateway")

    assert (said["title"], said["quote"]) == (title, "")


def test_nothing_in_a_quote_turns_what_stands_around_it(page: Page) -> None:
    said = _said(page, "forbidden", detail='"x\u202egpj.exe" is not yours')

    assert said["quote"] == '"x\ufffdgpj.exe" is not yours.'
