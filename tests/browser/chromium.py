"""Starts the Chromium of this system with Playwright. It downloads none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_FLAGS = (
    "--no-sandbox",  # root cannot use the sandbox
    "--disable-gpu",
    # Chromium must send requests only to the stack under test.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class NoChromiumError(Exception):
    """This system has no Chromium."""


def found() -> str:
    """Returns the path of Chromium. Raises NoChromiumError, which says how to install it."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise NoChromiumError("There is no Chromium. On Debian: sudo apt install chromium")
    return path


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium with a new, empty profile, during the body."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=[*_FLAGS])
        try:
            yield browser
        finally:
            browser.close()
