"""The page with very many files in one folder: `python -m bench.page`. It needs Chromium alone.

What the API answers is prepared. `wait` is what a person waits for: the first row, and that all
files are chosen. The others are the longest tasks of the browser's main thread. `longest` is what
passed on the clock, also while another process had the processor. `CPU` is what the thread itself
worked, and that is the page's own share.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click
from playwright.sync_api import Browser, Page, Route, expect

from infra.console import complain
from tests.browser import chromium
from tests.browser.alone import URL, Bucket, serve
from tests.browser.chromium import NoChromiumError

FILES: Final = 100_000
QUICK_FILES: Final = 20_000
PATIENCE_MS: Final = 120_000

LIMIT_MS: Final = 50
"""A task that is longer keeps a person waiting who types or scrolls (the W3C's Long Tasks API)."""

WAIT_MS: Final = 1000
"""The most that a person shall wait for the first row, and for all to be chosen."""

_WATCH: Final = """
  window.seen = { at: 0, row: 0, said: 0 };
  for (const kind of ["mousedown", "keydown"]) {
    const begin = ({ timeStamp }) => Object.assign(seen, { at: timeStamp, row: 0, said: 0 });
    addEventListener(kind, begin, true);
  }
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    const now = performance.now();
    if (!seen.row && document.querySelector(".scroll .file")) seen.row = now;
    if (!seen.said && document.querySelector(".status strong")?.textContent) seen.said = now;
  }).observe(document.body, { childList: true, subtree: true, characterData: true }));
"""

_CATEGORIES: Final = ["toplevel", "__metadata"]
_SCROLLS: Final = 60


@dataclass(frozen=True, slots=True)
class Phase:
    """What the main thread did in a part of the visit. Times are in milliseconds."""

    name: str
    tasks: int
    longest: float
    longest_cpu: float
    wait: float | None = None


Act = Callable[[Page, int], float | None]


def shapes(count: int) -> Mapping[str, Callable[[int], str]]:
    """Returns how files are named, by what that means for sorting."""
    return {
        "in order": lambda i: f"IMG_{i:06}.jpg",
        "natural order": lambda i: f"file{i}.txt",
        "out of order": lambda i: f"Übersicht {i * 7919 % count} Straße.pdf",
    }


def measured(browser: Browser, name_of: Callable[[int], str], count: int) -> list[Phase]:
    """Visits a folder of so many files. Returns a phase for each thing that is done there."""
    bucket = Bucket({f"all/{name_of(i)}": i * 7919 % 1_000_000 for i in range(count)})
    bucket.rows_in("")
    bucket.rows_in("all/")
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(_WATCH)
    serve(page)
    bucket.answer_for(page)
    page.route(f"{URL}/v1/files/totals*", _counted)
    page.goto(f"{URL}/#/new")
    page.get_by_role("radio", name="Browse folders").check()
    expect(page.locator(".scroll .folder")).to_be_visible()
    phases = [_during(browser, page, count, name) for name in _ACTS]
    context.close()
    return phases


def _enter(page: Page, _: int) -> float:
    page.locator(".scroll .folder .name").click()
    expect(page.locator(".scroll .file").first).to_be_visible()
    return _since(page, "row")


def _load(page: Page, count: int) -> None:
    expect(page.locator(".status")).to_contain_text(f"{count:,} files")


def _scroll(page: Page, _: int) -> None:
    page.locator(".scroll").hover()
    for _ in range(_SCROLLS):
        page.mouse.wheel(0, 3000)
    page.keyboard.press("End")
    page.keyboard.press("Home")


def _choose(page: Page, count: int) -> float:
    page.keyboard.press("Control+a")
    expect(page.locator(".status")).to_contain_text(f"All {count:,} files are chosen.")
    return _since(page, "said")


def _drop(page: Page, _: int) -> float:
    page.keyboard.press("Control+a")
    expect(page.locator(".status")).to_contain_text("Nothing in this folder is chosen")
    return _since(page, "said")


def _tick(page: Page, _: int) -> None:
    for key in ("Space", "Shift+ArrowDown", "Shift+PageDown", "Space"):
        page.keyboard.press(key)


def _sort(by: str) -> Act:
    def act(page: Page, _: int) -> None:
        first = page.locator(".scroll [aria-rowindex='2'] .name")
        before = str(first.text_content())
        page.get_by_role("button", name=by, exact=True).click()
        expect(first).not_to_have_text(before)

    return act


def _find(page: Page, count: int) -> None:
    page.get_by_role("searchbox").press_sequentially("99")
    expect(page.locator(".status")).to_contain_text(f"of {count:,} match")


_ACTS: Final[Mapping[str, Act]] = {
    "first row": _enter,
    "all is loaded": _load,
    "scrolled": _scroll,
    "all are chosen": _choose,
    "none is chosen": _drop,
    "a few are chosen": _tick,
    "sorted by name, down": _sort("Name"),
    "sorted by size": _sort("Size"),
    "searched": _find,
}


def _counted(route: Route) -> None:
    route.fulfill(json={"prefix": "all/", "files": 1, "bytes": 1, "unreadableFiles": 0})


def _since(page: Page, what: str) -> float:
    return float(page.evaluate(f"seen.{what} - seen.at"))


def _during(browser: Browser, page: Page, count: int, name: str) -> Phase:
    browser.start_tracing(page=page, categories=[*_CATEGORIES])
    try:
        wait = _ACTS[name](page, count)
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    tasks = _main_tasks(events)
    return Phase(
        name,
        len(tasks),
        max((task["dur"] for task in tasks), default=0) / 1000,
        max((task.get("tdur", 0) for task in tasks), default=0) / 1000,
        wait,
    )


def _main_tasks(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the tasks of the page's main thread, with `dur` and `tdur` in microseconds, from a
    trace as https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU has it.
    """
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event
        for event in events
        if event["name"].endswith("RunTask")
        and "dur" in event
        and (event["pid"], event["tid"]) in main
    ]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Fewer files.")
def main(*, quick: bool) -> None:
    """Measures the page with 100,000 files in one folder. Ends with 1 if it is over a limit."""
    expect.set_options(timeout=PATIENCE_MS)
    count = QUICK_FILES if quick else FILES
    is_over = False
    try:
        with chromium.launched() as browser:
            for shape, name_of in shapes(count).items():
                click.echo(f"\n{count:,} files, {shape}\n{_line('', 'wait', 'longest', 'CPU')}")
                for phase in measured(browser, name_of, count):
                    wait = "" if phase.wait is None else f"{phase.wait:.0f} ms"
                    longest, cpu = f"{phase.longest:.0f} ms", f"{phase.longest_cpu:.0f} ms"
                    click.echo(_line(phase.name, wait, longest, cpu))
                    is_over |= phase.longest_cpu > LIMIT_MS or (phase.wait or 0) > WAIT_MS
    except NoChromiumError as error:
        complain(str(error))
        sys.exit(1)
    if is_over:
        complain(f"A task of more than {LIMIT_MS} ms, or a wait of more than {WAIT_MS} ms.")
        sys.exit(1)


def _line(name: str, *values: str) -> str:
    return f"{name:24}" + "".join(f"{value:>10}" for value in values)


if __name__ == "__main__":
    main()
