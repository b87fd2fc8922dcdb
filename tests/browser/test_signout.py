"""Signing out: here, at the provider, and in other tabs."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.issuer import ORIGIN, Issuer
from tests.browser.signing import Eavesdropper, sign_in, sign_out
from tests.browser.stage import Stage


def test_who_signs_out_is_out_also_at_the_provider(
    stage: Stage, issuer: Issuer, eavesdropper: Eavesdropper
) -> None:
    page = stage.open()
    sign_in(page)

    sign_out(page)

    expect(page.get_by_role("navigation")).to_be_hidden()
    assert issuer.asked["logout"] == 1
    left = next(url for url in eavesdropper.heard if url.startswith(f"{ORIGIN}/logout"))
    assert "client_id=page" in left
    assert issuer.has_session is False


@pytest.mark.parametrize("end", [f"{ORIGIN}/logout", None], ids=["with", "without"])
def test_who_signed_out_stays_out_until_they_ask(
    stage: Stage, issuer: Issuer, end: str | None
) -> None:
    issuer.way = {"endSessionEndpoint": end}
    page = stage.open()
    sign_in(page)
    sign_out(page)

    page.reload()

    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert issuer.asked["authorize"] == 1
    with page.expect_request(f"{ORIGIN}/authorize?*"):
        page.get_by_role("button", name="Sign in").click()


def test_who_signs_out_leaves_no_form_behind(stage: Stage, issuer: Issuer) -> None:
    page = stage.open("#/new")
    sign_in(page)
    page.get_by_label("File ids").fill("10001")

    sign_out(page)

    assert page.evaluate("Object.keys(sessionStorage)") == ["longhaul.left"]


def test_other_tabs_are_signed_out_too(
    stage: Stage, issuer: Issuer, context: BrowserContext
) -> None:
    page = stage.open()
    sign_in(page)
    other = context.new_page()
    other.goto(f"{stage.url}/")
    expect(other.get_by_text("No exports yet")).to_be_visible()

    sign_out(page)

    expect(other.get_by_text("You have signed out in another tab.")).to_be_visible()
    expect(other.get_by_text("No exports yet")).to_be_hidden()
