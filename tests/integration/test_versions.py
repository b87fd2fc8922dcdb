"""Versions of objects, and copies aside, on moto: by the fast path and by botocore."""

from dataclasses import replace

import pytest

from chalicelib.errors import SourceChanged
from chalicelib.s3 import clients
from chalicelib.s3.bucket import Bucket
from tests.archives import noise
from tests.integration.cloud import SOURCES, keep_versions
from tests.integration.stack import MIB, Stack

BOTH = pytest.mark.parametrize("fast", [True, False])


@pytest.fixture
def versioned(stack: Stack) -> Stack:
    """A stack whose source keeps versions. One file there is older than they are."""
    stack.put_file("in/young", b"before")
    keep_versions()
    return stack


def _source(stack: Stack, *, fast: bool) -> Bucket:
    bucket = stack.services.source()
    assert bucket.fast
    return bucket if fast else replace(bucket, fast=None)


def _put(stack: Stack, key: str, content: bytes) -> str:
    """Returns the id of the new version."""
    stack.put_file(key, content)
    return clients.s3().head_object(Bucket=SOURCES, Key=key)["VersionId"]


def test_a_bucket_says_whether_it_keeps_versions(versioned: Stack) -> None:
    assert _source(versioned, fast=False).is_versioned()
    assert not versioned.services.archive.is_versioned()


@BOTH
def test_each_version_has_its_own_facts_and_bytes(versioned: Stack, fast: bool) -> None:  # noqa: FBT001 - a parameter
    first, second = _put(versioned, "in/a", b"one"), _put(versioned, "in/a", b"second")
    source = _source(versioned, fast=fast)

    newest, old = source.head("in/a"), source.head("in/a", version=first)

    assert newest
    assert old
    assert (newest.version, newest.size) == (second, 6)
    assert (old.version, old.size) == (first, 3)
    assert source.read_range("in/a", 0, 3, old.etag, first) == b"one"


@BOTH
def test_a_deleted_file_is_still_there_by_its_version(versioned: Stack, fast: bool) -> None:  # noqa: FBT001 - a parameter
    version = _put(versioned, "in/a", b"one")
    versioned.delete_file("in/a")
    source = _source(versioned, fast=fast)

    assert source.head("in/a") is None
    assert source.head("in/a", version=version)
    assert source.read_range("in/a", 0, 3, version=version) == b"one"
    with pytest.raises(SourceChanged, match="in/a was deleted"):
        source.read_range("in/a", 0, 3)


@BOTH
def test_a_delete_marker_and_an_unknown_version_are_no_files(versioned: Stack, fast: bool) -> None:  # noqa: FBT001 - a parameter
    _put(versioned, "in/a", b"one")
    marker = clients.s3().delete_object(Bucket=SOURCES, Key="in/a")["VersionId"]
    source = _source(versioned, fast=fast)

    assert source.head("in/a", version=marker) is None
    assert source.head("in/a", version="none-such") is None


@BOTH
def test_a_file_from_before_the_versions_has_the_version_null(versioned: Stack, fast: bool) -> None:  # noqa: FBT001 - a parameter
    source = _source(versioned, fast=fast)

    (listed,) = source.list_versions_page("in/").facts

    assert listed.version == "null"
    assert source.read_range("in/young", 0, 6, listed.etag, "null") == b"before"
    headed = source.head("in/young", version="null")
    assert headed
    assert headed.version == "null"


# moto writes the keys of versions as they are, so what the fast path asks for is asked again.
@BOTH
def test_the_newest_versions_are_listed_with_keys_of_any_kind(
    versioned: Stack,
    fast: bool,  # noqa: FBT001 - a parameter
) -> None:
    keys = ["in/ a", "in/+", "in/%41", "in/&<>", "in/é", "in/日本", "in/😀"]
    newest = {key: _put(versioned, key, key.encode()) for key in (*keys, "in/deleted")}
    newest["in/+"] = _put(versioned, "in/+", b"again")
    versioned.delete_file(key := "in/deleted")
    del newest[key]

    page = _source(versioned, fast=fast).list_versions_page("in/")

    assert {fact.key: fact.version for fact in page.facts} == {**newest, "in/young": "null"}
    assert not page.more


def test_pages_of_versions_end_where_the_next_one_begins(
    versioned: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "4")
    keys = [f"in/{letter}" for letter in "abcdef"]
    for key in keys:
        for content in (b"1", b"2", b"3"):
            _put(versioned, key, content)
    versioned.delete_file("in/c")
    source = _source(versioned, fast=False)

    pages = [source.list_versions_page("in/")]
    while pages[-1].more:
        pages.append(source.list_versions_page("in/", pages[-1].end))

    found = [fact.key for page in pages for fact in page.facts]
    assert found == [*(key for key in keys if key != "in/c"), "in/young"]
    assert len(pages) > 3


@BOTH
def test_a_part_is_copied_from_a_version(versioned: Stack, fast: bool) -> None:  # noqa: FBT001 - a parameter
    content = noise(1, 6 * MIB)
    version = _put(versioned, "in/a", content)
    _put(versioned, "in/a", b"other")
    source = _source(versioned, fast=fast)
    facts = source.head("in/a", version=version)
    assert facts
    archive = replace(versioned.services.archive, fast=source.fast)
    upload = archive.create_upload("z", "text/plain")

    archive.copy_part(
        "z",
        upload,
        1,
        source=source,
        source_key="in/a",
        etag=facts.etag,
        size=facts.size,
        start=0,
        length=facts.size,
        version=version,
    )

    parts = [(part.number, part.etag) for part in archive.list_parts("z", upload)]
    archive.complete_upload("z", upload, parts)
    assert archive.read("z") == content


# -- copies aside -------------------------------------------------------------------------------


def test_a_copy_aside_has_the_bytes_and_their_crc32(stack: Stack) -> None:
    stack.put_file("in/a", b"abc", checksum=False, filename="x")
    source, archive = stack.services.source(), stack.services.archive
    facts = source.head("in/a")
    assert facts

    copied = archive.copy_aside("in/a", facts.etag, "jobs/1/kept/2", source=source)

    assert (copied.key, copied.size, copied.crc32) == ("jobs/1/kept/2", 3, 0x352441C2)
    assert not copied.metadata
    assert archive.read("jobs/1/kept/2") == b"abc"


def test_a_file_that_has_changed_is_not_copied_aside(stack: Stack) -> None:
    stack.put_file("in/a", b"abc")
    source, archive = stack.services.source(), stack.services.archive

    with pytest.raises(SourceChanged, match="in/a was overwritten"):
        archive.copy_aside("in/a", '"0"', "kept", source=source)
    with pytest.raises(SourceChanged, match="in/b was deleted"):
        archive.copy_aside("in/b", '"0"', "kept", source=source)
    assert archive.head("kept") is None
