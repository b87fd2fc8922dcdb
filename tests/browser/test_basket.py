"""The basket of chosen files, ids as text, and what a link has: functions of the page's modules,
called in the browser."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from infra.outputs import Outputs
from tests.browser.picks import packed, pick, unpacked

RUNS = 60
STEPS = 25
UNPACKED_MS = 1_000

PREFIXES = ["a/", "a/b/", "a/b/c/", "a/bb/", "d/", "d/e/"]
FILES = [f"{prefix}{name}" for prefix in ("", *PREFIXES) for name in ("1", "2")]

_PLAY = """async ([steps, files, prefixes]) => {
  const app = document.querySelector("script").src;
  const own = await import(new URL("basket.js", app));
  const chosen = own.basket();
  const isBelow = (key) => own.folderOf(chosen, key) !== undefined;
  return steps.map(([act, given]) => {
    own[act](chosen, act === "addFiles" ? given.map((key) => ({ key, size: 1 })) : given);
    const packed = own.pack(chosen);
    const request = own.isEmpty(chosen) ? null : own.request(chosen);
    return {
      files: files.filter((key) => chosen.files.has(key) || isBelow(key)),
      folders: prefixes.filter(isBelow),
      lines: own.lines(chosen),
      request,
      again: request && own.request(own.asked(request)),
      packed,
      unpacked: own.pack(own.unpack(JSON.parse(JSON.stringify(packed)))),
    };
  });
}"""


@pytest.fixture(scope="module")
def loaded(browser: Browser, outputs: Outputs) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto(f"{outputs.api_url}/")
    yield opened
    opened.close()


def called(page: Page, module: str, function: str, *arguments: object) -> Any:
    return page.evaluate(
        """async ([module, name, given]) => {
          const app = document.querySelector("script").src;
          return (await import(new URL(`${module}.js`, app)))[name](...given);
        }""",
        [module, function, arguments],
    )


class Model:
    """What is chosen, as the plain sets that it stands for."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()

    def is_whole(self, key: str) -> bool:
        return any(key.startswith(folder) for folder in self.folders)

    def addFiles(self, keys: list[str]) -> None:  # noqa: N802 - as in the module
        self.files |= set(keys)

    def addFolder(self, prefix: str) -> None:  # noqa: N802
        self.files |= {key for key in FILES if key.startswith(prefix)}
        if not self.is_whole(prefix):
            self.folders = {one for one in self.folders if not one.startswith(prefix)} | {prefix}

    def remove(self, key: str) -> None:
        if key in self.folders:
            self.removeBelow(key)
        elif not self.is_whole(key):
            self.files.discard(key)

    def removeBelow(self, prefix: str) -> None:  # noqa: N802
        self.folders = {one for one in self.folders if not one.startswith(prefix)}
        if not self.is_whole(prefix):
            self.files = {key for key in self.files if not key.startswith(prefix)}


def steps(draw: random.Random) -> list[tuple[str, Any]]:
    kinds: dict[str, Callable[[], Any]] = {
        "addFiles": lambda: draw.sample(FILES, draw.randrange(1, 4)),
        "addFolder": lambda: draw.choice(PREFIXES),
        "remove": lambda: draw.choice(FILES + PREFIXES),
        "removeBelow": lambda: draw.choice(PREFIXES),
    }
    return [(kind, kinds[kind]()) for kind in draw.choices(list(kinds), k=STEPS)]


def test_a_basket_has_what_was_put_in_and_not_taken_out(loaded: Page) -> None:
    draw = random.Random(16)
    for _ in range(RUNS):
        done = steps(draw)
        model = Model()

        seen = loaded.evaluate(_PLAY, [done, FILES, PREFIXES])

        for (act, given), now in zip(done, seen, strict=True):
            getattr(model, act)(given)
            assert set(now["files"]) == model.files, done
            assert set(now["folders"]) == {one for one in PREFIXES if model.is_whole(one)}, done
            # No line stands for what another one stands for.
            apart = {key for key in model.files if not model.is_whole(key)}
            assert now["lines"] == len(apart) + len(model.folders), done
            assert now["again"] == now["request"], done
            assert now["unpacked"] == now["packed"], done


@pytest.mark.parametrize(
    "asked",
    [
        {"fileIds": [10_001, 10_002]},
        {"keys": ["a/b", "c"], "names": "own"},
        {"keys": ["a/b"], "names": "key", "source": "scans"},
        {"prefix": "a/", "names": "own"},
        {"files": [{"id": 10_001}, {"key": "a"}, {"prefix": "b/"}], "names": "own"},
        {"files": [{"id": 10_001, "name": "x"}, {"id": 10_001, "name": "y"}], "names": "key"},
        {"files": [{"key": "a/1", "name": "x", "version": "v"}, {"prefix": "a/"}], "names": "own"},
        {"files": [{"prefix": "a/", "name": "."}, {"prefix": "a/b/", "name": "B"}], "names": "own"},
        {"files": [{"prefix": "a/"}, {"prefix": "a/b/", "name": "B"}], "names": "own"},
    ],
    ids=str,
)
def test_a_request_that_fills_the_form_is_sent_as_it_was(loaded: Page, asked: object) -> None:
    again = loaded.evaluate(
        """async (asked) => {
          const app = document.querySelector("script").src;
          const own = await import(new URL("basket.js", app));
          const chosen = own.asked(asked);
          const kept = own.unpack(JSON.parse(JSON.stringify(own.pack(chosen))));
          return own.request({ ...kept, ids: chosen.ids });
        }""",
        asked,
    )

    assert again == asked


def test_a_request_without_names_keeps_those_of_the_keys(loaded: Page) -> None:
    again = loaded.evaluate(
        """async () => {
          const app = document.querySelector("script").src;
          const own = await import(new URL("basket.js", app));
          return own.request(own.asked({ keys: ["downloads/10001"] }));
        }"""
    )

    assert again == {"keys": ["downloads/10001"], "names": "key"}


def test_ids_are_written_so_that_they_are_read_as_the_same(loaded: Page) -> None:
    draw = random.Random(16)
    for _ in range(RUNS):
        ids = draw.sample(range(10_000, 10_040), draw.randrange(40))
        ids = sorted(ids) if draw.random() < 0.5 else ids

        text = called(loaded, "ids", "write", ids)

        assert called(loaded, "ids", "parse", text)["ids"] == ids


def test_a_short_text_that_stands_for_very_many_ids_is_too_much(loaded: Page) -> None:
    parsed = called(loaded, "ids", "parse", "10000-19999 " * 20)

    assert parsed["tooMany"]


def test_many_files_in_a_deep_folder_are_unpacked_at_once(loaded: Page) -> None:
    names = [part for number in range(10_000) for part in (f"{number}", 0)]
    value = [None, "own", [["/" * 1_000, *names]], ["x/"], []]

    milliseconds = loaded.evaluate(
        """async (value) => {
          const app = document.querySelector("script").src;
          const { unpack } = await import(new URL("basket.js", app));
          const begin = performance.now();
          unpack(value);
          return performance.now() - begin;
        }""",
        value,
    )

    assert milliseconds < UNPACKED_MS


def test_a_link_has_what_was_put_in(loaded: Page) -> None:
    value = ["10001-10040", "übersicht \u202e\U0001f600", {"a": [1, None, ""]}]

    text = called(loaded, "pick", "encode", value)

    assert unpacked(text) == value
    assert called(loaded, "pick", "decode", text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "a",
        "%00",
        "ä",
        "A" * 8_001,
        pick("10001")[:-5],
        packed(b"{"),
        packed(b'"' + b" " * 600_000 + b'"'),
    ],
    ids=lambda text: text[:10],
)
def test_a_link_that_is_broken_or_too_much_is_refused(loaded: Page, text: str) -> None:
    with pytest.raises(Error):
        called(loaded, "pick", "decode", text)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        "text",
        [],
        [None, "own", [], []],
        [None, "other", [], [], []],
        [1, "own", [], [], []],
        [None, "own", {}, [], []],
        [None, "own", [["a/", "b"]], [], []],
        [None, "own", [["a/", "b/c", 1]], [], []],
        [None, "own", [["a/", "b", 1]], [], [["key a/b", []]]],
        [None, "own", [["a/", "b", -1]], [], []],
        [None, "own", [["a/", "b", 1.5]], [], []],
        [None, "own", [["a/", "b", "1"]], [], []],
        [None, "own", [["a/", {}, 1]], [], []],
        [None, "own", [[None, "b", 1]], [], []],
        [None, "own", [["", "", 1]], [], []],
        [None, "own", ["ab1"], [], []],
        [None, "own", [], [7], []],
        [None, "own", [], ["x" * 1_200], []],
        [None, "own", [], [], [["key a", [{"name": 7}]]]],
        [None, "own", [], [], [["key a", "b"]]],
        [None, "own", [], [], ["key a"]],
    ],
    ids=str,
)
def test_what_is_no_basket_is_refused(loaded: Page, value: object) -> None:
    with pytest.raises(Error, match=r"basket|not iterable"):
        called(loaded, "basket", "unpack", value)


def test_names_of_objects_are_only_names_in_a_basket(loaded: Page) -> None:
    value = [None, "own", [["__proto__/", "constructor", 1]], ["toString/"], []]

    packed_again = loaded.evaluate(
        """async (text) => {
          const app = document.querySelector("script").src;
          const own = await import(new URL("basket.js", app));
          return own.pack(own.unpack(JSON.parse(text)));
        }""",
        json.dumps(value),
    )

    assert packed_again == value
