"""Choosing files in folders: a list of any length, by mouse and by keyboard. No stack is needed."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from tests.browser.alone import URL, Bucket, serve
from tests.browser.keyboard import outline_is_seen
from tests.browser.test_accessibility import violations

NAMES = {
    "photos/cats/tom.jpg": 10,
    "photos/cats/kit.jpg": 20,
    "photos/dogs/rex.jpg": 30,
    "photos/sky.jpg": 40,
    "photos/sea.jpg": 50,
    "letters/2024/a.pdf": 60,
    "letters/b.pdf": 70,
    "file10.txt": 3,
    "file2.txt": 1,
    "Übersicht.txt": 2,
}


@dataclass
class Shelf:
    """The page for a new export, with a bucket."""

    page: Page
    bucket: Bucket

    def open(self, folder: str = "") -> None:
        self.page.goto(f"{URL}/#/new" + (f"?folder={folder}" if folder else ""))
        if not folder:
            self.page.get_by_role("radio", name="Browse folders").check()
        expect(self.page.locator(".skeleton")).to_have_count(0)

    @property
    def rows(self) -> Locator:
        return self.page.locator(".scroll [role=row]")

    @property
    def names(self) -> Locator:
        return self.page.locator(".scroll .name")

    @property
    def status(self) -> Locator:
        return self.page.locator(".status")

    @property
    def focused(self) -> Locator:
        return self.page.locator(".scroll [role=row]:focus .name")

    def row(self, name: str) -> Locator:
        return self.rows.filter(has=self.page.get_by_text(name, exact=True))

    def enter(self, *names: str) -> None:
        for name in names:
            self.row(name).locator(".name").click()
            expect(self.page.locator(".crumbs [aria-current=true]")).to_have_text(name)

    def box(self, name: str) -> Locator:
        return self.row(name).get_by_role("checkbox")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def asked_for(self) -> dict[str, Any]:
        """Starts the export. Returns what it asks for."""
        bodies: list[dict[str, Any]] = []

        def answer(route: Route) -> None:
            bodies.append(json.loads(route.request.post_data or ""))
            route.fulfill(status=503, json={"title": "Not now"})

        self.page.route(f"{URL}/v1/export", answer)
        self.page.get_by_role("button", name="Start export").click()
        expect(self.page.get_by_role("alert").last).to_be_visible()
        return bodies[0]

    def entries(self) -> set[str]:
        """Starts the export. Returns the keys and the prefixes of what it asks for."""
        asked = self.asked_for()
        found = [*asked.get("keys", []), *([asked["prefix"]] if "prefix" in asked else [])]
        return {*found, *(one.get("key") or one["prefix"] for one in asked.get("files", []))}


Put = Callable[..., Shelf]


@pytest.fixture
def put(page: Page) -> Put:
    """Makes a shelf of these files, sizes by key."""

    def made(files: dict[str, int], **more: Any) -> Shelf:
        bucket = Bucket(files, **more)
        serve(page)
        bucket.answer_for(page)
        return Shelf(page, bucket)

    return made


def numbered(prefix: str, count: int) -> dict[str, int]:
    return {f"{prefix}IMG_{i:06}.jpg": i for i in range(count)}


# -- what is chosen -----------------------------------------------------------------------------


def test_folders_and_files_of_several_folders_go_into_one_export(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()

    shelf.box("file2.txt").check()
    shelf.box("letters").check()
    shelf.enter("photos")
    shelf.box("cats").check()
    shelf.box("sky.jpg").check()

    assert shelf.entries() == {"file2.txt", "letters/", "photos/cats/", "photos/sky.jpg"}


def test_all_below_a_chosen_folder_is_shown_as_chosen(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.box("photos").check()

    shelf.enter("photos")
    expect(shelf.box("cats")).to_be_checked()
    expect(shelf.box("sky.jpg")).to_be_checked()
    shelf.enter("cats")

    expect(shelf.box("tom.jpg")).to_be_checked()
    expect(shelf.page.get_by_label("Choose everything here")).to_be_checked()


def test_a_file_is_left_out_of_a_chosen_folder_two_levels_above(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.box("photos").check()
    shelf.enter("photos", "cats")

    shelf.box("tom.jpg").uncheck()

    expect(shelf.status).to_contain_text("tom.jpg is not chosen any more.")
    left = {"photos/cats/kit.jpg", "photos/dogs/", "photos/sky.jpg", "photos/sea.jpg"}
    assert shelf.entries() == left


def test_a_file_is_left_out_although_the_folders_above_were_never_seen(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.box("photos").check()
    shelf.page.goto(f"{URL}/#/new?folder=photos/cats/")
    expect(shelf.box("tom.jpg")).to_be_checked()
    shelf.bucket.asked.clear()

    shelf.box("tom.jpg").click()
    expect(shelf.status).to_contain_text("tom.jpg is not chosen any more.")

    assert [query["prefix"] for query in shelf.bucket.asked] == ["photos/"]
    expect(shelf.box("kit.jpg")).to_be_checked()
    expect(shelf.box("tom.jpg")).not_to_be_checked()


def test_a_folder_of_which_a_part_is_chosen_is_neither_chosen_nor_not(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.enter("photos", "cats")
    shelf.box("tom.jpg").check()

    for name in ("photos", "All files"):
        shelf.page.locator(".crumbs").get_by_role("button", name=name).click()
        part = "cats" if name == "photos" else "photos"
        expect(shelf.box(part)).to_be_checked(indeterminate=True)
    shelf.box("photos").check()

    expect(shelf.box("photos")).to_be_checked()
    assert shelf.entries() == {"photos/"}


def test_one_of_too_many_files_cannot_be_left_out_and_the_page_says_why(put: Put) -> None:
    shelf = put(numbered("all/", 10_002))
    shelf.open()
    shelf.box("all").check()
    shelf.enter("all")

    shelf.box("IMG_000003.jpg").click()

    expect(shelf.status).to_contain_text("This cannot be left out.")
    expect(shelf.box("IMG_000003.jpg")).to_be_checked()
    assert shelf.entries() == {"all/"}


def test_a_list_that_cannot_be_read_leaves_the_choice_as_it_was(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.box("photos").check()
    shelf.page.goto(f"{URL}/#/new?folder=photos/cats/")
    expect(shelf.box("tom.jpg")).to_be_checked()
    shelf.page.route(re.compile(r"prefix=photos%2F&"), lambda route: route.abort())

    shelf.box("tom.jpg").click()
    expect(shelf.status).to_contain_text("could not be reached")

    expect(shelf.box("tom.jpg")).to_be_checked()
    assert shelf.entries() == {"photos/"}


def test_a_range_is_chosen_with_shift(put: Put) -> None:
    shelf = put(numbered("", 40))
    shelf.open()

    shelf.row("IMG_000002.jpg").click()
    shelf.row("IMG_000006.jpg").click(modifiers=["Shift"])
    expect(shelf.status).to_contain_text("5 rows are chosen.")
    shelf.row("IMG_000004.jpg").click(modifiers=["Shift"])

    assert shelf.entries() == {f"IMG_00000{i}.jpg" for i in (2, 3, 4)}


def test_a_range_that_goes_back_leaves_what_was_chosen_before(put: Put) -> None:
    shelf = put(numbered("", 40))
    shelf.open()
    shelf.box("IMG_000004.jpg").check()

    shelf.box("IMG_000002.jpg").check()
    shelf.press(*["Shift+ArrowDown"] * 3, *["Shift+ArrowUp"] * 3)

    assert shelf.entries() == {"IMG_000002.jpg", "IMG_000004.jpg"}


def test_everything_in_a_folder_is_one_entry_and_what_is_found_is_files(put: Put) -> None:
    shelf = put(numbered("all/", 30) | {"all/other.txt": 1})
    shelf.open()
    shelf.enter("all")
    everything = shelf.page.get_by_label("Choose everything here")

    everything.check()
    expect(shelf.status).to_contain_text("All 31 files are chosen.")
    everything.uncheck()
    expect(shelf.status).to_contain_text("Nothing in this folder is chosen any more.")
    shelf.page.get_by_role("searchbox").fill("img_00000")
    expect(shelf.rows).to_have_count(10)
    everything.check()

    expect(shelf.status).to_contain_text("All 10 matches are chosen.")
    assert shelf.entries() == {f"all/IMG_00000{i}.jpg" for i in range(10)}


def test_too_many_matches_are_not_chosen_and_the_page_says_why(put: Put) -> None:
    shelf = put(numbered("all/", 10_002) | {"all/other.txt": 1})
    shelf.open()
    shelf.enter("all")
    shelf.page.get_by_role("searchbox").fill("img")
    expect(shelf.status).to_contain_text("10,002 of 10,003 match")

    shelf.page.get_by_label("Choose everything here").click()

    expect(shelf.status).to_contain_text("Nothing was chosen. These are 10,002")
    expect(shelf.page.get_by_label("Choose everything here")).not_to_be_checked()


# -- by keyboard --------------------------------------------------------------------------------


def test_a_keyboard_is_enough_to_choose_in_folders(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()

    shelf.page.get_by_role("searchbox").focus()
    shelf.press("ArrowDown")
    expect(shelf.focused).to_have_text("letters")
    shelf.press("End")
    expect(shelf.focused).to_have_text("Übersicht.txt")
    shelf.press("Home", "ArrowDown", "Enter")
    expect(shelf.focused).to_have_text("cats")
    shelf.press("Space", "ArrowDown", "ArrowDown", "Enter", "Backspace")
    expect(shelf.focused).to_have_text("photos")
    shelf.press("Control+a", "ArrowDown", "Space")

    assert shelf.entries() == {"letters/", "photos/", "file10.txt", "Übersicht.txt"}


def test_what_is_typed_in_the_list_is_searched(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.page.get_by_role("searchbox").focus()
    shelf.press("ArrowDown")

    shelf.page.keyboard.type("uber")

    expect(shelf.names).to_have_text(["Übersicht.txt"])
    shelf.press("Enter", "Space")
    assert shelf.entries() == {"Übersicht.txt"}


def test_the_keys_of_a_list_go_by_pages_and_to_its_ends(put: Put) -> None:
    shelf = put(numbered("", 300))
    shelf.open()
    shelf.page.get_by_role("searchbox").focus()

    shelf.press("ArrowDown", "PageDown")
    page_rows = int(str(shelf.page.evaluate("document.activeElement.ariaRowIndex"))) - 2
    shelf.press("PageDown")
    expect(shelf.focused).to_have_text(f"IMG_{2 * page_rows:06}.jpg")
    expect(shelf.focused).to_be_in_viewport()
    shelf.press("PageUp", "PageUp")
    expect(shelf.focused).to_have_text("IMG_000000.jpg")
    shelf.press("End")
    expect(shelf.focused).to_have_text("IMG_000299.jpg")

    assert page_rows > 3
    assert shelf.page.locator(".scroll [tabindex='0']").count() == 1


def test_the_row_with_the_focus_stays_although_it_is_scrolled_away(put: Put) -> None:
    shelf = put(numbered("", 3000))
    shelf.open()
    shelf.box("IMG_000001.jpg").check()

    shelf.page.locator(".scroll").evaluate("at => at.scrollTo(0, 100000)")
    expect(shelf.row("IMG_002084.jpg")).to_be_visible()
    expect(shelf.focused).to_have_text("IMG_000001.jpg")
    shelf.press("ArrowDown", "Space")

    expect(shelf.focused).to_be_in_viewport()
    assert shelf.entries() == {"IMG_000001.jpg", "IMG_000002.jpg"}


# -- search and order ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("FILE", ["file2.txt", "file10.txt"]),
        ("e2", ["file2.txt"]),
        ("ubers", ["Übersicht.txt"]),
        (" ÜBER ", ["Übersicht.txt"]),
        ("letter", ["letters"]),
    ],
)
def test_a_search_finds_any_part_of_a_name(put: Put, words: str, found: list[str]) -> None:
    shelf = put(NAMES)
    shelf.open()

    shelf.page.get_by_role("searchbox").fill(words)

    expect(shelf.names).to_have_text(found)
    expect(shelf.status).to_contain_text(f"{len(found)} of 5")


def test_a_search_that_finds_nothing_says_so(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()

    shelf.page.get_by_role("searchbox").fill("nothing like it")

    expect(shelf.page.get_by_text("No name in this folder has that in it.")).to_be_visible()
    shelf.page.get_by_role("searchbox").fill("")
    expect(shelf.rows).to_have_count(5)


def test_rows_are_sorted_by_name_size_and_date_with_folders_first(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    folders, files = ["letters", "photos"], ["file2.txt", "file10.txt", "Übersicht.txt"]
    head = shelf.page.get_by_role("columnheader")
    expect(shelf.names).to_have_text(folders + files)
    expect(head.nth(1)).to_have_attribute("aria-sort", "ascending")

    for name, order in (
        ("Name", ["photos", "letters", *files[::-1]]),
        ("Size", [*folders, "file2.txt", "Übersicht.txt", "file10.txt"]),
        ("Size", [*folders, "file10.txt", "Übersicht.txt", "file2.txt"]),
        ("Changed", [*folders, "file10.txt", "Übersicht.txt", "file2.txt"]),
    ):
        head.get_by_role("button", name=name).click()
        expect(shelf.names).to_have_text(order)

    expect(head.nth(3)).to_have_attribute("aria-sort", "ascending")
    expect(head.nth(1)).to_have_attribute("aria-sort", "none")


# -- very many ----------------------------------------------------------------------------------

MANY = 100_000

_COUNT_COMPARISONS = """
  window.comparisons = 0;
  const Real = Intl.Collator;
  Intl.Collator = function (...given) {
    const { compare } = new Real(...given);
    return { compare: (a, b) => (window.comparisons += 1, compare(a, b)) };
  };
"""


def test_a_hundred_thousand_files_are_few_elements_and_little_work(put: Put) -> None:
    """How long it takes, `python -m bench.page` measures."""
    shelf = put(numbered("all/", MANY))
    shelf.page.add_init_script(_COUNT_COMPARISONS)
    shelf.open()
    shelf.enter("all")
    grid = shelf.page.get_by_role("grid")
    expect(shelf.status).to_contain_text("100,000 files")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    # They come in order: each is compared a few times, and no page is sorted anew.
    assert shelf.page.evaluate("comparisons") < 4 * MANY
    assert len(shelf.bucket.asked) < 30

    shelf.page.locator(".scroll").evaluate("at => at.scrollTo(0, at.scrollHeight / 2)")
    expect(shelf.row("IMG_050000.jpg")).to_be_visible()
    shelf.page.locator(".scroll").evaluate("at => at.scrollTo(0, at.scrollHeight)")
    expect(shelf.row("IMG_099999.jpg")).to_be_visible()
    assert shelf.rows.count() < 60

    shelf.row("IMG_099999.jpg").focus()
    shelf.press("Control+a")

    expect(shelf.status).to_contain_text("All 100,000 files are chosen.")
    assert shelf.entries() == {"all/"}


def test_a_hundred_thousand_files_out_of_order_are_sorted_with_little_work(put: Put) -> None:
    shelf = put({f"all/{i * 7919 % MANY} {i}.txt": i for i in range(MANY)})
    shelf.page.add_init_script(_COUNT_COMPARISONS)
    shelf.open()
    shelf.enter("all")
    expect(shelf.status).to_contain_text("100,000 files")
    expect(shelf.names.first).to_have_text("0 0.txt")
    shelf.page.evaluate("comparisons = 0")

    shelf.page.get_by_role("button", name="Name").click()
    expect(shelf.names.first).to_have_text(re.compile("^99999 "))

    # n log2 n is 1.7 million.
    assert shelf.page.evaluate("comparisons") < 2_000_000


def test_what_is_in_view_stays_when_more_rows_come_before_it(put: Put) -> None:
    # In S3's order, 10 comes before 2; on the page after it.
    shelf = put({f"all/{i}.txt": 1 for i in range(3000)})
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    shelf.page.route(re.compile("cursor=1000"), hold)
    shelf.open()
    shelf.enter("all")
    expect(shelf.status).to_contain_text("1,000 loaded so far…")
    shelf.page.locator(".scroll").evaluate("at => at.scrollTo(0, 480)")
    top = shelf.page.locator(".scroll [role=row][aria-rowindex='12'] .name")
    name = str(top.text_content())

    shelf.bucket.answer_list(waiting[0])
    expect(shelf.status).to_contain_text("3,000 files")

    expect(shelf.row(name)).to_be_in_viewport()
    assert shelf.page.locator(".scroll").evaluate("at => at.scrollTop") > 480


# -- where one is -------------------------------------------------------------------------------


def test_the_folder_is_in_the_address_and_back_leads_to_where_one_was(put: Put) -> None:
    shelf = put(numbered("all/", 500) | {"all/zoo/a.txt": 1, "other/b.txt": 1})
    shelf.open()
    shelf.enter("all")
    expect(shelf.focused).to_have_text("zoo")
    shelf.press("End")
    expect(shelf.focused).to_have_text("IMG_000499.jpg")
    place = shelf.page.locator(".scroll").evaluate("at => at.scrollTop")
    shelf.press("Home", "End", "ArrowUp", "Home", "Enter")
    expect(shelf.names).to_have_text(["a.txt"])
    assert parse_qs(urlsplit(shelf.page.url).fragment.partition("?")[2])["folder"] == ["all/zoo/"]

    shelf.page.go_back()
    expect(shelf.focused).to_have_text("zoo")
    shelf.press("End")
    assert shelf.page.locator(".scroll").evaluate("at => at.scrollTop") == place
    shelf.page.go_back()
    expect(shelf.focused).to_have_text("all")
    shelf.page.go_forward()

    expect(shelf.focused).to_have_text("IMG_000499.jpg")
    assert shelf.page.locator(".scroll").evaluate("at => at.scrollTop") == place
    assert [query.get("prefix", "") for query in shelf.bucket.asked].count("all/") == 1


def test_an_address_with_a_folder_opens_it(put: Put) -> None:
    shelf = put(NAMES)

    shelf.open("photos/cats/")

    expect(shelf.names).to_have_text(["kit.jpg", "tom.jpg"])
    expect(shelf.page.locator(".crumbs li")).to_have_text(["All files", "photos", "cats"])


def test_whoever_goes_up_is_on_the_folder_that_they_were_in(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open("photos/cats/")

    shelf.page.locator(".crumbs").get_by_role("button", name="All files").click()

    expect(shelf.focused).to_have_text("photos")


def test_loading_goes_on_after_an_error_from_where_it_was(put: Put) -> None:
    shelf = put(numbered("all/", 12_000))
    shelf.page.route(re.compile("cursor=6000"), lambda route: route.abort(), times=1)
    shelf.open()
    shelf.enter("all")
    expect(shelf.page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(shelf.row("IMG_000001.jpg")).to_be_visible()

    shelf.page.get_by_role("button", name="Try again").click()
    expect(shelf.status).to_contain_text("12,000 files")

    cursors = [q.get("cursor") for q in shelf.bucket.asked if q.get("prefix") == "all/"]
    assert cursors == [None, "1000", "6000", "11000"]
    expect(shelf.page.get_by_role("alert")).to_have_count(0)


def test_an_empty_bucket_and_an_empty_folder_say_what_to_do(put: Put) -> None:
    shelf = put({})
    shelf.open()
    expect(shelf.page.get_by_text("Put files into the bucket.")).to_be_visible()

    shelf.page.goto(f"{URL}/#/new?folder=gone/")

    expect(shelf.page.get_by_text("This folder has no files.")).to_be_visible()


# -- names and reasons --------------------------------------------------------------------------


def test_rows_in_view_show_the_names_that_files_will_have(put: Put) -> None:
    ids = {f"downloads/{10_000 + i}": 1 for i in range(500)}
    own = {"downloads/10000": "Plan.pdf", "downloads/10499": "Last.pdf"}
    own["downloads/CON.txt"] = "CON_.txt"
    shelf = put(ids | {"downloads/CON.txt": 1}, own=own)
    shelf.open("downloads/")

    expect(shelf.row("Plan.pdf")).to_contain_text("10000")
    assert all(len(keys) <= 100 for keys in shelf.bucket.checked)
    assert "downloads/10499" not in shelf.bucket.keys_checked()
    shelf.page.locator(".scroll").evaluate("at => at.scrollTo(0, at.scrollHeight)")
    expect(shelf.row("Last.pdf")).to_contain_text("10499")
    expect(shelf.row("CON_.txt")).to_contain_text("CON.txt")
    asked = shelf.bucket.keys_checked()

    assert len(asked) == len(set(asked)) < 100
    shelf.page.get_by_role("searchbox").fill("plan")
    expect(shelf.names).to_have_text(["Plan.pdf"])


def test_a_file_that_cannot_be_exported_says_why_and_cannot_be_chosen(put: Put) -> None:
    shelf = put(
        {"all/a.txt": 1, "all/b.txt": 2, "all/10001": 3}, unreadable={"all/a.txt": "in GLACIER"}
    )
    shelf.open("all/")
    expect(shelf.row("10001")).to_be_visible()

    expect(shelf.row("a.txt")).to_contain_text("In cold storage.")
    expect(shelf.box("a.txt")).to_be_disabled()
    shelf.row("a.txt").locator(".name").click()
    shelf.press("Space")
    expect(shelf.status).to_contain_text("In cold storage.")
    shelf.row("b.txt").click()
    shelf.row("10001").click(modifiers=["Shift"])

    assert shelf.entries() == {"all/b.txt", "all/10001"}


def test_a_folder_is_listed_again_after_a_while(put: Put) -> None:
    shelf = put({"all/a.txt": 1})
    shelf.page.clock.install()
    shelf.open("all/")
    expect(shelf.names).to_have_text(["a.txt"])
    shelf.page.get_by_role("link", name="Exports", exact=True).click()
    expect(shelf.names).to_have_count(0)

    shelf.bucket.put({"all/b.txt": 1})
    shelf.page.clock.run_for(11_000)
    shelf.page.go_back()

    expect(shelf.names).to_have_text(["b.txt"])


def test_all_are_chosen_by_a_click_beside_the_box(put: Put) -> None:
    shelf = put({"a.txt": 1, "b.txt": 1})
    shelf.open()
    cell = shelf.page.locator(".titles .pick").bounding_box()
    assert cell is not None

    shelf.page.mouse.click(cell["x"] + cell["width"] - 3, cell["y"] + 3)

    assert shelf.entries() == {"a.txt", "b.txt"}


def test_on_a_phone_each_title_stands_above_its_column(put: Put) -> None:
    shelf = put({"a.txt": 1000, "b.txt": 2000})
    shelf.page.set_viewport_size({"width": 360, "height": 740})
    shelf.open()

    def right_edge(found: Locator) -> float:
        box = found.bounding_box()
        assert box is not None
        return box["x"] + box["width"]

    size = right_edge(shelf.page.locator(".titles .size"))
    assert size == right_edge(shelf.page.locator(".scroll .size").first)
    assert right_edge(shelf.page.locator(".titles .date")) < size


def test_a_file_that_has_gone_is_shown_so(put: Put) -> None:
    shelf = put({"all/10001": 1})
    shelf.bucket.rows_in("all/")
    shelf.bucket.files = {}
    shelf.open("all/")

    expect(shelf.row("10001")).to_contain_text("Not found.")
    expect(shelf.box("10001")).to_be_disabled()


def test_names_that_turn_the_direction_do_not(put: Put) -> None:
    arabic = "تقرير" + " طويل" * 60 + " end.pdf"
    shelf = put({"all/x\u202egpj.exe": 1, f"all/{arabic}": 2, "all/" + "long " * 60: 3})
    shelf.open("all/")

    expect(shelf.names).to_have_count(3)
    assert "x\ufffdgpj.exe" in shelf.names.all_text_contents()
    for name in shelf.names.all():
        kind = name.evaluate(
            "at => [getComputedStyle(at).direction, getComputedStyle(at).textOverflow]"
        )
        is_arabic = "end.pdf" in str(name.text_content())
        assert kind == ["rtl" if is_arabic else "ltr", "ellipsis"]
        expect(name).to_have_attribute("title", re.compile(re.escape(str(name.text_content()))))


# -- for everybody --------------------------------------------------------------------------------

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 800},
    "wide at 200 %": {"width": 640, "height": 400},
    "phone": {"width": 320, "height": 640},
}


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_axe_finds_nothing_and_nothing_is_cut_off(put: Put, direction: str) -> None:
    shelf = put(
        NAMES | {"all/" + "long " * 40: 1, "all/a.txt": 2, "all/10001": 3, "all/in/b.txt": 4},
        own={"all/10001": "طويل.pdf"},
        unreadable={"all/a.txt": "in GLACIER"},
    )
    shelf.open("all/")
    shelf.page.evaluate(AXE_SCRIPT)
    shelf.page.evaluate(f"document.documentElement.dir = '{direction}'")
    expect(shelf.row("طويل.pdf")).to_be_visible()

    def look() -> list[list[str]]:
        found = []
        for viewport in SIZES.values():
            shelf.page.set_viewport_size(viewport)
            found.append(violations(shelf.page))
            wide = shelf.page.evaluate("document.documentElement.scrollWidth")
            assert wide == viewport["width"]
        return found

    assert look() == [[], [], []]
    shelf.box("10001").check()
    shelf.page.get_by_role("searchbox").fill("nothing like it")
    expect(shelf.page.get_by_text("No name in this folder has that in it.")).to_be_visible()
    assert look() == [[], [], []]


def test_targets_are_large_enough_for_a_finger(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()

    targets = shelf.page.locator(".browse :is(button, [type=search], .pick, .scroll [role=row])")

    for target in targets.all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_the_focus_is_always_visible_in_the_list(put: Put) -> None:
    shelf = put(NAMES)
    shelf.open()
    shelf.page.get_by_role("searchbox").focus()

    for key in ("Tab", "Tab", "Tab", "Tab", "Tab", "ArrowDown", "End", "Space", "PageUp"):
        shelf.press(key)
        assert outline_is_seen(shelf.page), key
