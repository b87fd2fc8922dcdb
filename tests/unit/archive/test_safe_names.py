"""What becomes of one name, whoever reads it."""

import re
import unicodedata

import pytest
from hypothesis import assume, given

from chalicelib.archive.safe_names import COMPONENT_MAX, FOLDER_MAX, PATH_MAX, safe_name
from tests.unit.archive import hostile
from tests.unit.archive.hostile import raw_names


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(raw_names)
def test_a_safe_name_is_a_relative_path_within_its_folder(raw: str) -> None:
    name = safe_name(raw)

    assert name
    assert not name.startswith("/")
    assert not {"", ".", ".."} & set(name.split("/"))


@given(raw_names)
def test_a_safe_name_can_be_written_on_any_file_system(raw: str) -> None:
    name = safe_name(raw)

    assert not re.search(r'[<>:"|?*\\]', name)
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in name}
    assert not any(part.endswith((".", " ", "\xa0")) for part in name.split("/"))


@given(raw_names)
def test_a_safe_name_is_not_longer_than_its_bounds(raw: str) -> None:
    name = safe_name(raw)

    assert all(len(part.encode()) <= COMPONENT_MAX for part in name.split("/"))
    assert units(name) <= PATH_MAX
    assert units(name.rpartition("/")[0]) <= FOLDER_MAX


@given(raw_names)
def test_a_safe_name_is_left_alone(raw: str) -> None:
    assert safe_name(safe_name(raw)) == safe_name(raw)


@given(raw_names)
def test_nothing_is_deleted_from_a_name_that_is_not_too_long(raw: str) -> None:
    assume(0 < len(raw) < FOLDER_MAX and len(raw.encode(errors="replace")) < COMPONENT_MAX)

    name = safe_name(raw)

    assert len(name) >= len(raw)
    assert name.count("/") == raw.count("/") + raw.count("\\")
    assert list(filter(str.isalnum, name)) == list(filter(str.isalnum, raw))


@pytest.mark.parametrize(
    "harmless",
    [
        "report.pdf",
        "2024/März/Übersicht (1).pdf",
        ".hidden",
        "a..b",
        "日本.txt",
        "C",
        " leading.txt",
        "a;b",
        "a;1.txt",
        "a;1/b",
        "company/config.json",
        "com10",
        "console",
        "a.con",
        "auxiliary.txt",
        "_nul",
        "\uff1a\uff1f.txt",
        "\ufffd.txt",
        "e\u0301 beside \u00e9",
        "👩\u200d🚀.jpg",
        "LONGFI~1.TXT",
        "#[x] & $HOME `id` %41 'q' @a -rf ~",
        "x" * 196 + ".pdf",
        "y" * 140 + "/" + "x" * 59,
    ],
)
def test_a_harmless_name_is_kept(harmless: str) -> None:
    assert safe_name(harmless) == harmless


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("", "file"),
        (".", "_"),
        ("..", "__"),
        ("...", "___"),
        (" ", "_"),
        ("C:", "C_"),
        ("///", "_/_/_/_"),
        ("/etc/passwd", "_/etc/passwd"),
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("..\\..\\boot.ini", "__/__/boot.ini"),
        ("C:\\Windows\\x", "C_/Windows/x"),
        ("C:D:..", "C_D___"),
        ("a/C:b", "a/C_b"),
        ("a//b", "a/_/b"),
        ("a/", "a/_"),
        ("n/./dup.txt", "n/_/dup.txt"),
        ("a. .", "a___"),
        ("d./x", "d_/x"),
        ("a\xa0", "a_"),
        ("a\0b\nc", "a_b_c"),
        ("a\x7fb\x85c", "a_b_c"),
        ("a;1", "a_1"),
        ("a;", "a_"),
        ("a;b;12", "a;b_12"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("\ud83d.txt", "_.txt"),
        ("a\uffff\U0010fffe\ufdd0", "a___"),
    ],
)
def test_a_hostile_name_becomes(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("CON", "CON_"),
        ("nul.txt", "nul_.txt"),
        ("a/aux/b.c", "a/aux_/b.c"),
        ("prn .txt", "prn_ .txt"),
        ("LPT9.tar.gz", "LPT9_.tar.gz"),
        ("C:com1", "C_com1"),
        ("COM\xb2", "COM\xb2_"),
        ("conin$", "conin$_"),
        ("CONOUT$.log", "CONOUT$_.log"),
        ("Nul...", "Nul___"),
        ("con;1", "con_1"),
    ],
)
def test_no_name_is_a_device_on_windows(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@given(raw_names)
def test_no_part_of_a_name_is_a_device_on_windows(raw: str) -> None:
    stems = [part.partition(".")[0].rstrip(" ").upper() for part in safe_name(raw).split("/")]

    assert not {"CON", "PRN", "AUX", "NUL", "COM1", "COM\xb9", "LPT9", "CONIN$"} & set(stems)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("x." + "y" * 300, "x." + "y" * 198),
        ("é" * 200 + ".pdf", "é" * 125 + ".pdf"),
        ("😀" * 101, "😀" * 63),
        ("x" * 199 + "😀", "x" * 199),
        ("a/" + "x" * 300 + ".tar.gz", "a/" + "x" * 195 + ".gz"),
        ("x" * 199 + "  y", "x" * 199 + "_"),
        ("x" * 196 + ";123 and more", "x" * 196 + "_123"),
        ("nul" + " " * 300 + ".pdf", "nul" + "_" * 193 + ".pdf"),
        ("nul" + " " * 300 + "x.pdf", "nul" + "_" * 193 + ".pdf"),
    ],
)
def test_a_long_name_is_cut_before_its_extension(raw: str, name: str) -> None:
    assert safe_name(raw) == name


def test_long_folders_are_cut_alike_for_all_their_files() -> None:
    folder = "/".join(["a folder with a long name"] * 8)

    first, second = safe_name(f"{folder}/x.txt"), safe_name(f"{folder}/{'y' * 100}.txt")

    kept = "/".join(["a folder with a long name"] * 5)
    assert re.fullmatch(kept + "/a~[0-9a-f]{8}/x.txt", first)
    assert second.rpartition("/")[0] == first.rpartition("/")[0]


def test_two_long_folders_do_not_become_one() -> None:
    folders = [safe_name("n" * 200 + f"{number}/x") for number in range(1_000)]

    assert len(set(folders)) == 1_000


def test_a_folder_with_too_many_bytes_is_cut_and_what_is_in_it_is_not() -> None:
    assert re.fullmatch("日{82}~[0-9a-f]{8}/sub/x.txt", safe_name("日" * 90 + "/sub/x.txt"))


def test_a_path_of_878_characters_fits_on_windows() -> None:
    raw = "/".join(["events", *(f"{number} A session with a long title" for number in range(40))])
    raw = raw[:874] + ".pdf"

    name = safe_name(raw)

    assert (len(raw), len(name) <= PATH_MAX, name[-4:]) == (878, True, ".pdf")
    assert name.startswith("events/0 A session with a long title/1 A session")


def test_every_hostile_key_becomes_safe() -> None:
    names = [safe_name(key) for key in hostile.keys(2_600, seed=3)]

    assert [safe_name(name) for name in names] == names
