"""Which language the page is first served in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http.languages import DEFAULT, preferred

KNOWN = ("en", "de", "fr", "pt", "zh", "ar")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-at", "de"),
        ("pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", "pt"),
        ("zh-Hant-TW, en;q=0.1", "zh"),
        # The weight decides, and then the order.
        ("fr;q=0.3,de;q=0.7", "de"),
        ("fr;q=0.7,de;q=0.7", "fr"),
        ("fr ; q=0.2 , ar\t;\tq=1.000", "ar"),
        ("en;q=0.2,de;q=0.1,de-CH;q=0.5", "de"),
        # What there is not, and what is not wanted.
        ("sv,nb;q=0.9,fr;q=0.1", "fr"),
        ("sv", "en"),
        ("*", "en"),
        ("*;q=0.5,fr;q=0.1", "fr"),
        ("de;q=0", "en"),
        ("de;q=0.000,fr;q=0.001", "fr"),
        ("en;q=0", "en"),
        # What is no language range is passed over.
        ("de;q=2,fr;q=0.1", "fr"),
        ("de;q=0.1234,fr;q=0.1", "fr"),
        ("de;q=-1,fr", "fr"),
        ("de;q=nan,fr;q=0.1", "fr"),
        ("de;level=1,fr;q=0.1", "fr"),
        ("de_AT,fr;q=0.1", "fr"),
        ("\uff44\uff45,fr;q=0.1", "fr"),
        ("de;q=\u0660.\u0665,fr;q=0.1", "fr"),
        (",,;,=,-,fr", "fr"),
        ('"><script>,../texts-de,fr', "fr"),
        ("averylongtag,fr", "fr"),
        ("{version},fr", "fr"),
    ],
)
def test_the_language_that_is_wanted_most_is_served(header: str, language: str) -> None:
    assert preferred(header, KNOWN) == language


@given(st.text(st.sampled_from("de-fr,;q=01. *\t\0ü"), max_size=80))
def test_any_header_has_an_answer(header: str) -> None:
    assert preferred(header, KNOWN) in KNOWN


def test_what_is_wanted_is_the_default_where_there_is_nothing_else() -> None:
    assert preferred("de", ()) == DEFAULT


@pytest.mark.parametrize("piece", ["a-", "de;q=0.", " \t", "*", "de-" + "a-" * 9, "x,"])
def test_a_header_without_end_takes_no_time(piece: str) -> None:
    began = time.perf_counter()

    preferred(piece * 100_000, KNOWN)

    assert time.perf_counter() - began < 0.1
