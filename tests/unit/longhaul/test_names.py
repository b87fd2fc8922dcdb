"""The file name of a download, from a header that is not trusted."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from longhaul import names

UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="march.zip"', "march.zip"),
        ("attachment; filename=march.zip", "march.zip"),
        ("attachment; filename=\"_.zip\"; filename*=UTF-8''M%C3%A4rz%20%25.zip", "März %.zip"),
        ("attachment; filename*=utf-8'de'M%C3%A4rz.zip; filename=x.zip", "März.zip"),
        ('attachment; filename="a;b=c, d.zip"', "a;b=c, d.zip"),
        ("attachment; filename*=UTF-8''a%22b%27c.zip", "a_b'c.zip"),
        ('inline; FILENAME="x.zip"', "x.zip"),
        ("attachment", "longhaul.zip"),
        ("", "longhaul.zip"),
        (None, "longhaul.zip"),
        ('attachment; filename=""', "longhaul.zip"),
        ('attachment; filename="..."', "longhaul.zip"),
        ("attachment; filename*=UTF-8''%FF%00.zip", "\ufffd_.zip"),
        ("attachment; filename*=nonsense''x", "x"),
    ],
)
def test_the_header_contains_the_name(header: str | None, name: str) -> None:
    assert names.from_disposition(header) == name


@pytest.mark.parametrize(
    ("hostile", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\autoexec.bat", "_.._autoexec.bat"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\Windows\\x.zip", "C__Windows_x.zip"),
        ("..", ""),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("~/.ssh/id", "_.ssh_id"),
        ("a\x1b[31mb\n.zip", "a_[31mb_.zip"),
        ("gpj.\u202eexe", "gpj._exe"),
        ("CON", "_CON"),
        ("nul.zip", "_nul.zip"),
        ("com1 .txt", "_com1 .txt"),
        ("console.zip", "console.zip"),
        ("x.zip. .", "x.zip"),
        ("what?*.zip", "what__.zip"),
        ("x.zip:stream", "x.zip_stream"),
        ("👨\u200d👩\u200d👧.zip", "👨\u200d👩\u200d👧.zip"),
    ],
)
def test_a_hostile_name_becomes_a_plain_name(hostile: str, name: str) -> None:
    assert names.safe(hostile) == name


@given(st.text())
@example("." * 300 + "zip")
@example("é" * 199 + ". . .zip")
@example("-" * 3 + "con")
def test_any_name_becomes_a_plain_visible_file_in_this_folder(raw: str) -> None:
    name = names.safe(raw)

    assert len(name.encode()) <= names.NAME_MAX_BYTES
    assert not {unicodedata.category(char) for char in name} & UNPRINTABLE
    assert not set(name) & set('/\\:*?"<>|')
    assert not name.startswith((".", "-", " ", "~"))
    assert not name.endswith((".", " "))
    assert not PureWindowsPath(name).is_reserved()
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
    assert names.safe(name) == name


@given(st.text())
def test_any_header_leads_to_a_name(header: str) -> None:
    assert names.from_disposition(header)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_the_name_that_the_api_encodes_is_the_name_that_is_read(meant: str) -> None:
    header = f"attachment; filename=\"_\"; filename*=UTF-8''{quote(meant, safe='')}"

    assert names.from_disposition(header) == (names.safe(meant) or "longhaul.zip")


def test_a_long_name_keeps_its_extension() -> None:
    assert names.safe("ü" * 300 + ".zip") == "ü" * 98 + ".zip"
