"""The whole story on a stack with AUTH=jwt, and people who sign in at a real OpenID provider.

test_signin.py has what a provider may do besides.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from infra.access import Access
from infra.outputs import Outputs
from tests.archives import check_archive
from tests.browser.conftest import PATIENCE_MS
from tests.browser.signing import Eavesdropper
from tests.browser.stage import Stage, requests_during
from tests.browser.test_accessibility import violations
from tests.browser.test_sharing import share
from tests.e2e import deployment, fixtures
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Sources, noise
from tests.waiting import wait_for

LOGGED_SECONDS = 60


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A stack that takes the tokens of a local provider: the given one, or one of its own."""
    given = deployment.given_outputs()
    if given is not None:
        if given.issuer_url is None:
            pytest.skip(f"the stack {given.stack_name} has no local issuer")
        yield given
        return
    state = tmp_path_factory.mktemp("signed-in")
    access = Access("jwt")
    with deployment.started(deployment.target_name(), state, access=access) as own:
        yield own


backstage = pytest.fixture(scope="module")(fixtures.backstage)
sources = pytest.fixture(scope="module")(fixtures.sources)


@pytest.fixture
def stranger(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody else's browser."""
    opened = browser.new_context(reduced_motion="reduce")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


class Secrets(set[str]):
    """The secrets that the page sends and gets."""

    def follow(self, context: BrowserContext) -> None:
        context.on("response", self._look)

    def _look(self, response: Response) -> None:
        sent = response.request.headers.get("authorization", "")
        self.add(sent.removeprefix("Bearer "))
        if response.url.endswith("/token"):
            tokens = response.json()
            self.update(tokens[name] for name in ("access_token", "refresh_token", "id_token"))
        self.discard("")


def sign_in(page: Page, user: str) -> None:
    page.get_by_role("button", name=user, exact=True).click()
    expect(page.get_by_role("button", name=f"User: {user}")).to_be_visible()


def test_the_whole_story_and_no_secret_is_in_an_address_a_storage_or_a_log(
    stage: Stage, backstage: Backstage, sources: Sources, stranger: BrowserContext
) -> None:
    context, heard, secrets = stage.page.context, Eavesdropper(), Secrets()
    for each in (context, stranger):
        heard.follow(each)
        secrets.follow(each)
    files = [sources.put(noise(MIB), filename=f"{i}.bin") for i in range(2)]

    # Choose files, sign in, start, watch.
    page = stage.open("#/new")
    sign_in(page, "alice")
    expect(page.get_by_role("heading", name="New export")).to_be_visible()
    page.get_by_label("File ids").fill(", ".join(str(file.file_id) for file in files))
    page.get_by_label("Name of the archive").fill("March.zip")
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    heard.look(page)

    # Download.
    job_id = page.url.rpartition("/")[2]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ZIP").click()
    check_archive(download.value.path().read_bytes(), files, job_id=job_id)
    assert requests_during(page, lambda: page.wait_for_load_state("networkidle")) == []

    # Share. Somebody else downloads too, and can do nothing else.
    link = share(page)
    page.get_by_role("button", name="Close").click()
    theirs = stranger.new_page()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", name="March.zip")).to_be_visible()
    with theirs.expect_download() as download:
        theirs.get_by_role("button", name="Download ZIP").click()
    check_archive(download.value.path().read_bytes(), files, job_id=job_id)
    expect(theirs.locator("main").get_by_role("button")).to_have_count(1)
    theirs.evaluate(AXE_SCRIPT)
    assert violations(theirs) == []
    heard.look(theirs)

    # Delete. The link is dead.
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete export").click()
    expect(page.get_by_text("The export was deleted.")).to_be_visible()
    expect(page.get_by_text("No exports yet")).to_be_visible()
    page.evaluate(AXE_SCRIPT)
    assert violations(page) == []
    theirs.get_by_role("button", name="Download ZIP").click()
    expect(theirs.get_by_role("heading", name="This link does not work any more")).to_be_visible()

    # Sign out.
    page.get_by_role("button", name="User").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    heard.look(page)

    assert len(secrets) >= 4, "an access token, a refresh token, an ID token, a ticket"
    assert any(secret.startswith("lht_") for secret in secrets)
    everywhere = [*heard.heard, *logged(backstage)]
    assert [text for text in everywhere for secret in secrets if secret in text] == []


def logged(backstage: Backstage) -> list[str]:
    """Returns all that the API has logged, once the log has the last request."""
    lines = wait_for(
        lambda: [str(line) for line in backstage.logged("APIHandler", "audit")],
        LOGGED_SECONDS,
        "audit lines",
    )
    return [*lines, *(str(line) for line in backstage.logged("APIHandler", ""))]


def test_a_link_leads_its_owner_to_the_job_and_nobody_else(
    stage: Stage, sources: Sources, stranger: BrowserContext
) -> None:
    page = stage.open("#/new")
    sign_in(page, "alice")
    page.get_by_label("File ids").fill(str(sources.put(b"hers").file_id))
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    link = page.url

    page.reload()
    sign_in(page, "alice")
    theirs = stranger.new_page()
    theirs.goto(link)
    sign_in(theirs, "bob")

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(theirs.get_by_role("heading", name="There is no such export")).to_be_visible()
    theirs.get_by_role("link", name="Exports").first.click()
    expect(theirs.get_by_text("No exports yet")).to_be_visible()


def test_a_job_is_followed_to_its_end_and_cancelled(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    stage.records.change(job_id, user_id="alice")
    page = stage.open_job(job_id)
    sign_in(page, "alice")
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    stage.records.advance(job_id, 70)
    expect(page.get_by_text("70%", exact=True)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel export").click()

    expect(page.get_by_role("heading", name="The export was cancelled")).to_be_visible()


def test_who_cancels_at_the_provider_is_not_signed_in(stage: Stage) -> None:
    page = stage.open("#/new")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("It was refused.")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    sign_in(page, "bob")
    expect(page.get_by_role("heading", name="New export")).to_be_visible()


def test_a_token_that_the_api_refuses_leads_to_a_new_one(stage: Stage) -> None:
    page = stage.open()
    sign_in(page, "alice")
    page.route(
        "**/v1/**",
        lambda route: route.continue_(
            headers={**route.request.headers, "authorization": "Bearer e30.e30.AAAA"}
        ),
        times=1,
    )

    with page.expect_response("**/token") as renewed:
        page.get_by_role("link", name="New export").first.click()
        page.get_by_role("radio", name="Browse folders").check()

    assert "grant_type=refresh_token" in str(renewed.value.request.post_data)
    expect(page.get_by_role("listitem").filter(has_text="All files")).to_be_visible()
