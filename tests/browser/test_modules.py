"""The functions of the page's modules, called in the browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from infra.outputs import Outputs

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(browser: Browser, outputs: Outputs) -> Iterator[Call]:
    """Calls an exported function of a module: `call("ids", "parse", text)`."""
    page = browser.new_page()
    page.goto(f"{outputs.api_url}/")

    def called(module: str, function: str, *arguments: object) -> Any:
        return page.evaluate(
            """async ([module, name, given]) => {
              const app = document.querySelector("script").src;
              return (await import(new URL(`${module}.js`, app)))[name](...given);
            }""",
            [module, function, arguments],
        )

    yield called
    page.close()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        ("10001", [10001]),
        ("10001, 10002;10003\n10004\t10005", [10001, 10002, 10003, 10004, 10005]),
        ("10001-10003", [10001, 10002, 10003]),
        ("10001 - 10003", [10001, 10002, 10003]),
        ("10001\N{EN DASH}10003 10005..10006", [10001, 10002, 10003, 10005, 10006]),
        ("[10001, '10002']", [10001, 10002]),
        ("10002 10001", [10002, 10001]),
        ("00010001", [10001]),
        ("10000 100000000", [10_000, 100_000_000]),
    ],
)
def test_file_ids_are_read_however_they_are_written(call: Call, text: str, ids: list[int]) -> None:
    parsed = call("ids", "parse", text)

    assert parsed == {"ids": ids, "repeats": 0, "tooMany": False, "errors": []}


def test_file_ids_may_be_any_texts_where_the_stack_has_a_pattern(
    browser: Browser, outputs: Outputs
) -> None:
    page = browser.new_page()

    def with_pattern(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-ids=""', 'data-ids="any"'))

    page.route(f"{outputs.api_url}/", with_pattern)
    page.goto(f"{outputs.api_url}/")
    parsed = page.evaluate(
        """async (text) => {
          const app = document.querySelector("script").src;
          return (await import(new URL("ids.js", app))).parse(text);
        }""",
        "5f0c5d0e-1111-4222-8333-444455556666 7, 7\nA-B",
    )

    ids = ["5f0c5d0e-1111-4222-8333-444455556666", "7", "A-B"]
    assert parsed == {"ids": ids, "repeats": 1, "tooMany": False, "errors": []}
    page.close()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("abc", "noId"),
        ("1e5", "noId"),
        ("10001.0", "noId"),
        ("-10001", "noId"),
        ("10001-", "noId"),
        ("10001-10002-10003", "noId"),
        ("9999", "below"),
        ("9999-10001", "below"),
        ("100000001", "above"),
        ("10001-100000001", "above"),
        ("10002-10001", "backwards"),
        ("1" * 400, "noId"),
        ("<b>", "noId"),
    ],
)
def test_a_wrong_file_id_is_shown_with_its_reason(call: Call, value: str, why: str) -> None:
    parsed = call("ids", "parse", f"10001\n{value}\n10002")

    limit = {"below": {"limit": "10000"}, "above": {"limit": "100000000"}}.get(why, {})
    assert parsed["errors"] == [{"value": value, "why": why, **limit}]
    assert parsed["ids"] == [10001, 10002]


def test_a_repeated_id_counts_once(call: Call) -> None:
    parsed = call("ids", "parse", "10001 10002 10001 10000-10002")

    assert parsed["ids"] == [10001, 10002, 10000]
    assert parsed["repeats"] == 3


@pytest.mark.parametrize(
    ("text", "too_many"),
    [
        ("10001-20000", False),
        ("10001-20001", True),
        ("10000-100000000", True),
        ("10000-100000000 " * 50, True),
    ],
)
def test_more_files_than_an_export_takes_are_noticed(
    call: Call, text: str, *, too_many: bool
) -> None:
    assert call("ids", "parse", text)["tooMany"] is too_many


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (20_020_694, "20.0 MB"),
        (5 * 10**12, "5.0 TB"),
        (48 * 10**15, "48,000 TB"),
    ],
)
def test_sizes_are_short(call: Call, size: int, words: str) -> None:
    assert call("format", "size", size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (599, "9 min 59 s"),
        (600, "10 min"),
        (3_570, "1 h"),
        (3_600, "1 h"),
        (5_400, "1 h 30 min"),
        (90_000, "25 h"),
    ],
)
def test_durations_are_as_exact_as_people_need(call: Call, seconds: float, words: str) -> None:
    assert call("format", "duration", seconds) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "."), ("it is gone", "It is gone."), ("Why?", "Why?"), (" éa. ", "Éa.")],
)
def test_a_detail_becomes_a_sentence(call: Call, text: str, words: str) -> None:
    assert call("format", "sentence", text) == words
