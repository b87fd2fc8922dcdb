"""The reference page: it is drawn under a strict policy, and requests can be tried on it."""

import re
import zipfile
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, Route, expect

from infra.outputs import Outputs
from tests.browser.keyboard import outline_is_seen, tab_to
from tests.browser.reference import Reference
from tests.browser.screenshots import SCHEMES
from tests.browser.test_accessibility import SIZES, violations
from tests.e2e.api import Api
from tests.e2e.sources import Sources
from tests.waiting import wait_for


@pytest.fixture
def reference(page: Page, outputs: Outputs) -> Reference:
    return Reference(page, outputs.api_url)


@pytest.fixture
def opened(reference: Reference) -> Reference:
    reference.open()
    return reference


def test_nothing_of_it_is_refused_and_nothing_comes_from_elsewhere(opened: Reference) -> None:
    opened.expand("createExport")
    opened.page.get_by_role("button", name="Authorize").first.click()
    expect(opened.page.get_by_role("dialog")).to_be_visible()

    own = opened.url.split("/")[2]
    assert (opened.violations, opened.hosts) == ([], {own})
    assert all(one.url.startswith((opened.url, "data:")) for one in opened.requests)


@pytest.mark.parametrize(
    ("script", "refused"),
    [
        ("document.body.setAttribute('style', 'color: red')", "style-src-attr inline"),
        ("void fetch('https://other.test/').catch(() => {})", "connect-src https://other.test/"),
    ],
)
def test_what_the_policy_forbids_is_heard_of(
    context: BrowserContext, outputs: Outputs, script: str, refused: str
) -> None:
    reference = Reference(context.new_page(), outputs.api_url)
    reference.open()

    reference.page.evaluate(f"() => {{ {script} }}")

    wait_for(lambda: reference.violations == [refused], 10, f"the refusal of {refused}")


def test_a_link_to_an_operation_opens_it(reference: Reference) -> None:
    reference.open("#/Exports/downloadArchive")

    block = reference.operation("downloadArchive")
    expect(block.get_by_role("button", name="Try it out")).to_be_visible()
    # By a key: a click waits until nothing moves, and the page scrolls to the operation first.
    reference.operation("getExport").locator(".opblock-summary-control").press("Enter")
    expect(reference.page).to_have_url(re.compile("/docs#/Exports/getExport$"))


def test_it_looks_like_ours(opened: Reference) -> None:
    assert opened.page.title() == "Longhaul API"
    expect(opened.page.get_by_role("heading", level=1)).to_contain_text("Longhaul")
    expect(opened.page.get_by_role("link", name="Longhaul")).to_be_visible()


@pytest.mark.parametrize("state", ["list", "operation", "authorize"])
def test_axe_finds_nothing_and_nothing_is_cut_off(opened: Reference, state: str) -> None:
    page = opened.page
    if state == "operation":
        opened.expand("createExport")
    if state == "authorize":
        page.get_by_role("button", name="Authorize").first.click()
    page.evaluate(AXE_SCRIPT)

    found = {}
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.locator(
                f"html{'.dark-mode' if scheme == 'dark' else ':not(.dark-mode)'}"
            ).wait_for(state="attached")
            found[size, scheme] = violations(page)

    assert found == {key: [] for key in found}
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]


def test_a_keyboard_is_enough(opened: Reference) -> None:
    page = opened.page
    tab_to(page, "Skip to content")
    tab_to(page, "GET/v1/notifications")
    assert outline_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    tab_to(page, "Try it out")
    page.keyboard.press("Enter")
    tab_to(page, "Execute")
    page.keyboard.press("Enter")

    live = opened.operation("listReceivers").locator(".live-responses-table .response")
    expect(live.locator(".response-col_status")).to_contain_text("200")


def test_an_export_is_tried_from_its_request_to_the_archive(
    opened: Reference, sources: Sources, api: Api
) -> None:
    file = sources.put(b"tried out")

    status, made = opened.send("createExport", {"fileIds": [file.file_id]})
    assert status == 202
    job = {"job_id": made["jobId"]}
    api.completed(made["jobId"])
    assert opened.send("getExport", parameters=job)[1]["status"] == "completed"
    status, link = opened.send("downloadArchive", parameters=job)

    assert status == 200
    assert link["downloadUrl"].startswith("http")
    assert opened.violations == []


def test_the_archive_behind_a_redirect_is_downloaded(
    opened: Reference, sources: Sources, api: Api
) -> None:
    job_id = api.export(file_ids=[sources.put(b"behind a redirect").file_id])
    api.completed(job_id)

    with opened.page.expect_download() as download:
        status, shown = opened.send(
            "downloadArchive", parameters={"job_id": job_id, "redirect": "true"}
        )

    assert status == 303
    assert "Your browser downloads the archive" in str(shown)
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.read(archive.namelist()[0]) == b"behind a redirect"
    assert opened.violations == []


def test_a_redirect_of_a_job_that_is_not_there_is_the_apis_own_answer(opened: Reference) -> None:
    nobodys = {"job_id": "00000000-0000-4000-8000-000000000000", "redirect": "true"}

    status, shown = opened.send("downloadArchive", parameters=nobodys)

    assert (status, shown["type"]) == (404, "urn:problem-type:longhaul:not-found")


def test_a_ticket_opens_its_job_and_nothing_else(
    opened: Reference, sources: Sources, api: Api
) -> None:
    job_id = api.export(file_ids=[sources.put(b"by ticket").file_id])
    ticket = api.call("POST", f"/v1/export/{job_id}/shares").json()["ticket"]

    opened.authorize("ticket", ticket)

    status, _ = opened.send("getExport", parameters={"job_id": job_id})
    assert status == 200
    sent = [one for one in opened.requests if one.url.endswith(f"/v1/export/{job_id}")]
    assert [one.headers["authorization"] for one in sent] == [f"Bearer {ticket}"]
    status, shown = opened.send("cancelExport", parameters={"job_id": job_id})
    assert (status, shown["type"]) == (403, "urn:problem-type:longhaul:forbidden")


def test_where_people_sign_in_a_token_is_sent_and_the_provider_is_not_asked(
    reference: Reference,
) -> None:
    def signed_in(route: Route) -> None:
        answer = route.fetch()
        document: dict[str, Any] = answer.json()
        document["components"]["securitySchemes"] |= {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "openId": {
                "type": "openIdConnect",
                "openIdConnectUrl": "https://id.test/.well-known/openid-configuration",
            },
        }
        document["security"] = [{"token": []}, {"openId": []}]
        route.fulfill(response=answer, json=document)

    reference.page.route("**/openapi.json", signed_in)
    reference.open()
    reference.authorize("token", "a.b.c")

    reference.send("listReceivers")

    sent = [one for one in reference.requests if one.url.endswith("/v1/notifications")]
    assert [one.headers["authorization"] for one in sent] == ["Bearer a.b.c"]
    assert reference.violations == []
    assert reference.hosts == {reference.url.split("/")[2]}


def test_without_the_document_it_says_so(page: Page, outputs: Outputs) -> None:
    page.route("**/openapi.json", lambda route: route.fulfill(status=503))

    page.goto(f"{outputs.api_url}/docs")

    expect(page.get_by_role("alert")).to_contain_text("openapi.json was answered with 503")
