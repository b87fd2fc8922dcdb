"""The system's own Chromium, driven by Playwright: none is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_FLAGS = (
    "--no-sandbox",  # who tests as root has none
    "--disable-gpu",
    # It is to talk to the stack under test, and to nobody else.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class NoChromiumError(Exception):
    """There is no Chromium here."""


def found() -> str:
    """The path of Chromium. Raises NoChromiumError, which says how to get it."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise NoChromiumError("There is no Chromium. On Debian: sudo apt install chromium")
    return path


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium with a new, empty profile, for the time of the body."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=[*_FLAGS])
        try:
            yield browser
        finally:
            browser.close()
