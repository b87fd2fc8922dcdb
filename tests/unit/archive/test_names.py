"""The names of a whole archive: each file its own, and what needs no change is not changed."""

import io
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.archive.names import (
    CHOSEN_MAX,
    MANIFEST,
    archive_filename,
    chosen_stem,
    manifest_name,
    unique_names,
    volume_filename,
)
from chalicelib.archive.safe_names import FOLDER_MAX, PATH_MAX, safe_name
from chalicelib.http.schemas import FILENAME_MAX_BYTES
from tests.unit.archive.hostile import (
    ACCENTED,
    ACCENTED_AS_TYPED,
    COMPOSED,
    DECOMPOSED,
    DOTLESS_I,
    JOINER,
    colliding,
)

OTHERWISE = "photos-2026-11-25"
DAY = "2026-11-25"

wanted_names = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(
    ['"; x="', "a\r\nSet-Cookie: b", "%41", "''", "\\", "é\u202e", "😀.zip"]
)


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
@example(["a:/b", "a_", "a*/b", "a_ (2)/c", "a_ (2)"])
def test_no_file_takes_the_name_of_a_folder(raws: list[str]) -> None:
    paths = [tuple(_on_disk(name).split("/")) for name in unique_names(raws)]

    folders = {path[:depth] for path in paths for depth in range(1, len(path))}
    assert not folders & set(paths)


@given(colliding)
@example(["a?", "a_"])
@example(["a_/b?", "a_"])
@example(["a:/b", "a_"])
@example(["a_/b", "a:/b", "a?/b", "a_/B"])
def test_a_name_that_needs_no_change_keeps_it(raws: list[str]) -> None:
    names = list(unique_names(raws))

    exact = [raw for raw in raws if safe_name(raw) == raw]
    folders = {_on_disk(folder) for raw in exact for folder in _folders(raw)}
    first = {_on_disk(raw): raw for raw in reversed(exact) if _on_disk(raw) not in folders}
    assert set(first.values()) <= set(names)
    assert all(names[raws.index(raw)] == raw for raw in first.values())


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
        (["x/manifest.json"], ["x/manifest.json"]),
        (["a (2)", "a", "a"], ["a (2)", "a", "a (3)"]),
        (["a", "a", "a (2)"], ["a", "a (3)", "a (2)"]),
        (["i", DOTLESS_I], ["i", DOTLESS_I + " (2)"]),
        (["k", "k" + JOINER], ["k", "k" + JOINER + " (2)"]),
        (["a;1", "a"], ["a_1", "a"]),
        (["x" * 200, "x" * 200], ["x" * 200, "x" * 196 + " (2)"]),
        (["x" * 201 + ".c", "x" * 202 + ".c"], ["x" * 198 + ".c", "x" * 194 + " (2).c"]),
        (["ä" * 127, "ä" * 127], ["ä" * 127, "ä" * 125 + " (2)"]),
    ],
)
def test_a_later_twin_is_numbered(raws: list[str], names: list[str]) -> None:
    assert list(unique_names(raws)) == names


@pytest.mark.parametrize(
    ("raws", "names"),
    [
        (["a?", "a_"], ["a_ (2)", "a_"]),
        (["a?", "a*", "A_"], ["a_ (2)", "a_ (3)", "A_"]),
        (["a?", "a*"], ["a_", "a_ (2)"]),
        (["a:/b", "a_"], ["a_ (2)/b", "a_"]),
        (["a:/b", "a_", "a:/c.txt", "a?/b"], ["a_ (2)/b", "a_", "a_ (2)/c.txt", "a_ (2)/b (2)"]),
        (["a:/b", "a_", "a_ (2)/b"], ["a_ (3)/b", "a_", "a_ (2)/b"]),
        (["a:/b", "a_/b"], ["a_/b (2)", "a_/b"]),
        (["a/b?/c", "a"], ["a (2)/b_/c", "a"]),
        (["a/b?/c", "a/b_"], ["a/b_ (2)/c", "a/b_"]),
    ],
)
def test_a_changed_name_gives_way_to_one_that_needs_no_change(
    raws: list[str], names: list[str]
) -> None:
    assert list(unique_names(raws)) == names


def test_a_folder_that_gives_way_stays_within_the_bounds() -> None:
    folder = "y" * (FOLDER_MAX - 1)

    moved, kept = unique_names([f"{folder}:/{'x' * 300}", f"{folder}_"])

    assert kept == f"{folder}_"
    assert len(moved) == PATH_MAX
    assert len(moved.partition("/")[0]) == FOLDER_MAX


def test_row_1_of_the_cases_what_windows_forbids_is_replaced() -> None:
    names = {
        "w/what?.txt": "w/what_ (2).txt",
        "w/what*.txt": "w/what_ (3).txt",
        "w/what_.txt": "w/what_.txt",
        "w/Report: final?.pdf": "w/Report_ final_.pdf",
        "w/Report* final|.pdf": "w/Report_ final_ (2).pdf",
        "w/nul.txt": "w/nul_.txt",
        "w/aux/readme.md": "w/aux_/readme.md",
        "w/file.txt:Zone.Identifier": "w/file.txt_Zone.Identifier",
    }

    assert list(unique_names(names)) == list(names.values())


def test_row_2_of_the_cases_a_drive_is_replaced_and_an_exact_name_is_kept() -> None:
    names = {
        "M: A City.mkv": "M_ A City.mkv",
        "E: coli/reads.fastq": "E_ coli/reads.fastq",
        "C:N ratio.csv": "C_N ratio.csv",
        "N ratio.csv": "N ratio.csv",
        "n/./dup.txt": "n/_/dup.txt",
        "n/dup.txt": "n/dup.txt",
    }

    assert list(unique_names(names)) == list(names.values())


def test_row_12_of_the_cases_a_users_manifest_keeps_its_name() -> None:
    names = list(unique_names(["manifest.json", "manifest.json", "x/manifest.json"]))

    assert names == ["manifest.json", "manifest (2).json", "x/manifest.json"]
    assert manifest_name(names) == "manifest (3).json"


def test_row_15_of_the_cases_a_path_of_878_characters_is_shortened_and_unique() -> None:
    folder = "/".join(["A conference with a rather long name"] * 23)
    raws = [f"{folder}/{'slides ' * 4}{number}.pdf"[-878:] for number in range(3)]

    names = list(unique_names(raws))

    assert [len(raw) for raw in raws] == [878] * 3
    assert all(len(name) <= PATH_MAX for name in names)
    assert [name[-9:] for name in names] == [f"ides {number}.pdf"[-9:] for number in range(3)]
    assert len({name.rpartition("/")[0] for name in names}) == 1


@pytest.mark.parametrize(
    ("names", "free"),
    [
        ([], MANIFEST),
        (["a", "x/manifest.json", "manifest.jso"], MANIFEST),
        (["manifest.json"], "manifest (2).json"),
        (["Manifest.JSON/a"], "manifest (2).json"),
        (["manife\u017ft.json"], "manifest (2).json"),
        (["manifest.json", "MANIFEST (2).json/x"], "manifest (3).json"),
        (["manifest (2).json"], MANIFEST),
    ],
)
def test_the_manifest_gives_way(names: list[str], free: str) -> None:
    assert manifest_name(names) == free
    assert manifest_name(iter(names)) == free


@given(colliding)
def test_the_manifests_name_is_no_other_files(raws: list[str]) -> None:
    names = list(unique_names(raws))

    tops = {_on_disk(name).split("/")[0] for name in names}
    assert _on_disk(manifest_name(names)) not in tops


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


@given(st.none() | wanted_names)
def test_an_archives_name_is_one_part_of_a_path_that_ends_in_zip(wanted: str | None) -> None:
    name = archive_filename(wanted, OTHERWISE)

    assert name.lower().endswith(".zip")
    assert len(name) > len(".zip")
    assert not {"/", "\\"} & set(name)
    assert not name.startswith(".")


@given(st.none() | wanted_names)
def test_an_archives_name_is_left_alone(wanted: str | None) -> None:
    name = archive_filename(wanted, OTHERWISE)

    assert archive_filename(name, OTHERWISE) == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (None, "photos-2026-11-25.zip"),
        ("", "photos-2026-11-25.zip"),
        (" . ", "photos-2026-11-25.zip"),
        ("März", "März.zip"),
        ("March.ZIP", "March.ZIP"),
        ("a.zip.", "a.zip"),
        ("../../etc/passwd", "_.._etc_passwd.zip"),
        ("C:\\x", "C__x.zip"),
        ("what?", "what_.zip"),
        ("data.tar", "data.tar.zip"),
    ],
)
def test_what_the_caller_wanted_becomes(wanted: str | None, name: str) -> None:
    assert archive_filename(wanted, OTHERWISE) == name


@pytest.mark.parametrize(
    ("wanted", "extension", "name"),
    [
        (None, ".tar", "photos-2026-11-25.tar"),
        ("März", ".tar.gz", "März.tar.gz"),
        ("a.TAR", ".tar", "a.TAR"),
        ("a.TAR.GZ", ".tar.gz", "a.tar.gz"),
        ("a.tgz", ".tar.gz", "a.tar.gz"),
        ("a.zip", ".tar", "a.tar"),
        ("a.tar.gz", ".tar", "a.tar"),
        ("a.tar", ".tar.gz", "a.tar.gz"),
        ("nul.tar.gz", ".tar.gz", "nul_.tar.gz"),
        ("a.zip.tar", ".tar", "a.zip.tar"),
    ],
)
def test_a_tar_has_its_own_extension_and_no_other_one(
    wanted: str | None, extension: str, name: str
) -> None:
    assert archive_filename(wanted, OTHERWISE, extension) == name


@given(st.none() | wanted_names, st.sampled_from([".zip", ".tar", ".tar.gz"]))
def test_the_name_of_an_archive_of_any_format_is_safe_and_left_alone(
    wanted: str | None, extension: str
) -> None:
    name = archive_filename(wanted, OTHERWISE, extension)

    assert name.lower().endswith(extension)
    assert safe_name(name) == name
    assert archive_filename(name, OTHERWISE, extension) == name


@given(
    st.none() | wanted_names | st.sampled_from(["n" * 300, "ж" * 300, "😀" * 99]),
    st.sampled_from([".zip", ".tar", ".tar.gz"]),
    st.integers(2, 10_000),
)
def test_the_names_of_several_archives_are_safe_different_and_in_order(
    wanted: str | None, extension: str, count: int
) -> None:
    whole = archive_filename(wanted, OTHERWISE, extension)

    numbers = sorted({1, 2, count - 1, count})
    names = [volume_filename(whole, extension, number, count) for number in numbers]

    assert names == sorted({*names})
    assert all(safe_name(name) == name for name in names)
    assert all(name.lower().endswith(f"-of-{count}{extension}") for name in names)


@pytest.mark.parametrize(
    ("number", "count", "name"),
    [(1, 1, "a.tar.gz"), (2, 3, "a-2-of-3.tar.gz"), (2, 12, "a-02-of-12.tar.gz")],
)
def test_one_of_several_says_which_it_is(number: int, count: int, name: str) -> None:
    assert volume_filename("a.tar.gz", ".tar.gz", number, count) == name


@pytest.mark.parametrize(
    ("path", "others", "is_file", "stem"),
    [
        ("photos/", 0, False, "photos-2026-11-25"),
        ("in/2026/photos/", 0, False, "photos-2026-11-25"),
        ("in/v1.2/", 0, False, "v1.2-2026-11-25"),
        ("in/ph", 0, False, "ph-2026-11-25"),
        ("", 0, False, "all-files-2026-11-25"),
        ("//", 0, False, "all-files-2026-11-25"),
        ("in/März.pdf", 0, True, "März-2026-11-25"),
        ("in/data.tar.gz", 0, True, "data.tar-2026-11-25"),
        ("in/.env", 0, True, "env-2026-11-25"),
        ("10001", 4, False, "10001-and-4-more-2026-11-25"),
        ("C:\\Users\\x.txt", 1, True, "x-and-1-more-2026-11-25"),
        ("in/nul.txt", 0, True, "nul_-2026-11-25"),
        ("in/x\u202egpj.exe", 0, True, "x_gpj-2026-11-25"),
        ("in/a?b\n.txt", 0, True, "a_b_-2026-11-25"),
        ("in/" + "n" * 300 + ".txt", 0, True, "n" * 40 + "-2026-11-25"),
        ("in/" + "n" * 39 + " .n.txt", 0, True, "n" * 39 + "-2026-11-25"),
        ("in/" + "\U0001f600" * 30, 0, True, "\U0001f600" * 20 + "-2026-11-25"),
    ],
)
def test_what_was_chosen_makes_a_name(path: str, others: int, stem: str, *, is_file: bool) -> None:
    assert chosen_stem(path, others, DAY, is_file=is_file) == stem


@given(path=st.text() | wanted_names, others=st.integers(0, 9_999), is_file=st.booleans())
def test_a_name_of_what_was_chosen_is_safe_and_says_the_day(
    path: str, others: int, *, is_file: bool
) -> None:
    stem = chosen_stem(path, others, DAY, is_file=is_file)

    name = archive_filename(None, stem)

    assert name == f"{stem}.zip"
    assert archive_filename(name, "else") == name
    assert name.endswith(f"{'' if not others else f'-and-{others}-more'}-{DAY}.zip")
    chosen = stem.removesuffix(DAY)
    assert 1 < len(chosen.encode("utf-16-le")) // 2 <= CHOSEN_MAX + len("-and-9999-more-")
    assert len(name.encode()) <= FILENAME_MAX_BYTES
    assert not name.startswith((".", " ", "-2026"))
    assert not set(name) & set("/\\\u061c\u200e\u200f\u202a\u202e\u2066\u2069")


def _on_disk(name: str) -> str:
    """The capitals of Unicode's canonical caseless match (chapter 3.13, D145): coarser than what
    any file system compares by."""
    ignored = [0xFEFF, *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070)]
    name = unicodedata.normalize("NFD", name.translate(dict.fromkeys(ignored)))
    return unicodedata.normalize("NFD", name.casefold()).upper()


def _folders(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
