"""Names that somebody else's unzip can be trusted with."""

import io
import re
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.archive.names import (
    COMPONENT_MAX,
    MANIFEST,
    archive_filename,
    safe_name,
    unique_names,
)
from tests.unit.samples import JOB_ID

LONG_S, KELVIN, DOTTED_I = "\u017f", "\u212a", "\u0130"
ALPHA_IOTA, ALPHA_WITH_IOTA = "\u03b1\u03b9", "\u1fb3"  # equal when case does not count
ACCENTED, ACCENTED_AS_TYPED = "\u1fb4", "\u03b1\u0345\u0301"  # equal when brought in order
COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"

PATHS = ["..", ".", "", "/", "\\", "C:", "c:..", "C:C:", "~", "\uff0f", "a.", "a b", ".htaccess"]
CHARACTERS = ["\0", "\n", "\ud800", "\u202e", "\u2028", LONG_S, KELVIN, DOTTED_I, DECOMPOSED, "ß"]
LONG = ["a" * 300, "a" * 250 + ".txt", "x" * 251 + "é.tar.gz", "😀" * 70]
MANIFESTS = ["manifest.json", "Manifest.JSON", f"manife{LONG_S}t.json", "manifest (2).json"]
TWINS = ["a", "A", "b", "a/b", "A/B", "a/b/c", "a (2)", "a (2)/b", "a.txt", "A.TXT", "ß", "SS"]
FOREIGN_TWINS = [COMPOSED, DECOMPOSED, "É", ALPHA_IOTA, ALPHA_WITH_IOTA, KELVIN, "k", LONG_S, "s"]
FOREIGN_TWINS += [ACCENTED, ACCENTED_AS_TYPED]
LONG_TWINS = ["x" * 255, "x" * 256, "x" * 254 + "é", "x" * 251 + " (2)"]

DEVICES = ["CON", "nul", "Aux.txt", "prn .x", "COM1", "lpt9.tar.gz", "com\xb9", "CONIN$", "nul" * 2]

hostile_parts = st.sampled_from(PATHS + CHARACTERS + LONG + MANIFESTS + DEVICES) | st.text(
    st.characters()
)
hostile_lists = st.lists(hostile_parts, max_size=6)
raw_names = hostile_lists.map("/".join) | hostile_lists.map("".join)
colliding_parts = st.sampled_from(TWINS + FOREIGN_TWINS + LONG_TWINS + MANIFESTS)
colliding_paths = st.lists(colliding_parts, min_size=1, max_size=3).map("/".join)
colliding = st.lists(colliding_parts | colliding_paths | raw_names, max_size=25)
wanted_names = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(
    ['"; x="', "a\r\nSet-Cookie: b", "%41", "''", "\\", "é\u202e", "😀.zip"]
)


@given(raw_names)
def test_a_safe_name_is_a_relative_path_within_its_folder(raw: str) -> None:
    name = safe_name(raw)

    assert name
    assert not name.startswith("/")
    assert "\\" not in name
    assert not {"", ".", ".."} & set(name.split("/"))
    assert not any(re.match("[A-Za-z]:", part) for part in name.split("/"))


@given(raw_names)
def test_a_safe_name_can_be_written_on_any_file_system(raw: str) -> None:
    name = safe_name(raw)

    assert all(len(part.encode()) <= COMPONENT_MAX for part in name.split("/"))
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in name}


@given(raw_names)
def test_a_safe_name_is_left_alone(raw: str) -> None:
    assert safe_name(safe_name(raw)) == safe_name(raw)


@pytest.mark.parametrize(
    "harmless",
    ["report.pdf", "2024/März/Übersicht (1).pdf", ".hidden", "a..b", "日本.txt", "C", "1:2"],
)
def test_a_harmless_name_is_kept(harmless: str) -> None:
    assert safe_name(harmless) == harmless


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("", "file"),
        ("..", "file"),
        ("C:", "file"),
        ("///", "file"),
        ("/etc/passwd", "etc/passwd"),
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Windows\\x", "Windows/x"),
        ("C:D:..", "file"),
        ("a/C:b", "a/b"),
        ("a\0b\nc", "a_b_c"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("\ud83d.txt", "_.txt"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("é" * 200 + ".pdf", "é" * 125 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("x." + "y" * 300, "x." + "y" * 253),
    ],
)
def test_a_hostile_name_becomes(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@given(colliding)
def test_each_raw_name_gets_a_name_that_is_safe(raws: list[str]) -> None:
    names = list(unique_names(raws))

    assert len(names) == len(raws)
    assert [safe_name(name) for name in names] == names


@given(colliding)
@example(["a", "A", "a (2)", "A (2)"])
@example([COMPOSED, DECOMPOSED, "É"])
@example([ACCENTED, ACCENTED_AS_TYPED])
def test_no_two_names_extract_to_one_file_where_case_and_composition_do_not_count(
    raws: list[str],
) -> None:
    names = list(unique_names(raws))

    assert len(set(map(_on_disk, names))) == len(names)


@given(colliding)
@example(["a/b", "a", "A/c", "a (2)/x", "a"])
def test_no_file_takes_the_name_of_a_folder(raws: list[str]) -> None:
    paths = [tuple(_on_disk(name).split("/")) for name in unique_names(raws)]

    folders = {path[:depth] for path in paths for depth in range(1, len(path))}
    assert not folders & set(paths)


@given(colliding)
def test_the_manifests_name_stays_free(raws: list[str]) -> None:
    assert MANIFEST not in {_on_disk(name).split("/")[0] for name in unique_names(raws)}


@given(colliding)
def test_names_depend_on_nothing_but_the_raw_ones(raws: list[str]) -> None:
    assert list(unique_names(raws)) == list(unique_names(iter(raws)))


@pytest.mark.parametrize(
    ("raws", "names"),
    [
        (["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a.txt", "A.TXT"], ["a.txt", "A (2).TXT"]),
        (["a", "a/b"], ["a (2)", "a/b"]),
        (["d/x.tar.gz", "d/x.tar.gz"], ["d/x.tar.gz", "d/x.tar (2).gz"]),
        ([".env", ".env"], [".env", ".env (2)"]),
        (["manifest.json"], ["manifest (2).json"]),
        (["Manifest.json/a"], ["Manifest.json (2)/a"]),
        (["x/manifest.json"], ["x/manifest.json"]),
        (["a (2)", "a", "a"], ["a (2)", "a", "a (3)"]),
        (["x" * 255, "x" * 255], ["x" * 255, "x" * 251 + " (2)"]),
    ],
)
def test_a_later_twin_is_numbered(raws: list[str], names: list[str]) -> None:
    assert list(unique_names(raws)) == names


@given(colliding)
def test_hostile_names_extract_to_where_they_say_and_nowhere_else(raws: list[str]) -> None:
    names = list(unique_names(raws))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, name)

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed) as archive:
        archive.extractall(Path(folder) / "target")
        written = {path for path in Path(folder).rglob("*") if path.is_file()}
        assert written == {Path(folder) / "target" / name for name in names}
        assert {path.read_text() for path in written} == set(names)


@pytest.mark.parametrize("raws", [["a", "a."], ["a", "a "], ["d/x", "d./x"]])
def test_no_two_names_extract_to_one_file_on_windows(raws: list[str]) -> None:
    names = list(unique_names(raws))

    on_windows = {"/".join(part.rstrip(". ") for part in name.split("/")) for name in names}
    assert len(on_windows) == len(names)


@given(st.none() | wanted_names)
def test_an_archives_name_is_one_part_of_a_path_that_ends_in_zip(wanted: str | None) -> None:
    name = archive_filename(wanted, JOB_ID)

    assert name.lower().endswith(".zip")
    assert len(name) > len(".zip")
    assert not {"/", "\\"} & set(name)
    assert not name.startswith(".")


@given(st.none() | wanted_names)
def test_an_archives_name_is_left_alone(wanted: str | None) -> None:
    name = archive_filename(wanted, JOB_ID)

    assert archive_filename(name, JOB_ID) == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (None, "longhaul-5f0c5d0e.zip"),
        ("", "longhaul-5f0c5d0e.zip"),
        (" . ", "longhaul-5f0c5d0e.zip"),
        ("März", "März.zip"),
        ("March.ZIP", "March.ZIP"),
        ("a.zip.", "a.zip"),
        ("../../etc/passwd", "_.._etc_passwd.zip"),
        ("C:\\x", "_x.zip"),
        ("data.tar", "data.tar.zip"),
    ],
)
def test_what_the_caller_wanted_becomes(wanted: str | None, name: str) -> None:
    assert archive_filename(wanted, JOB_ID) == name


def _on_disk(name: str) -> str:
    """Unicode's canonical caseless match (chapter 3.13, D145), decomposed as HFS+ does."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("CON", "CON_"),
        ("nul.txt", "nul_.txt"),
        ("a/aux/b.c", "a/aux_/b.c"),
        ("prn .txt", "prn_ .txt"),
        ("LPT9.tar.gz", "LPT9_.tar.gz"),
        ("C:com1", "com1_"),
        ("COM\xb2", "COM\xb2_"),
        ("conin$", "conin$_"),
        ("Nul...", "Nul_"),
        ("console", "console"),
        ("com10", "com10"),
        ("a.con", "a.con"),
        ("auxiliary.txt", "auxiliary.txt"),
        ("_nul", "_nul"),
    ],
)
def test_no_name_is_a_device_on_windows(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@given(raw_names)
def test_no_part_of_a_name_is_a_device_on_windows(raw: str) -> None:
    stems = [part.partition(".")[0].rstrip().upper() for part in safe_name(raw).split("/")]

    assert not {"CON", "PRN", "AUX", "NUL", "COM1", "COM\xb9", "LPT9", "CONIN$"} & set(stems)
