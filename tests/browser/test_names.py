"""Names from outside: nothing in them turns what stands around, and they are cut at their end."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import still

RLO, PDF = "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{POP DIRECTIONAL FORMATTING}"
ARABIC = "تقرير المبيعات السنوي"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with still.opened(browser) as context:
        opened = context.new_page()
        opened.goto(still.URL)
        opened.get_by_role("heading").first.wait_for()
        yield opened


def _named(page: Page, name: str, direction: str = "ltr") -> dict[str, Any]:
    """Shows the name in a row of the list that is 200 pixels wide. Returns what of it is in sight:
    the first and the last of its characters, and where it begins."""
    shown: dict[str, Any] = page.evaluate(
        """async ([text, direction]) => {
          const app = document.querySelector("script").src;
          const { name, h } = await import(new URL("dom.js", app));
          const shown = name(text);
          const row = h("div", { class: "what" }, h("a", { href: "#/" }, shown));
          row.style.width = "200px";
          document.documentElement.dir = direction;
          document.getElementById("main").replaceChildren(row);
          const box = row.getBoundingClientRect();
          const range = document.createRange();
          const isSeen = (index) => {
            range.setStart(shown.firstChild, index);
            range.setEnd(shown.firstChild, index + 1);
            const { left, right } = range.getBoundingClientRect();
            return left >= box.left - 1 && right <= box.right + 1;
          };
          const [first, last] = [isSeen(0), isSeen(shown.textContent.length - 1)];
          range.selectNodeContents(shown);
          const { left, right } = range.getBoundingClientRect();
          const away = direction === "rtl" ? right - box.right : left - box.left;
          const { textContent, title } = shown;
          return { text: textContent, title, first, last, atStart: Math.abs(away) < 2 };
        }""",
        [name, direction],
    )
    return shown


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize(
    "name",
    [
        f"{ARABIC} {ARABIC} 2024 final revision.zip",
        f"2024 {ARABIC} {ARABIC} {ARABIC}.zip",
        f"Sales {ARABIC} {ARABIC} {ARABIC}.zip",
        "A long name in letters that run from left to right.zip",
    ],
)
def test_a_long_name_is_cut_at_its_end_and_not_its_beginning(
    page: Page, name: str, direction: str
) -> None:
    shown = _named(page, name, direction)

    assert (shown["first"], shown["last"]) == (True, False)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("name", ["a.zip", "تقرير.zip"])
def test_a_short_name_stands_where_the_lines_of_the_page_begin(
    page: Page, name: str, direction: str
) -> None:
    shown = _named(page, name, direction)

    assert (shown["first"], shown["last"], shown["atStart"]) == (True, True, True)


def test_a_name_cannot_turn_its_own_letters(page: Page) -> None:
    shown = _named(page, f"x{RLO}gpj.exe{PDF}")

    assert shown["text"] == shown["title"] == "x\ufffdgpj.exe\ufffd"


@pytest.mark.parametrize(
    "code",
    [
        *(0, 9, 10, 0x1F, 0x7F, 0x85, 0x9F, 0x61C, 0x200E, 0x200F, 0x2028, 0x2029),
        *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),
    ],
)
def test_what_is_unseen_in_a_name_is_seen(page: Page, code: int) -> None:
    assert _named(page, f"a{chr(code)}b")["text"] == "a\ufffdb"
