"""What is said of a basket that takes no more."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import still

TRY = """async ({ there, rows }) => {
  const app = document.querySelector("script").src;
  const load = (name) => import(new URL(`${name}.js`, app));
  const [{ ticking }, { basket, addFiles }] = await Promise.all([load("ticking"), load("basket")]);
  const files = (letter, n) => Array.from({ length: n }, (_, i) => (
    { key: `${letter}/${i}`, name: `${i}`, size: 1 }));
  const chosen = basket();
  addFiles(chosen, files("a", there));
  const here = { folder: "b/", top: "", files: rows, isWhole: true, view: { words: "x" } };
  const said = [];
  const ticks = ticking(chosen, { here, rows: files("b", rows) }, {
    changed: () => said.push("changed"), refused: (words) => said.push(words), waiting: () => {} });
  ticks.toggle(0);
  ticks.toggleAll();
  return { said, number: chosen.files.size };
}"""
FULL = (
    "Nothing was chosen. An export takes at most 10,000 files and folders, and you would have "
    "more. Choose whole folders."
)
TOO_MANY = (
    "Nothing was chosen. These are 10,001, and an export takes at most 10,000 files and folders. "
    "Search for less, or choose a whole folder."
)


@pytest.mark.parametrize(
    ("there", "rows", "said"),
    [
        (10_000, 1, [FULL, FULL]),
        (9_999, 3, ["changed", FULL]),
        (10_000, 10_001, [FULL, TOO_MANY]),
    ],
)
def test_a_full_basket_and_too_many_rows_are_told_apart(
    browser: Browser, there: int, rows: int, said: list[str]
) -> None:
    with still.opened(browser) as context:
        page = context.new_page()
        page.goto(still.URL)
        page.get_by_role("heading").first.wait_for()

        found: dict[str, Any] = page.evaluate(TRY, {"there": there, "rows": rows})

    assert found == {"said": said, "number": 10_000}
