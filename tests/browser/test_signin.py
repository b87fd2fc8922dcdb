"""Signing in: there, back, again, and out. No token is ever where another could read it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.issuer import CLAIMS, ORIGIN, Issuer
from tests.browser.states import Stage

_STORED = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"


@pytest.fixture
def issuer(stage: Stage) -> Issuer:
    return Issuer(stage)


@dataclass
class Eavesdropper:
    """All that others could read: addresses of requests and pages, what is stored, the console."""

    heard: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.heard.append(request.url))
        context.on("request", lambda request: self.heard.append(request.headers.get("referer", "")))
        context.on("console", lambda line: self.heard.append(line.text))

    def look(self, page: Page) -> None:
        self.heard += [page.url, page.title(), str(page.evaluate(_STORED))]
        self.heard.append(str(page.evaluate("JSON.stringify(history.state)")))


@pytest.fixture
def eavesdropper(context: BrowserContext) -> Eavesdropper:
    found = Eavesdropper()
    found.follow(context)
    return found


def sign_in(page: Page) -> None:
    page.get_by_role("link", name="Sign in as Mira").click()
    expect(page.get_by_role("button", name=f"User: {CLAIMS['name']}")).to_be_visible()


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


# -- while signed in ----------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once_and_nothing_is_seen_of_it(
    stage: Stage, issuer: Issuer
) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    sign_in(page)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    with page.expect_request(f"{ORIGIN}/token"):
        issuer.expire()
    stage.records.advance(job_id, 70)

    expect(page.get_by_text("70%", exact=True)).to_be_visible()
    assert (issuer.asked["token"], issuer.asked["authorize"]) == (2, 1)
    assert issuer.asked["refused"] == 1


def test_a_token_is_renewed_before_it_ends(stage: Stage, issuer: Issuer) -> None:
    issuer.lifetime = 600
    stage.page.clock.install()
    page = stage.open()
    sign_in(page)

    page.clock.fast_forward(571_000)
    page.get_by_role("link", name="New export").first.click()
    page.get_by_role("radio", name="Browse folders").check()

    expect(page.locator(".files li, .nothing").first).to_be_visible()
    assert issuer.asked["token"] == 2
    assert issuer.asked["refused"] == 0


def test_requests_at_the_same_time_share_one_renewal(stage: Stage, issuer: Issuer) -> None:
    page = stage.open()
    sign_in(page)
    expect(page.get_by_text("No exports yet")).to_be_visible()
    issuer.expire()

    page.evaluate(
        """async () => {
          const app = document.querySelector("script").src;
          const { listFiles } = await import(new URL("api.js", app));
          await Promise.all([listFiles(), listFiles(), listFiles()]);
        }"""
    )

    assert issuer.asked["token"] == 2


@pytest.mark.parametrize("gives_refresh", [True, False])
def test_a_form_survives_that_the_person_must_sign_in_again(
    stage: Stage, issuer: Issuer, *, gives_refresh: bool
) -> None:
    issuer.gives_refresh = gives_refresh
    stage.sources.put_at(stage.folder, "a.txt", b"1")
    page = stage.open("#/new")
    sign_in(page)
    page.get_by_label("Name of the archive").fill("March.zip")
    page.get_by_role("group", name="not there").get_by_label("Stop").check()
    page.get_by_role("radio", name="Browse folders").check()
    page.get_by_label("Show names that begin with").fill(stage.user)
    page.get_by_role("button", name=stage.user, exact=True).click()
    page.get_by_label("a.txt").check()

    issuer.expire()
    issuer.takes_refresh = issuer.has_session = False
    page.get_by_role("button", name="Start export").click()
    sign_in(page)

    expect(page.get_by_text("1 file, 1 byte")).to_be_visible()
    expect(page.get_by_label("a.txt")).to_be_checked()
    expect(page.get_by_label("Name of the archive")).to_have_value("March.zip")
    expect(page.get_by_role("group", name="not there").get_by_label("Stop")).to_be_checked()
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()


def test_the_form_of_one_person_is_not_shown_to_another(stage: Stage, issuer: Issuer) -> None:
    page = stage.open("#/new")
    sign_in(page)
    page.get_by_label("File ids").fill("10001")
    issuer.claims = {"sub": "user-18"}

    page.reload()

    expect(page.get_by_role("button", name="User")).to_be_visible()
    expect(page.get_by_label("File ids")).to_have_value("")


def test_who_watches_a_job_signs_in_again_and_comes_back_to_it(
    stage: Stage, issuer: Issuer
) -> None:
    issuer.gives_refresh = False
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    sign_in(page)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    with page.expect_request(f"{ORIGIN}/authorize?*"):
        issuer.expire()
        stage.records.advance(job_id, 70)

    expect(page.get_by_text("70%", exact=True)).to_be_visible()
    assert page.url.endswith(job_id)


def test_the_person_is_shown_and_no_user_id_is_asked_for(stage: Stage, issuer: Issuer) -> None:
    page = stage.open()
    sign_in(page)

    page.get_by_role("button", name="User").click()

    dialog = page.get_by_role("dialog", name=CLAIMS["name"])
    expect(dialog.get_by_text(f"You are signed in at {urlsplit(ORIGIN).netloc}.")).to_be_visible()
    expect(page.get_by_label("User id")).to_be_hidden()


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "", "preferred_username": "mira"}, "mira"),
        ({"name": None}, "mira@example.com"),
        ({"name": None, "email": None}, "user-17"),
        ({"name": "<img src=x onerror=alert(1)>"}, "<img src=x onerror=alert(1)>"),
    ],
    ids=str,
)
def test_a_person_is_called_by_the_best_name_there_is(
    stage: Stage, issuer: Issuer, claims: dict[str, object], name: str
) -> None:
    issuer.claims = claims
    page = stage.open()

    page.get_by_role("link", name="Sign in as Mira").click()

    expect(page.locator("#person bdi")).to_have_text(name)


def test_requests_name_no_user_as_the_token_does(stage: Stage, issuer: Issuer) -> None:
    sent: list[str] = []
    stage.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    page = stage.open("#/new")
    sign_in(page)
    page.get_by_label("File ids").fill(str(stage.sources.put(b"1").file_id))

    page.get_by_role("button", name="Start export").click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    assert [line for line in sent if "user_id" in line] == []


def test_an_archive_is_downloaded_by_a_link_that_is_asked_for(stage: Stage, issuer: Issuer) -> None:
    page = stage.open("#/new")
    sign_in(page)
    page.get_by_label("File ids").fill(str(stage.sources.put(b"1").file_id))
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download ZIP").click()

    assert download.value.suggested_filename.endswith(".zip")
    assert page.locator("a[href*=download]").count() == 0
    page.get_by_role("link", name="Exports").first.click()
    assert page.locator("a[href*=download]").count() == 0


# -- out ----------------------------------------------------------------------------------------


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="User").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


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


def test_tabs_sign_in_side_by_side(stage: Stage, issuer: Issuer, context: BrowserContext) -> None:
    page = stage.open("#/new")
    other = context.new_page()
    other.goto(f"{stage.url}/")
    back = [str(tab.get_by_role("link").get_attribute("href")) for tab in (page, other)]
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
