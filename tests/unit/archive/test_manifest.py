"""`manifest.json`: true, valid, and as long as foretold."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import manifest
from chalicelib.archive.manifest import Head, Skipped
from chalicelib.archive.plan import Entry
from tests.unit.archive.archives import manifest_of

REASONS = ("archived", "denied", "encrypted", "changed")

any_text = st.text(st.characters())  # lone surrogates too
heads = st.builds(
    Head,
    job_id=st.uuids().map(str),
    created=st.integers(0, 2**32),
    missing=st.lists(st.integers(10_000, 10**8) | st.text()),
    unreadable=st.lists(
        st.builds(
            Skipped,
            file=st.integers(10_000, 10**8) | st.text(),
            reason=st.sampled_from(REASONS),
            detail=st.text(),
        )
    ),
)
entries = st.builds(
    Entry,
    name=st.text(),
    key=st.text(),
    etag=st.just('"e"'),
    size=st.integers(0, 2**45),
    crc32=st.none(),
    modified=st.just(0),
    version=st.none() | st.text(min_size=1),
    encoding=st.none() | st.text(min_size=1),
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
        | ({"contentEncoding": file.encoding} if file.encoding else {})
        | ({"versionId": file.version} if file.version else {})
        for file, crc32 in files
    ]


@given(heads)
def test_it_says_why_each_file_was_skipped_the_missing_first(head: Head) -> None:
    said = json.loads(manifest_of(head, []))

    assert said["skipped"] == [
        *({"file": file, "reason": "missing", "detail": "does not exist"} for file in head.missing),
        *(
            {"file": one.file, "reason": one.reason, "detail": one.detail}
            for one in head.unreadable
        ),
    ]


def test_missing_is_followed_by_skipped() -> None:
    skipped = Skipped("a/b.bin", "archived", "in GLACIER; restore it first")

    rendered = manifest_of(Head("job", 0, (10_001,), (skipped,)), [])

    assert rendered.splitlines()[-2:] == [
        b'"missing": [10001],',
        b'"skipped": [{"file": 10001, "reason": "missing", "detail": "does not exist"}, '
        b'{"file": "a/b.bin", "reason": "archived", "detail": "in GLACIER; restore it first"}]}',
    ]


def test_a_files_line_has_its_encoding_and_its_version_if_it_has_them() -> None:
    plain = Entry("a", "k", '"e"', 1, None, 0)
    bound = Entry("b.gz", "k", '"e"', 1, None, 0, version="3/L4kqtJ", encoding="gzip")

    lines = list(manifest.lines([(plain, 1), (bound, 2)], first=True))

    assert lines == [
        b'\n{"name": "a", "key": "k", "size": 1, "crc32": "00000001"}',
        b',\n{"name": "b.gz", "key": "k", "size": 1, "crc32": "00000002", '
        b'"contentEncoding": "gzip", "versionId": "3/L4kqtJ"}',
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


def test_its_entry_has_the_name_that_is_free() -> None:
    member = manifest.member(Head("job", 0, name="manifest (2).json"), 123)

    assert member.name == b"manifest (2).json"
