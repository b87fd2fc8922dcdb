"""A page without a mouse."""

from playwright.sync_api import Page

_STOPS_MAX = 60

# The accessible name, as far as the page's own controls need it.
_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
  return label.trim();
}"""

# The element's own outline, that of a cover that it has, or of the label beside a hidden box.
_OUTLINED = """() => {
  const at = document.activeElement;
  if (at === document.body) return true;
  const drawn = [[at], [at, "::after"], [at.nextElementSibling]].filter(([element]) => element);
  return at.matches(":focus-visible") && drawn.some(([element, pseudo]) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element, pseudo);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
}"""


def focused(page: Page) -> str:
    """What the element with the focus is called."""
    return str(page.evaluate(_FOCUSED))


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until an element whose name begins so has the focus."""
    for _ in range(_STOPS_MAX):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
    raise AssertionError(f"no Tab leads to {name!r}")


def outline_is_seen(page: Page) -> bool:
    """Whether the element with the focus is outlined."""
    return bool(page.evaluate(_OUTLINED))
