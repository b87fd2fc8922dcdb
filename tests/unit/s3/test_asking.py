"""What a bucket sends: versions, the owner that must be, and who pays. Both ways send the same."""

from collections.abc import Callable

import pytest

from chalicelib.errors import Unavailable
from chalicelib.s3.access import Access
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from tests.unit.s3.script import Asked, Said, Script, refusal

OWNER = "444455556666"
PAID = Access(owner=OWNER, requester_pays=True)
FACTS = {
    "content-length": "2",
    "etag": '"e"',
    "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
}
HEADED = Said(200, FACTS)
READ = Said(206, {"content-range": "bytes 0-1/2"}, b"ab")
COPIED = Said(200, {}, b"<CopyPartResult><ETag>e</ETag></CopyPartResult>")
LISTED = Said(200, {}, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
VERSIONS = Said(
    200,
    {},
    b"<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated></ListVersionsResult>",
)
ATTRIBUTES = Said(200, {}, b"<GetObjectAttributesResponse/>")
OBJECT_HEADERS = {"x-amz-expected-bucket-owner": OWNER, "x-amz-request-payer": "requester"}
BUCKET_HEADERS = {"x-amz-expected-bucket-owner": OWNER}
COPY_HEADERS = {"x-amz-source-expected-bucket-owner": OWNER, "x-amz-request-payer": "requester"}


def _copy(source: Bucket) -> None:
    ArchiveBucket(source.client, "archive", source.fast).copy_part(
        "archive.zip",
        "u",
        3,
        source=source,
        source_key="in/a?b",
        etag='"e"',
        size=9,
        start=0,
        length=4,
        version="v_1.2",
    )


CALLS: dict[str, tuple[Callable[[Bucket], object], Said, dict[str, str]]] = {
    "head": (lambda bucket: bucket.head("in/a"), HEADED, OBJECT_HEADERS),
    "head of a version": (
        lambda bucket: bucket.head("in/a", version="v_1.2"),
        HEADED,
        OBJECT_HEADERS,
    ),
    "read": (lambda bucket: bucket.read_range("in/a", 0, 2, '"e"', "v_1.2"), READ, OBJECT_HEADERS),
    "list": (lambda bucket: bucket.list_page("in/", "in/a b"), LISTED, OBJECT_HEADERS),
    "versions": (
        lambda bucket: bucket.list_versions_page("in/", "in/a b"),
        VERSIONS,
        OBJECT_HEADERS,
    ),
    "copy": (_copy, COPIED, COPY_HEADERS),
    # These always go through botocore.
    "read all": (lambda bucket: bucket.read("in/a"), Said(200, {}, b"ab"), OBJECT_HEADERS),
    "folder": (lambda bucket: bucket.list_folder("in/", 9), LISTED, OBJECT_HEADERS),
    "parts": (lambda bucket: bucket.part_crc32s("in/a", '"e"'), ATTRIBUTES, OBJECT_HEADERS),
    "check": (lambda bucket: bucket.check(), Said(200), BUCKET_HEADERS),
    "check a prefix": (lambda bucket: bucket.check("in/"), LISTED, OBJECT_HEADERS),
    "versioning": (
        lambda bucket: bucket.is_versioned(),
        Said(200, {}, b"<VersioningConfiguration/>"),
        BUCKET_HEADERS,
    ),
}
BY_BOTH = [*CALLS][:6]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("fast", [True, False])
def test_each_request_names_the_owner_and_who_pays(name: str, fast: bool) -> None:  # noqa: FBT001 - a parameter
    call, answer, headers = CALLS[name]

    asked = _asked(call, answer, PAID, fast=fast)

    assert {one: asked.headers.get(one) for one in headers} == headers
    assert set(headers) <= set(asked.signed)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("fast", [True, False])
def test_a_bucket_of_the_same_account_is_asked_without_them(name: str, fast: bool) -> None:  # noqa: FBT001 - a parameter
    call, answer, _ = CALLS[name]

    asked = _asked(call, answer, Access(), fast=fast)

    assert not {*OBJECT_HEADERS, *COPY_HEADERS} & set(asked.headers)


@pytest.mark.parametrize("name", BY_BOTH)
def test_the_fast_path_and_botocore_ask_for_the_same(name: str) -> None:
    call, answer, _ = CALLS[name]

    fast, slow = (_asked(call, answer, PAID, fast=fast) for fast in (True, False))

    assert "amz-sdk-request" not in fast.headers
    assert (fast.method, fast.path.rstrip("/"), fast.query) == (slow.method, slow.path, slow.query)
    for header in ("range", "if-match", "x-amz-checksum-mode"):
        assert fast.headers.get(header) == slow.headers.get(header)
    for header in ("x-amz-copy-source", "x-amz-copy-source-range"):
        assert fast.headers.get(header) == slow.headers.get(header)


@pytest.mark.parametrize("name", BY_BOTH)
def test_the_names_in_a_signed_query_are_in_order(name: str) -> None:
    call, answer, _ = CALLS[name]

    asked = _asked(call, answer, PAID, fast=True)

    assert list(asked.query) == sorted(asked.query)


def test_a_copy_names_the_version_of_its_source() -> None:
    for fast in (True, False):
        asked = _asked(_copy, COPIED, Access(), fast=fast)

        assert asked.headers["x-amz-copy-source"] == "b/in/a%3Fb?versionId=v_1.2"
        assert asked.headers["x-amz-copy-source-range"] == "bytes=0-3"


def test_the_parts_of_a_version_are_asked_for() -> None:
    asked = _asked(lambda b: b.part_crc32s("in/a", '"e"', "v_1.2"), ATTRIBUTES, PAID, fast=True)

    assert asked.query["versionId"] == "v_1.2"


def test_a_folder_is_asked_for_what_was_restored() -> None:
    asked = _asked(lambda bucket: bucket.list_folder("in/", 9), LISTED, Access(), fast=False)

    assert asked.headers["x-amz-optional-object-attributes"] == "RestoreStatus"


# -- versioning ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "is_versioned"),
    [
        (
            Said(
                200,
                {},
                b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
            ),
            True,
        ),
        (
            Said(
                200,
                {},
                b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            ),
            True,
        ),
        (Said(200, {}, b"<VersioningConfiguration/>"), False),
        (refusal(403, "AccessDenied"), False),
        (refusal(501, "NotImplemented"), False),
        (refusal(400, "MalformedXML"), False),
    ],
)
def test_a_bucket_is_asked_once_whether_it_keeps_versions(answer: Said, is_versioned: bool) -> None:  # noqa: FBT001 - a parameter
    script = Script([answer])
    bucket = script.bucket(Access())

    assert [bucket.is_versioned() for _ in range(3)] == [is_versioned] * 3
    assert [asked.query for asked in script.asked] == [{"versioning": ""}]


def test_a_bucket_that_does_not_answer_is_asked_again() -> None:
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    bucket = Script([refusal(503, "SlowDown"), Said(200, {}, enabled)]).bucket(Access())

    with pytest.raises(Unavailable):
        bucket.is_versioned()
    assert bucket.is_versioned()


# -- a copy aside -------------------------------------------------------------------------------


def test_a_copy_aside_has_its_crc32_and_nothing_else_of_the_file() -> None:
    copied = Said(200, {}, b"<CopyObjectResult><ETag>&quot;c&quot;</ETag></CopyObjectResult>")
    headed = Said(200, FACTS | {"etag": '"c"', "x-amz-checksum-crc32": "AAAAAQ=="})
    script = Script([copied, headed])
    source = script.bucket(PAID, name="s")

    facts = script.archive().copy_aside("in/a", '"e"', "kept/1", source=source, version="v")

    assert (facts.key, facts.etag, facts.crc32) == ("kept/1", '"c"', 1)
    put, head = script.asked
    sent = {name: put.headers.get(name) for name in COPY_ASIDE}
    assert (put.method, put.path, sent) == ("PUT", "/b/kept/1", COPY_ASIDE)
    assert (head.method, head.path) == ("HEAD", "/b/kept/1")


COPY_ASIDE = {
    "x-amz-copy-source": "s/in/a?versionId=v",
    "x-amz-copy-source-if-match": '"e"',
    "x-amz-metadata-directive": "REPLACE",
    "x-amz-tagging-directive": "REPLACE",
    "x-amz-checksum-algorithm": "CRC32",
    **COPY_HEADERS,
}


def _asked(call: Callable[[Bucket], object], answer: Said, access: Access, *, fast: bool) -> Asked:
    script = Script([answer])
    call(script.bucket(access, fast=fast))
    assert len(script.asked) == 1
    return script.asked[0]
