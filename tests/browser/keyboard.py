"""Uses a page with the keyboard only."""

from playwright.sync_api import Page

_STOPS_MAX = 60

# The accessible name, as far as the controls of this page need it.
_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
  return label.trim();
}"""

# The outline of the element, of its ::after, or of the label beside a hidden box.
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
    """Returns the accessible name of the element with the focus."""
    return str(page.evaluate(_FOCUSED))


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until an element whose name starts with `name` has the focus."""
    for _ in range(_STOPS_MAX):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name!r}")


def outline_is_seen(page: Page) -> bool:
    """Whether the element with the focus has a visible outline."""
    return bool(page.evaluate(_OUTLINED))
