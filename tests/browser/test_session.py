"""While a person is signed in: their token is renewed, and they are shown and named."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.issuer import CLAIMS, ORIGIN, Issuer
from tests.browser.signing import sign_in
from tests.browser.stage import Stage


def _watching(stage: Stage) -> tuple[Page, str]:
    """Returns the page of a person who is signed in and watches a job, and the job's id."""
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    sign_in(page)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    return page, job_id


def test_an_expired_token_is_renewed_once_and_nothing_is_seen_of_it(
    stage: Stage, issuer: Issuer
) -> None:
    page, job_id = _watching(stage)

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

    expect(page.locator(".scroll [role=row], .nothing").first).to_be_visible()
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
    page.get_by_role("group", name="is missing").get_by_label("Stop").check()
    page.get_by_role("radio", name="Browse folders").check()
    stage.enter_folder(stage.user)
    stage.box("a.txt").check()

    issuer.expire()
    issuer.takes_refresh = issuer.has_session = False
    page.get_by_role("button", name="Start export").click()
    sign_in(page)

    expect(page.get_by_text("1 file, 1 byte")).to_be_visible()
    expect(stage.box("a.txt")).to_be_checked()
    expect(page.get_by_label("Name of the archive")).to_have_value("March.zip")
    expect(page.get_by_role("group", name="is missing").get_by_label("Stop")).to_be_checked()
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
    page, job_id = _watching(stage)

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
