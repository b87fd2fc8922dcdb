"""Signing in: there, and back. No token is ever where another could read it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.issuer import ORIGIN, Issuer
from tests.browser.signing import Eavesdropper, sign_in
from tests.browser.stage import Stage


def test_a_person_signs_in_and_sees_their_exports(stage: Stage, issuer: Issuer) -> None:
    stage.records.completed("March.zip")
    page = stage.open()

    sign_in(page)

    expect(page.locator("li bdi")).to_have_text("March.zip")
    asked = issuer.authorizations[0]
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{stage.url}/"
    assert (asked["scope"], asked["audience"]) == ("openid profile", "longhaul")
    assert issuer.asked["refused"] == 0


def test_no_secret_is_in_an_address_a_storage_or_the_console(
    stage: Stage, issuer: Issuer, eavesdropper: Eavesdropper
) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    sign_in(page)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    eavesdropper.look(page)
    with page.expect_request(f"{ORIGIN}/token"):
        issuer.expire()
    stage.records.advance(job_id, 60)
    expect(page.get_by_text("60%", exact=True)).to_be_visible()
    eavesdropper.look(page)
    page.get_by_role("button", name="User").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    eavesdropper.look(page)

    # A code alone is worth nothing, and works once: the provider sends it in the address.
    secrets = {secret for secret in issuer.secrets if not secret.startswith("code")}
    assert len(secrets) > 5
    assert [(s, text) for s in secrets for text in eavesdropper.heard if s in text] == []
    assert issuer.asked["token"] == 2


def test_the_answer_of_the_provider_is_taken_out_of_the_address(
    stage: Stage, issuer: Issuer
) -> None:
    page = stage.open("#/new")
    page.add_init_script("addEventListener('DOMContentLoaded', () => window.early = location.href)")

    sign_in(page)

    assert page.url == f"{stage.url}/#/new"
    assert page.evaluate("early") == f"{stage.url}/"
    assert page.evaluate("sessionStorage.length") == 0


def test_at_the_provider_the_tab_keeps_what_the_answer_is_checked_with(
    stage: Stage, issuer: Issuer
) -> None:
    page = stage.open("#/new")
    expect(page.get_by_role("heading", name="Provider")).to_be_visible()

    stored = page.context.storage_state()["origins"]
    page.goto(f"{stage.url}/health")
    kept = page.evaluate("JSON.parse(sessionStorage['longhaul.signin'])")

    assert "longhaul.signin" not in str(stored)
    assert set(kept) == {"state", "nonce", "verifier", "hash"}
    assert kept["hash"] == "#/new"
    assert len(kept["verifier"]) == 43  # 256 bits


def test_the_link_of_a_job_leads_through_sign_in_to_the_job(stage: Stage, issuer: Issuer) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))

    sign_in(page)

    expect(page.get_by_role("heading", name="March.zip")).to_be_visible()


def test_a_page_that_is_loaded_again_comes_straight_back(stage: Stage, issuer: Issuer) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    sign_in(page)

    page.reload()

    expect(page.get_by_role("heading", name="March.zip")).to_be_visible()
    assert issuer.asked["authorize"] == 2
    first, second = issuer.authorizations
    assert not {first[name] for name in ("state", "nonce", "code_challenge")} & set(second.values())


# -- not signed in ------------------------------------------------------------------------------


def test_a_refusal_is_shown_with_its_reason_and_is_not_asked_for_again(
    stage: Stage, issuer: Issuer
) -> None:
    issuer.refusal = {"error": "server_error", "error_description": "the directory is away"}
    page = stage.open("#/new")
    expect(page.get_by_text("The directory is away.")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert issuer.asked["authorize"] == 1

    issuer.refusal = None
    page.get_by_role("button", name="Sign in").click()
    sign_in(page)

    expect(page.get_by_role("heading", name="New export")).to_be_visible()


def test_someone_who_says_no_is_told_so(stage: Stage, issuer: Issuer) -> None:
    issuer.refusal = {"error": "access_denied"}

    page = stage.open()

    expect(page.get_by_text("It was refused.")).to_be_visible()


@pytest.mark.parametrize("query", ["?code=c0de&state=forged", "?code=c0de", "?error=e", "?state=s"])
def test_an_answer_that_this_tab_did_not_ask_for_is_not_used(
    stage: Stage, issuer: Issuer, query: str
) -> None:
    page = stage.open(query + "#/new")

    expect(page.get_by_text("is not for this tab")).to_be_visible()
    assert issuer.asked.total() == 0
    assert page.url == f"{stage.url}/#/new"


def test_an_answer_is_used_only_once(stage: Stage, issuer: Issuer) -> None:
    page = stage.open()
    back = page.get_by_role("link", name="Sign in as Mira").get_attribute("href")
    sign_in(page)

    page.goto(str(back))

    expect(page.get_by_text("is not for this tab")).to_be_visible()
    assert issuer.asked["token"] == 1


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "other"}, {"iss": "https://other.example"}, {"aud": "other"}, {"aud": ["a", "b"]}],
    ids=str,
)
def test_an_id_token_of_another_sign_in_is_not_taken(
    stage: Stage, issuer: Issuer, claims: dict[str, object]
) -> None:
    issuer.claims = claims
    page = stage.open()

    page.get_by_role("link", name="Sign in as Mira").click()

    expect(page.get_by_text("another sign-in's token")).to_be_visible()
    assert issuer.asked["refused"] == 0


def test_the_answer_of_another_issuer_is_not_taken(stage: Stage, issuer: Issuer) -> None:
    issuer.refusal = {"code": "c", "iss": "https://other.example"}

    page = stage.open()

    expect(page.get_by_text("is not for this tab")).to_be_visible()
    assert issuer.asked["token"] == 0


def test_a_sign_in_that_the_api_never_takes_does_not_go_in_a_circle(
    stage: Stage, issuer: Issuer
) -> None:
    issuer.has_session = True
    issuer.way = {"clientId": "page"}
    stage.page.context.route(
        "**/v1/**",
        lambda route: route.fulfill(status=401, json={"title": "Not signed in"}),
    )

    page = stage.open()

    expect(page.get_by_role("heading", name="This sign-in is not accepted")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert issuer.asked["authorize"] == 1
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_unreachable_provider_is_said_and_can_be_tried_again(
    stage: Stage, issuer: Issuer
) -> None:
    page = stage.open()
    page.context.route(f"{ORIGIN}/token", lambda route: route.abort(), times=1)
    page.get_by_role("link", name="Sign in as Mira").click()
    expect(page.get_by_text("The sign-in service could not be reached.")).to_be_visible()

    page.get_by_role("button", name="Sign in").click()

    sign_in(page)


def test_tabs_sign_in_side_by_side(stage: Stage, issuer: Issuer, context: BrowserContext) -> None:
    def way_back(tab: Page) -> str:
        return str(tab.get_by_role("link", name="Sign in as Mira").get_attribute("href"))

    page = stage.open("#/new")
    back = [way_back(page)]  # So it has been at the provider before the other tab has.
    other = context.new_page()
    other.goto(f"{stage.url}/")
    back.append(way_back(other))
    assert len({state for url in back for state in re.findall("state=([^&]+)", url)}) == 2

    issuer.authorizations.reverse()  # the provider of this test knows only the last one
    sign_in(page)
    issuer.authorizations.reverse()
    sign_in(other)

    expect(page.get_by_role("heading", name="New export")).to_be_visible()
    expect(other.get_by_text("No exports yet")).to_be_visible()


@pytest.mark.parametrize(
    ("way", "words"), [("iam", "signed with AWS credentials"), ("token", "nobody signs in here")]
)
def test_a_stack_that_is_not_for_browsers_says_so(
    stage: Stage, issuer: Issuer, way: str, words: str
) -> None:
    issuer.way = {"way": way, "authorizationEndpoint": None}

    page = stage.open()

    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    assert issuer.asked.total() == 0
