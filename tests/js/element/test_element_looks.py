"""The component is accessible, speaks ten languages, and looks as the page around it does."""

import re
from typing import Any, Final

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, Route, expect

from infra.js import FOLDER
from tests.browser.keyboard import tab_to
from tests.browser.test_accessibility import violations
from tests.js.element.stage import CREATE, LINK, STATUS, Stage, answer, problem

LANGUAGES: Final = ("ar", "de", "en", "es", "fr", "it", "ja", "nl", "pt", "zh")
SOURCE: Final = FOLDER / "src" / "element" / "texts.ts"

_HOSTILE: Final = "<img src=x onerror=alert(1)>\u202egpj.zip"

_PROGRESS: Final = {
    "percent": 64,
    "currentFile": 25,
    "totalFiles": 40,
    "bytesDone": 128_000_000,
    "bytesTotal": 200_000_000,
    "stage": "assembling",
    "message": "<b>message</b>",
    "etaSeconds": 21,
}


def _job(status: str, **facts: Any) -> dict[str, Any]:
    job: dict[str, Any] = {
        "jobId": "0b0e",
        "filename": "March.zip",
        "status": status,
        "progress": _PROGRESS,
        "result": None,
        "error": None,
        "createdAt": "2026-11-27T03:00:00Z",
        "updatedAt": "2026-11-27T03:00:00Z",
        "expiresAt": "2126-12-03T03:00:00Z",
        "traceId": "0",
    }
    return {**job, **facts}


_RESULT: Final = {
    "s3Key": "",
    "fileSize": 200_000_000,
    "processedFiles": 37,
    "totalFiles": 40,
    "missing": [1, 2, 3],
    "skipped": [{}, {}, {}],
    "downloadUrl": "x",
}

JOBS: Final[dict[str, dict[str, Any] | None]] = {
    "idle": None,
    "starting": None,
    "queued": _job("queued", progress={**_PROGRESS, "bytesTotal": 0, "stage": "queued"}),
    "running": _job("processing"),
    "trouble": _job("processing"),
    "ready": _job("completed", result=_RESULT),
    "several": _job("completed", archives=3, result=_RESULT),
    "failed": _job("failed", error={"type": "urn:problem-type:longhaul:source-missing"}),
    "cancelled": _job("cancelled"),
    "expired": _job("expired"),
}
STATES: Final = tuple(JOBS)

_ARCHIVES: Final = [
    {"archive": n, "filename": f"March-{n}-of-3.zip", "size": n * 20_000_000} for n in (1, 2, 3)
]


def _answer_with(page: Page, job: dict[str, Any] | None) -> None:
    """Lets the stack have one job, in this state; without one, it does not answer."""

    def create(route: Route) -> None:
        if job is not None:
            route.fulfill(**answer(202, jobId="0b0e", status="queued", totalFiles=40))

    def saved(route: Route) -> None:
        route.fulfill(headers={"content-disposition": "attachment"}, body="PK")

    page.route(CREATE, create)
    page.route(STATUS, lambda route: route.fulfill(**answer(200, **(job or {}))))
    link = answer(200, downloadUrl="http://127.0.0.1:9/x.zip", expiresIn=900)
    listed = answer(200, archives=_ARCHIVES) if job and "archives" in job else link
    page.route(LINK, lambda route: route.fulfill(**listed))
    page.route(f"{LINK}?archive=*", lambda route: route.fulfill(**link))
    page.route("http://127.0.0.1:9/**", saved)


def show(stage: Stage, name: str, html: str = 'lang="en"', label: str = "All of March") -> None:
    """Shows the component in this state."""
    _answer_with(stage.page, JOBS[name])
    stage.open('prefix="march/"', label, html)
    if name == "idle":
        return
    stage.element.evaluate("element => element.start()")
    shown = {"queued": "running", "trouble": "running", "several": "ready"}
    stage.expect_state(shown.get(name, name))
    if name == "trouble":
        unavailable = problem(503, "unavailable")
        stage.page.route(STATUS, lambda route: route.fulfill(**unavailable))
        expect(stage.element.get_by_text("The service is busy").first).to_be_visible()


# -- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_and_nothing_is_cut_off(stage: Stage, name: str) -> None:
    show(stage, name)
    stage.page.evaluate(AXE_SCRIPT)

    found = {}
    for direction in ("ltr", "rtl"):
        stage.page.evaluate("dir => { document.documentElement.dir = dir; }", direction)
        for scheme in ("light", "dark"):
            stage.page.emulate_media(color_scheme=scheme)
            found[direction, scheme] = violations(stage.page)
    stage.page.set_viewport_size({"width": 320, "height": 640})

    assert found == {key: [] for key in found}
    assert stage.page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_keyboard_is_enough_and_the_focus_is_never_lost(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 41)
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    inside = "() => document.querySelector('longhaul-export').shadowRoot.activeElement?.part.value"

    tab_to(stage.page, "Export")
    stage.page.keyboard.press("Enter")
    expect(stage.page.get_by_text("41%", exact=True)).to_be_visible()
    assert stage.page.evaluate(inside) == "progress"
    stage.page.keyboard.press("Enter")  # a second one cancels nothing
    stage.page.keyboard.press("Tab")
    assert stage.page.evaluate(inside) == "cancel"
    stage.page.keyboard.press("Enter")
    stage.expect_state("cancelled")
    assert stage.page.evaluate(inside) == "retry"

    stage.page.unroute(CREATE)
    _answer_with(stage.page, JOBS["ready"])
    stage.page.keyboard.press("Enter")
    stage.expect_state("ready")

    assert stage.page.evaluate(inside) == "download"
    with stage.page.expect_download():
        stage.page.keyboard.press("Enter")


def test_several_archives_are_a_list_and_each_is_downloaded_by_a_key(stage: Stage) -> None:
    show(stage, "several")
    items = stage.element.get_by_role("listitem")
    expect(items).to_have_text([f"March-{n}-of-3.zip{n * 20} MB" for n in (1, 2, 3)])
    expect(stage.element.get_by_role("link")).to_have_count(0)

    stage.element.get_by_role("button", name="March-2-of-3.zip").focus()
    with (
        stage.page.expect_request("**/download?archive=2") as asked,
        stage.page.expect_download(),
    ):
        stage.page.keyboard.press("Enter")

    assert asked.value.method == "GET"
    expect(items).to_have_count(3)
    assert stage.page.evaluate("document.activeElement.localName") == "longhaul-export"


def test_a_page_can_put_the_focus_on_the_element(stage: Stage) -> None:
    show(stage, "failed")

    stage.element.evaluate("element => element.focus()")

    expect(stage.page.get_by_role("button", name="Try again")).to_be_focused()


def test_a_page_that_did_not_have_the_focus_in_it_keeps_it(stage: Stage) -> None:
    show(stage, "idle")
    stage.page.evaluate("document.querySelector('h1').tabIndex = -1")
    stage.page.evaluate("document.querySelector('h1').focus()")

    stage.element.evaluate("element => element.start()")
    stage.page.evaluate("void 0")

    assert stage.page.evaluate("document.activeElement.tagName") == "H1"


def test_progress_is_a_progressbar_with_a_text(stage: Stage) -> None:
    show(stage, "running")

    bar = stage.page.get_by_role("progressbar", name="All of March")
    expect(bar).to_have_attribute("aria-valuenow", "64")
    expect(bar).to_have_attribute("aria-valuetext", "64% · 25 of 40 files")
    expect(stage.page.get_by_text("25 of 40 files · 128 / 200 MB")).to_be_visible()
    expect(stage.page.get_by_text("21 sec left")).to_be_visible()


def test_progress_is_read_out_only_from_time_to_time(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 10)
    stage.of_record(job_id)
    stage.page.clock.install()
    stage.open('prefix="march/"')
    live = stage.page.get_by_role("status")
    stage.start()
    expect(live).to_have_text("10% · 4 of 40 files")

    stage.records.advance(job_id, 20)
    stage.page.clock.run_for(2_000)
    expect(stage.page.get_by_text("20%", exact=True)).to_be_visible()
    expect(live).to_have_text("10% · 4 of 40 files")
    stage.page.clock.run_for(16_000)
    stage.records.advance(job_id, 30)
    stage.page.clock.run_for(2_000)

    expect(live).to_have_text("30% · 12 of 40 files")


def test_the_end_is_read_out_and_what_was_there_before_is_not(stage: Stage) -> None:
    show(stage, "ready")
    live = stage.page.get_by_role("status")
    expect(live).to_have_text("Ready to download · Files left out: 3")

    stage.page.reload()

    stage.expect_state("ready")
    expect(live).to_have_text("")


# -- motion, colours, direction -------------------------------------------------------------------


def test_nothing_moves_for_people_who_want_no_motion(stage: Stage) -> None:
    show(stage, "starting")
    moving = "() => document.querySelector('longhaul-export').shadowRoot.getAnimations().length"

    assert stage.page.evaluate(moving) == 0
    stage.page.emulate_media(reduced_motion="no-preference")
    assert stage.page.evaluate(moving) == 1


def test_the_bar_is_seen_with_forced_colors(stage: Stage) -> None:
    show(stage, "running")
    stage.page.emulate_media(forced_colors="active")

    filled = stage.page.get_by_role("progressbar").evaluate(
        "bar => [getComputedStyle(bar).borderTopStyle,"
        " getComputedStyle(bar.firstChild).backgroundColor]"
    )

    assert filled[0] == "solid"
    assert filled[1] != "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize(
    ("html", "direction"),
    [('lang="ar"', "rtl"), ('lang="en" dir="rtl"', "rtl"), ('lang="ar" dir="rtl"', "rtl")],
)
def test_the_bar_grows_from_where_a_line_begins(stage: Stage, html: str, direction: str) -> None:
    show(stage, "running", html)

    bar = stage.page.get_by_role("progressbar")
    outer, inner = bar.bounding_box(), bar.locator("i").bounding_box()

    assert outer is not None
    assert inner is not None
    assert bar.evaluate("bar => getComputedStyle(bar).direction") == direction
    assert inner["x"] + inner["width"] == pytest.approx(outer["x"] + outer["width"], abs=1)
    assert inner["width"] < outer["width"]


def test_the_bar_does_not_shrink_when_it_begins_to_count(stage: Stage) -> None:
    stage.of_record(stage.records.running("March.zip", 0))
    stage.page.emulate_media(reduced_motion="no-preference")
    stage.open('prefix="march/"')
    stage.element.evaluate(
        """element => {
          const width = () => element.shadowRoot.querySelector("i").getBoundingClientRect().width;
          window.widths = {};
          element.addEventListener("longhaul-start", () => window.widths.before = width());
          element.addEventListener("longhaul-progress", () => window.widths.after ??= width());
        }"""
    )

    stage.start()
    stage.expect_state("running")

    widths = stage.page.evaluate("window.widths")
    assert widths["before"] > 50
    assert widths["after"] == 0


def test_a_page_changes_the_looks_by_custom_properties_and_parts(stage: Stage) -> None:
    show(stage, "idle")
    stage.page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`longhaul-export { --longhaul-accent: rgb(1, 2, 3); font-size: 20px }
            longhaul-export::part(button) { border-radius: 0 }`);
          document.adoptedStyleSheets = [sheet];
        }"""
    )

    look = stage.page.get_by_role("button").evaluate(
        "button => { const { backgroundColor, borderRadius, fontSize } = getComputedStyle(button);"
        " return [backgroundColor, borderRadius, fontSize]; }"
    )

    assert look == ["rgb(1, 2, 3)", "0px", "20px"]


# -- texts ----------------------------------------------------------------------------------------


def _texts() -> dict[str, list[str]]:
    found = re.findall(r"^  (\w\w): `(.*?)`", SOURCE.read_text(), re.DOTALL | re.MULTILINE)
    return {language: text.split("\n") for language, text in found}


def test_each_language_has_each_text_with_its_places() -> None:
    texts = _texts()
    keys = re.findall(r'"([\w-]+)"', SOURCE.read_text().split("KEYS = [")[1].split("] as const")[0])
    places = {
        language: [sorted(re.findall(r"\{\w+\}", line)) for line in lines]
        for language, lines in texts.items()
    }

    assert tuple(sorted(texts)) == LANGUAGES
    assert {language: len(lines) for language, lines in texts.items()} == dict.fromkeys(
        LANGUAGES, len(keys)
    )
    assert all(line.strip() for lines in texts.values() for line in lines)
    assert places == dict.fromkeys(LANGUAGES, places["en"])


def test_where_the_page_says_the_same_it_has_the_same_words() -> None:
    for language, lines in _texts().items():
        page = (FOLDER.parents[1] / f"chalicelib/web/texts-{language}.js").read_text()
        same = [line for line in lines if f'"{line}"' in page]
        assert len(same) >= 15, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_those_of_the_nearest_language(stage: Stage, language: str) -> None:
    words = _texts()[language]

    show(stage, "idle", f'lang="{language}-001"', label=" ")
    expect(stage.page.get_by_role("button", name=words[0])).to_be_visible()
    stage.element.evaluate("element => { element.lang = 'fr'; }")
    expect(stage.page.get_by_role("button", name="Télécharger")).to_be_visible()


@pytest.mark.parametrize("tag", ["", "sv", "constructor", "en_US", "x-klingon", "de-"])
def test_a_language_that_there_is_not_is_the_browsers(browser: Any, stage: Stage, tag: str) -> None:
    show(stage, "running", f'lang="{tag}"', label=" ")

    expect(stage.page.get_by_text("64", exact=False).first).to_be_visible()


def test_a_page_may_bring_a_language_of_its_own(stage: Stage) -> None:
    show(stage, "idle", 'lang="sv"', label="")
    own = "{ sv: { download: 'Hämta', queued: 'Väntar.' } }"
    stage.page.evaluate(f"customElements.get('longhaul-export').texts = {own}")
    stage.element.evaluate("element => { element.lang = 'sv-SE'; }")

    expect(stage.page.get_by_role("button", name="Hämta")).to_be_visible()


def test_the_language_of_the_page_may_change(stage: Stage) -> None:
    show(stage, "running")

    stage.page.evaluate("document.documentElement.lang = 'de'")

    expect(stage.page.get_by_text("25 von 40 Dateien · 128 / 200 MB")).to_be_visible()


# -- what others have written ---------------------------------------------------------------------


def test_a_hostile_name_is_a_text_and_nothing_else(stage: Stage, context: BrowserContext) -> None:
    _answer_with(stage.page, _job("completed", filename=_HOSTILE, result=_RESULT))
    dialogs: list[str] = []
    context.on("dialog", lambda dialog: dialogs.append(dialog.message))
    stage.open('prefix="march/"', label="Export &lt;b&gt;")

    with stage.page.expect_download():
        stage.start("Export <b>")

    expect(stage.page.get_by_text(_HOSTILE.replace("\u202e", "\ufffd"))).to_be_visible()
    assert (
        stage.element.evaluate("element => element.shadowRoot.querySelectorAll('img').length") == 0
    )
    assert dialogs == []


def test_what_the_server_says_in_english_is_not_shown(stage: Stage) -> None:
    error = {"type": "urn:problem-type:longhaul:<img src=x>", "title": "<b>", "detail": "secret"}
    _answer_with(stage.page, _job("failed", error=error))
    stage.open('prefix="march/"')

    stage.start()

    stage.expect_state("failed")
    expect(stage.page.locator("strong", has_text="The export failed")).to_be_visible()
    assert "secret" not in stage.element.evaluate("element => element.shadowRoot.textContent")


def test_a_link_that_is_a_script_is_not_followed(stage: Stage) -> None:
    _answer_with(stage.page, JOBS["ready"])
    bad = answer(200, downloadUrl="javascript:alert(1)", expiresIn=900)
    stage.page.route(LINK, lambda route: route.fulfill(**bad))
    stage.open('prefix="march/"')

    stage.start()

    stage.expect_state("failed")


def test_the_label_is_what_is_in_the_element(stage: Stage) -> None:
    show(stage, "idle", label="<b>Order</b> 4711")

    expect(stage.page.get_by_role("button", name="Order 4711")).to_be_visible()
    stage.element.evaluate("element => { element.toggleAttribute('disabled'); }")
    expect(stage.page.get_by_role("button", name="Order 4711")).to_be_disabled()
