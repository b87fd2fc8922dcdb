"""The page with very many files in one folder: `python -m bench.page`. It needs Chromium, and no target.

It prints how long a person waits for the first row and for all files to be chosen, and how long the
browser's main thread was ever busy without a pause. The first line is an empty page, in which nothing
is ours: what the machine itself takes.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import batched
from typing import Final

import click
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.alone import URL, Bucket, serve

FILES: Final = 100_000
QUICK_FILES: Final = 20_000
PATIENCE_MS: Final = 120_000

_WATCH: Final = """
  window.seen = { tasks: [], at: 0, first: 0, said: 0 };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.tasks.push(Math.round(task.duration));
  }).observe({ type: "longtask", buffered: true });
  for (const kind of ["mousedown", "keydown"]) {
    addEventListener(kind, (event) => { seen.at = event.timeStamp; seen.first = seen.said = 0; }, true);
  }
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    if (!seen.first && document.querySelector(".scroll [role=row]")) seen.first = performance.now();
    if (!seen.said && document.querySelector(".status strong")?.textContent) seen.said = performance.now();
  }).observe(document.body, { childList: true, subtree: true, characterData: true }));
"""
