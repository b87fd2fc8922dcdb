"""The fingerprint of what an archive holds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.manifest import Skipped
from chalicelib.archive.plan import Entry
from chalicelib.pipeline import reuse
from chalicelib.sources.find import Found

ENTRY = Entry("a.txt", "in/a.txt", '"1"', 10, 7, 1_700_000_000)
FOUND = Found((ENTRY, replace(ENTRY, name="b.txt", key="in/b.txt")), (10_001, "in/c.txt"))

texts = st.text(max_size=3)
entries = st.builds(
    Entry,
    name=texts,
    key=texts,
    etag=texts,
    size=st.integers(0, 9),
    crc32=st.none() | st.integers(0, 9),
    modified=st.integers(0, 9),
)
founds = st.builds(
    Found,
    entries=st.lists(entries, max_size=3).map(tuple),
    missing=st.lists(st.integers(0, 9) | texts, max_size=3).map(tuple),
)


def _with_first(**facts: object) -> Found:
    return replace(FOUND, entries=(replace(ENTRY, **facts), FOUND.entries[1]))  # type: ignore[arg-type]  # any fields


@pytest.mark.parametrize(
    "other",
    [
        _with_first(name="A.txt"),
        _with_first(key="in/A.txt"),
        _with_first(etag='"2"'),
        _with_first(size=11),
        replace(FOUND, entries=FOUND.entries[:1]),
        replace(FOUND, entries=FOUND.entries[::-1]),
        replace(FOUND, missing=(10_001,)),
        replace(FOUND, missing=("10001", "in/c.txt")),
    ],
)
def test_whatever_an_archive_shows_is_in_it(other: Found) -> None:
    assert reuse.fingerprint("ann", "main", other) != reuse.fingerprint("ann", "main", FOUND)


def test_what_was_left_out_is_in_it_with_its_detail() -> None:
    """The manifest has the detail, too: which version there is not, say."""
    details = ("there is no version 1", "there is no version 2")
    others = [replace(FOUND, unreadable=(Skipped("in/c", "missing", one),)) for one in details]

    marks = {reuse.fingerprint("ann", "main", one) for one in (FOUND, *others)}
    assert len(marks) == len(others) + 1


def test_another_users_is_another() -> None:
    assert reuse.fingerprint("bo", "main", FOUND) != reuse.fingerprint("ann", "main", FOUND)


@pytest.mark.parametrize("other", [_with_first(crc32=None), _with_first(modified=0)])
def test_the_same_bytes_are_the_same_file(other: Found) -> None:
    assert reuse.fingerprint("ann", "main", other) == reuse.fingerprint("ann", "main", FOUND)


def test_the_same_key_in_another_source_is_another_file() -> None:
    assert reuse.fingerprint("ann", "other", FOUND) != reuse.fingerprint("ann", "main", FOUND)


@given(texts, founds, texts, founds)
def test_two_are_equal_only_for_equal_files_of_one_user(
    user: str, found: Found, other_user: str, other: Found
) -> None:
    same = (user, _shown(found)) == (other_user, _shown(other))
    marks = reuse.fingerprint(user, "main", found), reuse.fingerprint(other_user, "main", other)

    assert (marks[0] == marks[1]) is same


def _shown(found: Found) -> object:
    return [(e.name, e.key, e.etag, e.size) for e in found.entries], found.missing
