"""No reader, on no system, loses a file for its name: by an independent model of what they do."""

import pytest
from hypothesis import example, given, settings

from chalicelib.archive.names import manifest_name, unique_names
from tests.unit.archive import hostile
from tests.unit.archive.hostile import DOTLESS_I, JOINER, NO_BREAK_SPACE
from tests.unit.archive.readers_model import READERS, Reader, clashes

KEYS = hostile.keys(2_600, seed=12)


def names_of(raws: list[str]) -> list[str]:
    """The names of a whole archive."""
    names = list(unique_names(raws))
    return [*names, manifest_name(names)]


def all_clashes(names: list[str]) -> list[str]:
    return [clash for reader in READERS for clash in clashes(reader, names)]


@settings(max_examples=300)
@given(hostile.colliding)
@example(["what?.txt", "what*.txt", "what_.txt"])
@example(["a;1", "a", "a;"])
@example(["a", "a" + NO_BREAK_SPACE, "a" + JOINER])
@example(["i", DOTLESS_I, "I"])
@example(["a_", "a:/b"])
def test_each_file_gets_a_path_of_its_own_in_every_reader(raws: list[str]) -> None:
    assert all_clashes(names_of(raws)) == []


@settings(max_examples=200)
@given(hostile.colliding)
def test_no_reader_changes_a_name_once_more(raws: list[str]) -> None:
    names = names_of(raws)

    for reader in READERS:
        assert ["/".join(reader.path(name)) for name in names] == names


def test_2600_hostile_keys_get_a_path_each_in_every_reader() -> None:
    assert all_clashes(names_of(KEYS)) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_the_model_finds_what_is_wrong_with_raw_keys(reader: Reader) -> None:
    assert len(list(clashes(reader, KEYS))) > 20


@pytest.mark.parametrize(
    ("reader", "raws"),
    [
        ("Explorer", ["what?.txt"]),
        ("Explorer", ["/absolute"]),
        ("Explorer", ["aux/readme.md"]),
        ("Explorer", ["n" * 202]),
        ("zipfile on Windows", ["what?.txt", "what_.txt"]),
        ("zipfile on Windows", ["C:N ratio.csv", "N ratio.csv"]),
        ("7-Zip on Windows", ["n/./dup.txt", "n/dup.txt"]),
        ("unzip on Linux", ["a;1", "a"]),
        ("PowerShell 5 on Windows", ["a" + NO_BREAK_SPACE, "a"]),
        ("macOS, HFS+", ["a" + JOINER, "a"]),
        ("macOS, APFS", ["a\uffff"]),
        ("bsdtar on Linux", ["\u00e9", "e\u0301"]),
    ],
)
def test_the_model_knows_what_was_seen(reader: str, raws: list[str]) -> None:
    [model] = [one for one in READERS if one.name == reader]

    assert list(clashes(model, raws)) != []
