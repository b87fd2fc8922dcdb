"""Each example, as its users see it: own files with progress, nobody else's, and a clean page."""

import zipfile
from http import HTTPStatus
from typing import Any

import jwt
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Download, Page, expect

from tests.browser.test_accessibility import violations
from tests.examples.orders import ALICE, BOB, NOBODY, names_of_alices_order
from tests.examples.visits import Visitor


def files_in(download: Download) -> dict[str, int]:
    """Returns the sizes of the archive's files, by their names. Reads every byte of them."""
    with zipfile.ZipFile(download.path()) as archive:
        assert archive.testzip() is None
        sizes = {one.filename: one.file_size for one in archive.infolist()}
    del sizes["manifest.json"]  # what each archive has besides its files
    return sizes


def claims_of(selection: str) -> dict[str, Any]:
    """Returns what is signed."""
    claims: dict[str, Any] = jwt.decode(selection, options={"verify_signature": False})
    return claims


def assert_axe_is_content(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    assert violations(page) == []


@pytest.mark.usefixtures("no_archives")
def test_alice_sees_progress_and_downloads_her_order(visitor: Visitor) -> None:
    visitor.sign_in("alice")
    export = visitor.export(ALICE)

    export.get_by_role("button", name=f"Download order {ALICE}").click()
    expect(export.get_by_role("progressbar")).to_be_visible()
    expect(export).to_contain_text(f" of {len(names_of_alices_order())} files")
    with visitor.page.expect_download() as download:
        export.get_by_role("link", name="Download").click()

    assert download.value.suggested_filename == f"Order {ALICE}.zip"
    assert files_in(download.value) == names_of_alices_order()
    assert_axe_is_content(visitor.page)


def test_an_order_is_signed_for_the_user_whose_it_is_alone(visitor: Visitor) -> None:
    visitor.page.goto(visitor.shop.url)
    orders = (ALICE, BOB, NOBODY)
    nobody = [visitor.status(number) for number in orders]
    visitor.sign_in("bob")
    bob = [visitor.status(number) for number in orders]

    assert nobody == [HTTPStatus.UNAUTHORIZED] * 3
    assert bob == [HTTPStatus.FORBIDDEN, HTTPStatus.OK, HTTPStatus.NOT_FOUND]
    expect(visitor.export(BOB)).to_be_visible()
    expect(visitor.export(ALICE)).to_have_count(0)


def test_a_cookie_that_was_altered_signs_nobody_in(visitor: Visitor) -> None:
    visitor.sign_in("alice")
    context = visitor.page.context
    assert visitor.status(ALICE) == HTTPStatus.OK

    for cookie in context.cookies():
        name, value = cookie["name"], cookie["value"]
        altered = ("A" if value[0] != "A" else "B") + value[1:]
        context.clear_cookies(name=name)
        context.add_cookies([{"name": name, "value": altered, "url": visitor.shop.url}])

    assert visitor.status(ALICE) == HTTPStatus.UNAUTHORIZED


def test_who_has_signed_out_is_nobody(visitor: Visitor) -> None:
    page = visitor.sign_in("alice")
    page.evaluate("sessionStorage.ticket = localStorage.ticket = 'of alice'")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are alice")).to_have_count(0)

    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]

    assert visitor.status(ALICE) == HTTPStatus.UNAUTHORIZED


def test_each_selection_is_good_for_one_export(visitor: Visitor) -> None:
    visitor.sign_in("alice")

    first, second = visitor.selection(ALICE), visitor.selection(ALICE)

    claims = [claims_of(answer.json()["selection"]) for answer in (first, second)]
    assert [one.get("uses", 1) for one in claims] == [1, 1]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert "no-store" in first.headers["cache-control"]


def test_no_script_and_no_other_site_may_use_the_cookie(visitor: Visitor) -> None:
    visitor.sign_in("alice")

    cookies = visitor.page.context.cookies()

    # Django's token against forged requests is for its forms, and signs nobody in.
    sessions = [cookie for cookie in cookies if cookie["name"] != "csrftoken"]
    assert {cookie["httpOnly"] for cookie in sessions} == {True}
    assert {cookie["sameSite"] for cookie in cookies} == {"Lax"}


@pytest.mark.parametrize("user", ["nobody", "alice"])
def test_axe_finds_nothing(visitor: Visitor, user: str) -> None:
    visitor.page.goto(visitor.shop.url)
    if user != "nobody":
        visitor.sign_in(user)
        expect(
            visitor.export(ALICE).get_by_role("button", name=f"Download order {ALICE}")
        ).to_be_visible()

    assert_axe_is_content(visitor.page)


def test_the_policy_lets_in_only_the_shop_and_the_stack(visitor: Visitor) -> None:
    answer = visitor.page.goto(visitor.shop.url)
    assert answer is not None

    parts = answer.headers["content-security-policy"].split(";")
    policy = {name: values for name, *values in map(str.split, parts)}

    assert policy["default-src"] == ["'none'"]
    for closed in ("base-uri", "frame-ancestors"):
        assert policy[closed] == ["'none'"]
    sources = {source for values in policy.values() for source in values} - {"'none'", "'script'"}
    stack = visitor.shop.stack_url
    assert {source for source in sources if not source.startswith(f"{stack}/")} == {"'self'"}
