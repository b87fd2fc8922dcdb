"""The page's languages: which one it speaks, how it counts, and from which side it is read."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, ViewportSize, expect

from chalicelib.http import page as served
from tests.browser import pseudo, still
from tests.browser.test_accessibility import violations
from tests.unit.http.test_texts import PLURALS
from tests.unit.samples import JOB_ID

ENGLISH = served.web().files["texts-en.js"]
FORMS = {form: f"{form} {{n}}" for form in ("zero", "one", "two", "few", "many", "other")}
PROBE = pseudo.module({"probe": {"files": FORMS, "to": "{what} > {n}"}})
GERMAN = ENGLISH.replace('"Exports"', '"Ausfuhren"')
SPEAKING = pseudo.speaking({"en": ENGLISH, "ar": pseudo.turned(), "de": GERMAN})
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
RUNNING: dict[str, Any] = {
    "jobId": JOB_ID,
    "status": "processing",
    "filename": "تقرير 2024.zip",
    "createdAt": "2026-11-24T14:02:00Z",
    "updatedAt": "2026-11-24T14:02:30Z",
    "expiresAt": "2026-12-01T14:02:30Z",
    "progress": {
        "percent": 25,
        "stage": "assembling",
        "currentFile": 10,
        "totalFiles": 40,
        "bytesDone": 50_000_000,
        "bytesTotal": 200_000_000,
        "etaSeconds": 90,
        "message": "Building the archive: 10 of 40 files.",
    },
    "result": None,
    "error": None,
    "notifications": [],
}


def _probed(browser: Browser, tag: str) -> Iterator[Page]:
    """Opens a page that has no more than the module of texts, in a language that is made up."""
    with still.opened(browser, pseudo.speaking({tag: PROBE}), locale=tag) as context:
        context.route("**/app.js", lambda route: route.fulfill(content_type="text/javascript"))
        page = context.new_page()
        page.goto(still.URL)
        yield page


@pytest.fixture
def english(browser: Browser) -> Iterator[Page]:
    yield from _probed(browser, "en")


@pytest.fixture
def arabic(browser: Browser) -> Iterator[Page]:
    yield from _probed(browser, "ar")


def _t(page: Page, *arguments: object) -> str:
    said: str = still.call(page, "texts", "t", *arguments)
    return said


# -- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, "zero"), (1, "one"), (2, "two"), (3, "few"), (11, "many"), (100, "other")],
)
def test_a_language_has_all_its_forms_of_number(arabic: Page, number: int, form: str) -> None:
    said = _t(arabic, "probe.files", {"n": number})

    assert said == f"{form} {arabic.evaluate('n => n.toLocaleString(`ar`)', number)}"


@pytest.mark.parametrize(("number", "said"), [(1, "one 1"), (0, "other 0"), (1234, "other 1,234")])
def test_numbers_are_written_as_the_language_does(english: Page, number: int, said: str) -> None:
    assert _t(english, "probe.files", {"n": number}) == said


def test_the_forms_that_translators_write_are_those_of_the_browser(english: Page) -> None:
    found = english.evaluate(
        "tags => tags.map((tag) => new Intl.PluralRules(tag).resolvedOptions().pluralCategories)",
        list(PLURALS),
    )

    assert dict(zip(PLURALS, map(set, found), strict=True)) == PLURALS


def test_a_name_that_runs_the_other_way_is_set_apart(english: Page, arabic: Page) -> None:
    latin, hebrew = {"what": "a", "n": 1}, {"what": "א", "n": 1}

    assert _t(english, "probe.to", latin) == "a > 1"
    assert _t(english, "probe.to", hebrew) == "\u2068א\u2069 > 1"
    assert _t(arabic, "probe.to", latin).startswith("\u2068a\u2069 > ")


def test_a_value_cannot_turn_a_sentence_nor_add_a_place(english: Page) -> None:
    assert _t(english, "probe.to", {"what": "x\u202egpj\n{n}", "n": 1}) == "x\ufffdgpj\ufffd{n} > 1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        # Balanced: as a sentence has it that is itself a value.
        ("\u2068א\u2069 b", "\u2068\u2068א\u2069 b\u2069"),
        ("\u2068\u2068א\u2069\u2069", "\u2068\u2068\u2068א\u2069\u2069\u2069"),
        ("\u2069א\u2068", "\u2068\ufffdא\ufffd\u2069"),
        ("\u2068א", "\u2068\ufffdא\u2069"),
        ("\u2067א\u2069", "\u2068\ufffdא\ufffd\u2069"),
    ],
)
def test_what_is_set_apart_in_a_value_ends_in_it(english: Page, value: str, shown: str) -> None:
    assert _t(english, "probe.to", {"what": value, "n": 1}) == f"{shown} > 1"


@pytest.mark.parametrize("tag", ["ar", "ar-EG"])
def test_numbers_and_times_need_no_marks_in_a_sentence(browser: Browser, tag: str) -> None:
    with still.opened(browser, pseudo.speaking({"ar": ENGLISH}), locale=tag) as context:
        page = context.new_page()
        page.goto(still.URL)
        now = page.evaluate("new Date().toISOString()")
        said = [
            still.call(page, "format", name, value)
            for name, value in [
                ("count", 1234),
                ("percent", 64),
                ("size", 20_500_000),
                ("moment", now),
                ("clock", now),
                ("ago", "2026-11-24T14:02:00Z"),
                ("duration", 3_700),
                ("either", ["a", "b", "c"]),
            ]
        ]

    assert all(said)
    assert [text for text in said if re.search("[\u061c\u200e\u200f]", text)] == []


def test_a_value_may_be_an_element(english: Page) -> None:
    shown = english.evaluate(
        """async () => {
          const { rich } = await import(new URL("texts.js", document.querySelector("script").src));
          const what = document.createElement("b");
          what.textContent = "<i>";
          document.body.replaceChildren(...rich("probe.to", { what, n: 2 }));
          return document.body.innerHTML;
        }"""
    )

    assert shown == "<b>&lt;i&gt;</b> &gt; 2"


@pytest.mark.parametrize("key", ["probe.none", "none.none", "probe.constructor", "x"])
def test_a_text_that_is_not_there_is_an_error(english: Page, key: str) -> None:
    assert still.call(english, "texts", "has", key) is False
    with pytest.raises(Error, match="TypeError"):
        _t(english, key)


# -- which language -----------------------------------------------------------------------------


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with still.opened(browser, _answer, SPEAKING) as opened:
        yield opened


def _answer(route: Route) -> bool:
    """Answers for a stack that has one job, which runs."""
    if f"/v1/export/{JOB_ID}" not in route.request.url:
        return False
    if "progress" in route.request.url:
        route.fulfill(content_type="text/event-stream", body="retry: 60000\n\n")
    else:
        route.fulfill(json=RUNNING)
    return True


def _opened(context: BrowserContext, *languages: str, address: str = "") -> Page:
    page = context.new_page()
    page.add_init_script(
        f"Object.defineProperty(navigator, 'languages', {{ get: () => {[*languages]} }})"
    )
    page.goto(f"{still.URL}/{address}")
    page.get_by_role("heading", level=1).wait_for()
    return page


def _spoken(page: Page) -> list[str]:
    said: list[str] = page.evaluate(
        "(({ lang, dir }) => [lang, dir])(document.documentElement)",
    )
    return said


@pytest.mark.parametrize(
    ("languages", "spoken"),
    [
        (["de-AT", "en"], ["de", "ltr"]),
        (["sv", "ar-EG", "de"], ["ar", "rtl"]),
        (["AR"], ["ar", "rtl"]),
        (["sv"], ["en", "ltr"]),
        (["constructor", "toString-x"], ["en", "ltr"]),
        ([], ["en", "ltr"]),
    ],
)
def test_the_page_speaks_the_first_language_of_the_browser_that_it_can(
    context: BrowserContext, languages: list[str], spoken: list[str]
) -> None:
    assert _spoken(_opened(context, *languages)) == spoken


def test_a_person_chooses_a_language_once(context: BrowserContext) -> None:
    page = _opened(context, "ar", address="#/new")
    select = page.get_by_role("combobox").last
    assert select.locator("option").all_inner_texts() == [
        "Own name of en",
        "Own name of ar",
        "Own name of de",
    ]

    with page.expect_navigation():
        select.select_option("de")

    expect(page.get_by_role("link", name="Ausfuhren")).to_be_visible()
    assert (_spoken(page), page.url) == (["de", "ltr"], f"{still.URL}/#/new")
    page.reload()
    expect(page.get_by_role("link", name="Ausfuhren")).to_be_visible()
    assert page.get_by_label("Language").input_value() == "de"


def test_a_browser_that_keeps_nothing_says_so(context: BrowserContext) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('No'); } })"
    )
    page = _opened(context, "en")

    page.get_by_label("Language").select_option("de")

    expect(page.get_by_text("This browser does not keep the language")).to_be_visible()


def test_who_came_by_a_link_stays_there_in_another_language(context: BrowserContext) -> None:
    page = _opened(context, "en", address=f"#/jobs/{JOB_ID}?ticket=lht_secret")
    expect(page.get_by_role("progressbar")).to_be_visible()

    with page.expect_request(f"**/v1/export/{JOB_ID}") as asked, page.expect_navigation():
        page.get_by_label("Language").select_option("de")

    expect(page.get_by_role("progressbar")).to_be_visible()
    assert asked.value.headers["authorization"] == "Bearer lht_secret"
    assert page.url == f"{still.URL}/#/jobs/{JOB_ID}"


def test_one_language_is_loaded_and_only_once(context: BrowserContext) -> None:
    loaded: list[str] = []
    context.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    context.set_extra_http_headers({"Accept-Language": "en"})

    _opened(context, "en")

    assert [name for name in loaded if name.startswith("texts-")] == ["texts-en.js"]


# -- from right to left -------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "#/new", f"#/jobs/{JOB_ID}"])
def test_from_right_to_left_nothing_is_cut_off_and_axe_finds_nothing(
    context: BrowserContext, address: str
) -> None:
    page = _opened(context, "ar", address=address)
    page.evaluate(AXE_SCRIPT)

    for viewport in (WIDE, PHONE):
        page.set_viewport_size(viewport)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_from_right_to_left_the_frame_is_mirrored(context: BrowserContext) -> None:
    page = _opened(context, "ar", address=f"#/jobs/{JOB_ID}")
    width = page.viewport_size["width"] if page.viewport_size else 0

    def at(selector: str) -> tuple[float, float]:
        box = page.locator(selector).first.bounding_box()
        assert box
        return box["x"], box["x"] + box["width"]

    assert at(".brand")[0] > width / 2 > at(".bottom select")[1]
    assert at("nav")[1] < at(".brand")[0]
    # A quarter is done: the bar is filled from the right.
    bar, filled = at(".bar"), at(".bar span")
    assert filled[1] == pytest.approx(bar[1], abs=1)
    assert filled[1] - filled[0] == pytest.approx((bar[1] - bar[0]) / 4, abs=2)


def test_what_points_along_the_line_is_turned(context: BrowserContext) -> None:
    def turn(page: Page) -> str:
        found: str = page.locator(".back .icon").evaluate("e => getComputedStyle(e).transform")
        return found

    assert turn(_opened(context, "ar", address=f"#/jobs/{JOB_ID}")) == "matrix(-1, 0, 0, 1, 0, 0)"
    assert turn(_opened(context, "en", address=f"#/jobs/{JOB_ID}")) == "none"
