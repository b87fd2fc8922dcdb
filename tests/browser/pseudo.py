"""Languages that are made for a test, and served in place of the page's own."""

import json
import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Route

from chalicelib.http import page
from tests.browser.still import Answer

_LETTERS = {
    **dict(zip("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمنه", strict=True)),
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابتثجحخدذرزسشصضطظعغفقكلمنه", strict=True)),
}


def _turned(text: str) -> str:
    """Returns a text with Arabic letters in place of the Latin ones, but for its places."""
    return re.sub(
        r"\{\w+\}|[A-Za-z]",
        lambda found: found[0] if found[0].startswith("{") else _LETTERS[found[0]],
        text,
    )


def turned() -> str:
    """Returns the English texts as the module of a language that runs from right to left."""
    return re.sub(
        r'(?<=: )"((?:[^"\\\n]|\\.)*)"',
        lambda found: json.dumps(_turned(json.loads(found[0])), ensure_ascii=False),
        page.web().files["texts-en.js"],
    )


def module(texts: Mapping[str, Any]) -> str:
    return f"export const texts = {json.dumps(texts)};"


def speaking(modules: Mapping[str, str]) -> Answer:
    """Has the page know these languages and no others, each with its module."""
    named = json.dumps({tag: f"Own name of {tag}" for tag in modules})
    body, replaced = re.subn(
        r"LANGUAGES = \{.*?\n\};", f"LANGUAGES = {named};", page.web().files["texts.js"], flags=re.S
    )
    assert replaced == 1

    def answer(route: Route) -> bool:
        name = route.request.url.rpartition("/")[2]
        tag = name.removeprefix("texts-").removesuffix(".js")
        if name != "texts.js" and (not name.startswith("texts-") or tag not in modules):
            return False
        text = body if name == "texts.js" else modules[tag]
        route.fulfill(content_type="text/javascript; charset=utf-8", body=text)
        return True

    return answer
