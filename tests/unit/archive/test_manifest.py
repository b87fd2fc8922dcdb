"""`manifest.json`: true, valid, and as long as foretold."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import manifest
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from tests.unit.archive.archives import manifest_of

any_text = st.text(st.characters())  # lone surrogates too
heads = st.builds(
    Head,
    job_id=st.uuids().map(str),
    created=st.integers(0, 2**32),
    missing=st.lists(st.integers(10_000, 10**8) | st.text()),
)
entries = st.builds(
    Entry,
    name=st.text(),
    key=st.text(),
    etag=st.just('"e"'),
    size=st.integers(0, 2**45),
    crc32=st.none(),
    modified=st.just(0),
)
listed = st.lists(st.tuples(entries, st.integers(0, 2**32 - 1)), max_size=8)


@given(heads, listed)
def test_its_length_is_known_before_any_crc_is(head: Head, files: list[tuple[Entry, int]]) -> None:
    rendered = manifest_of(head, files)

    assert manifest.length(head, [file for file, _ in files]) == len(rendered)


@given(heads, listed)
def test_it_says_what_is_in_the_archive_and_what_was_missing(
    head: Head, files: list[tuple[Entry, int]]
) -> None:
    said = json.loads(manifest_of(head, files))

    assert (said["version"], said["jobId"]) == (manifest.VERSION, head.job_id)
    assert said["missing"] == head.missing
    assert said["files"] == [
        {"name": file.name, "key": file.key, "size": file.size, "crc32": f"{crc32:08x}"}
        for file, crc32 in files
    ]


def test_times_are_in_utc() -> None:
    said = json.loads(manifest_of(Head("job", 1_700_000_000), []))

    assert said["createdAt"] == "2023-11-14T22:13:20Z"


@given(st.lists(any_text))
def test_what_utf_8_cannot_say_does_not_break_it(missing: list[str]) -> None:
    head = Head("job", 0, missing)

    rendered = manifest_of(head, [])

    assert json.loads(rendered)["missing"] == [
        text.encode(errors="replace").decode() for text in missing
    ]


def test_a_files_line_stands_on_a_line_of_its_own() -> None:
    files = [(Entry(f"n{i}", "k", '"e"', 1, None, 0), i) for i in range(3)]

    rendered = manifest_of(Head("job", 0), files).decode()

    assert [line[:12] for line in rendered.splitlines()[2:5]] == [
        '{"name": "n0',
        '{"name": "n1',
        '{"name": "n2',
    ]


def test_its_entry_is_dated_by_the_job() -> None:
    member = manifest.member(Head("job", 1_700_000_000), 123)

    assert (member.name, member.size, member.modified) == (b"manifest.json", 123, 1_700_000_000)
