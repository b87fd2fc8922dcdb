"""The page's texts: the same in each language, and in no other module."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.errors import LonghaulError, PlanReplaced, Reason
from chalicelib.http import languages, page
from tests.unit.http import scripts

SOURCES = {path.name: path.read_text() for path in page.FOLDER.iterdir() if path.suffix == ".js"}
LANGUAGES = scripts.data(SOURCES["texts.js"], "LANGUAGES")
TEXTS = {
    name[6:-3]: scripts.data(text, "texts")
    for name, text in SOURCES.items()
    if name.startswith("texts-")
}

PLURALS = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "fr": {"one", "many", "other"},
    "es": {"one", "many", "other"},
    "it": {"one", "many", "other"},
    "pt": {"one", "many", "other"},
    "nl": {"one", "other"},
    "ja": {"other"},
    "zh": {"other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}
"""The forms that Intl.PluralRules has. tests/browser/test_texts.py asks the browser for them."""

FORMS = {"zero", "one", "two", "few", "many", "other"}

UNMET = {"planned-again", "selection-used", "malformed-body", "unsupported-media-type"} | {
    "method-not-allowed"
}
"""Problems that the page does not meet: it uses no selections, and what it sends is JSON. A page
that is older than the API may meet the last three, and then says that it is out of date."""


def _leaves(tree: Mapping[str, Any], *path: str) -> Iterator[tuple[str, Any]]:
    """Yields each text, or its plural forms, with its key."""
    for key, value in tree.items():
        if isinstance(value, dict) and not FORMS & set(value):
            yield from _leaves(value, *path, key)
        else:
            yield ".".join((*path, key)), value


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _forms(leaf: str | dict[str, str]) -> dict[str, str]:
    return leaf if isinstance(leaf, dict) else {"other": leaf}


LEAVES = {tag: dict(_leaves(tree)) for tag, tree in TEXTS.items()}
ENGLISH = LEAVES["en"]
BY_LANGUAGE = pytest.mark.parametrize("tag", sorted(TEXTS))

# -- the languages ------------------------------------------------------------------------------


def test_the_list_of_languages_is_that_of_the_files() -> None:
    assert set(LANGUAGES) == set(TEXTS) == page.web().languages


def test_the_list_of_languages_has_each_by_its_own_name() -> None:
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
    assert all(LANGUAGES.values())


def test_the_api_and_the_page_know_the_same_directions() -> None:
    named = re.search(r"RIGHT_TO_LEFT = (\[.*?\])", SOURCES["texts.js"])

    assert named
    assert set(re.findall(r'"(\w+)"', named[1])) == languages.RIGHT_TO_LEFT


@BY_LANGUAGE
def test_each_language_has_the_same_texts(tag: str) -> None:
    assert [*TEXTS[tag]] == [*TEXTS["en"]]
    assert set(LEAVES[tag]) == set(ENGLISH)


@BY_LANGUAGE
def test_each_text_has_the_same_places(tag: str) -> None:
    for key, leaf in LEAVES[tag].items():
        places = _places(_forms(ENGLISH[key])["other"])
        for form, text in _forms(leaf).items():
            # "One file" and "none" need no number, nor what it is compared with.
            assert _places(text) <= places, f"{key}.{form}"
            if form not in ("zero", "one", "two"):
                assert _places(text) == places, f"{key}.{form}"


@BY_LANGUAGE
def test_each_text_with_a_number_has_all_forms_of_the_language(tag: str) -> None:
    for key, leaf in LEAVES[tag].items():
        assert isinstance(leaf, dict) == isinstance(ENGLISH[key], dict), key
        if isinstance(leaf, dict):
            assert set(leaf) == PLURALS[tag], key


@BY_LANGUAGE
def test_no_text_is_empty_or_has_what_nobody_sees(tag: str) -> None:
    for key, leaf in LEAVES[tag].items():
        for text in _forms(leaf).values():
            assert isinstance(text, str), key
            assert text.strip() == text, key
            assert text, key
            assert not re.search(r"[\0-\x1f<>\u200e\u200f\u202a-\u202e\u2066-\u2069]|  ", text), key


# -- problems -----------------------------------------------------------------------------------


def _slugs(of: type[LonghaulError]) -> set[str]:
    return {of.slug}.union(*map(_slugs, of.__subclasses__()))


def test_each_problem_is_said_in_the_pages_words() -> None:
    assert PlanReplaced.slug in UNMET
    told = {key.split(".")[1] for key in ENGLISH if key.startswith("problems.")}

    assert told - {"no-connection", "no-answer", "outdated"} == _slugs(LonghaulError) - UNMET


def test_each_problem_has_a_title_and_words() -> None:
    for slug, texts in TEXTS["en"]["problems"].items():
        assert {"title", "words"} <= set(texts) <= {"title", "words", "wait"}, slug


def test_each_reason_why_a_file_is_left_out_has_words() -> None:
    assert set(TEXTS["en"]["reasons"]) == set(Reason)


def test_what_the_page_quotes_are_problems_that_there_are() -> None:
    named = re.search(r"NAMING = \[(.*?)\]", SOURCES["problems.js"], re.DOTALL)

    assert named
    assert set(re.findall(r'"([\w-]+)"', named[1])) <= _slugs(LonghaulError)


# -- the other modules --------------------------------------------------------------------------

CODE = sorted(set(SOURCES) - {f"texts-{tag}.js" for tag in TEXTS} - {"texts.js"})

CLIENT = "client.js"
"""It is generated, and speaks to programs. The page says what it says in its own words (api.js)."""

KEY = re.compile(rf"(?:{'|'.join(TEXTS['en'])})\.")
"""How the key of a text begins."""


def test_each_text_that_a_module_names_is_there() -> None:
    for name in CODE:
        named = re.findall(r'"([a-z]\w*\.[\w-]+)"', SOURCES[name])
        assert [key for key in named if KEY.match(key) and key not in ENGLISH] == [], name


def test_each_text_is_named_by_a_module() -> None:
    # A module may put the end of a key together.
    begun = tuple(
        piece for name in CODE for piece in scripts.strings(SOURCES[name]) if KEY.match(piece)
    )

    assert [key for key in ENGLISH if not key.startswith(begun)] == []


NOT_ENGLISH = {
    "Longhaul": "its name",
    "Android": "a name that the browser has for its system",
    **dict.fromkeys(
        ("Bearer", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Retry-After"), "of a header"
    ),
    **dict.fromkeys(("ArrowDown", "Backspace", "Enter", "Escape", "Tab"), "a key of the keyboard"),
    **dict.fromkeys(
        (
            *("All", "Words", "Queued", "Planning", "Reading"),
            *("Compressing", "Assembling", "Finalizing"),
        ),
        "the end of the key of a text",
    ),
    "queued processing": "states of a job",
}
"""What looks like English and is not: why."""


NAMES = {
    *re.findall(r"\.([a-z][\w-]*)", (page.FOLDER / "app.css").read_text()),
    *re.findall(r'\bid: "([\w-]+)"', "\n".join(SOURCES.values())),
}
"""The classes of the stylesheet, and the ids of elements."""


def _looks_like_english(text: str) -> bool:
    """Returns whether a person could be meant to read a string: it has two words one after the
    other, or a sentence's end, or begins as a sentence does."""
    words = re.findall(r"[A-Za-z-]+", text)
    if text.strip() in NOT_ENGLISH or text.startswith(("<", "longhaul.", "#/")) or KEY.match(text):
        return False
    if set(words) <= NAMES:
        return False
    return bool(
        re.search(r"[A-Za-z]{2}[,.:;!?…]? +[A-Za-z]{2}|^[A-Z][a-z]{2}|[a-z]{2}[.!?…]$", text)
    )


@pytest.mark.parametrize("name", sorted({*CODE} - {CLIENT}))
def test_no_other_module_has_a_text_for_people(name: str) -> None:
    assert [text for text in scripts.strings(SOURCES[name]) if _looks_like_english(text)] == []


def test_what_is_no_english_is_there() -> None:
    there = {text.strip() for script in SOURCES.values() for text in scripts.strings(script)}

    assert set(NOT_ENGLISH) - there == set()


def test_this_finds_english() -> None:
    found = [*scripts.strings('a("b c d") // "e f"\n+ `Go ${x ? "Try again" : /"/} now`')]

    assert found == ["b c d", "Go ", "Try again", " now"]
    assert _looks_like_english("Try again")
    assert _looks_like_english("Close")
    assert _looks_like_english(" files, and ")
    assert not _looks_like_english("button primary")
