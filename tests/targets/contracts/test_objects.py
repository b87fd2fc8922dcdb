"""S3's objects, as Longhaul relies on them."""

from tests.faults.stored import b64_crc32
from tests.targets.contracts.bound import Bound
from tests.targets.rows import row


def put(s3: Bound, key: str, body: bytes) -> str:
    return str(s3.put_object(Key=key, Body=body)["ETag"])


def test_an_object_has_its_bytes_its_etag_and_its_metadata(s3: Bound) -> None:
    etag = s3.put_object(Key="a", Body=b"content", Metadata={"filename": "x.txt"})["ETag"]

    head, got = s3.head_object(Key="a"), s3.get_object(Key="a")

    assert (head["ContentLength"], head["ETag"]) == (7, etag)
    assert head["Metadata"] == {"filename": "x.txt"}
    assert head["LastModified"].tzinfo
    assert got["Body"].read() == b"content"
    assert etag == '"9a0364b9e99bb480dd25e1f0284c8555"'


def test_a_checksum_is_returned_on_request(s3: Bound) -> None:
    s3.put_object(Key="a", Body=b"content", ChecksumAlgorithm="CRC32")

    head = s3.head_object(Key="a", ChecksumMode="ENABLED")

    assert head["ChecksumCRC32"] == b64_crc32(b"content")
    assert "ChecksumCRC32" not in s3.head_object(Key="a")


def test_a_missing_object_is_not_found(s3: Bound) -> None:
    assert s3.refuses("head_object", Key="a") == ("404", 404)
    assert s3.refuses("get_object", Key="a") == ("NoSuchKey", 404)


def test_a_put_replaces_an_object(s3: Bound) -> None:
    put(s3, "a", b"first")
    etag = put(s3, "a", b"second")

    assert s3.get_object(Key="a")["Body"].read() == b"second"
    assert s3.head_object(Key="a")["ETag"] == etag


def test_a_put_that_says_so_replaces_no_object(s3: Bound) -> None:
    s3.put_object(Key="a", Body=b"first", IfNoneMatch="*")

    refused = s3.refuses("put_object", Key="a", Body=b"second", IfNoneMatch="*")

    assert refused == ("PreconditionFailed", 412)
    assert s3.get_object(Key="a")["Body"].read() == b"first"


def test_a_range_is_shortened_at_the_end_and_refused_after_it(s3: Bound) -> None:
    put(s3, "a", b"content")

    got = s3.get_object(Key="a", Range="bytes=4-99")

    assert (got["Body"].read(), got["ContentLength"]) == (b"ent", 3)
    assert s3.refuses("get_object", Key="a", Range="bytes=7-8") == ("InvalidRange", 416)


@row("S3", "`If-Match` on GET: an object that was changed is not read")
def test_a_read_with_an_etag_refuses_another_version(s3: Bound) -> None:
    etag = put(s3, "a", b"one")
    assert s3.get_object(Key="a", IfMatch=etag)["Body"].read() == b"one"
    put(s3, "a", b"two")

    assert s3.refuses("get_object", Key="a", IfMatch=etag) == ("PreconditionFailed", 412)


def test_deleting_a_missing_object_is_not_an_error(s3: Bound) -> None:
    put(s3, "a", b"")

    s3.delete_object(Key="nothing")
    s3.delete_objects(Delete={"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True})

    assert "Contents" not in s3.list_objects_v2()


def test_a_listing_is_in_key_order_under_its_prefix(s3: Bound) -> None:
    for key in ("b/2", "a", "b/10", "b/1", "c"):
        put(s3, key, b"x")

    page = s3.list_objects_v2(Prefix="b/")
    after = s3.list_objects_v2(Prefix="b/", StartAfter="b/1")

    assert [row["Key"] for row in page["Contents"]] == ["b/1", "b/10", "b/2"]
    assert [row["Key"] for row in after["Contents"]] == ["b/10", "b/2"]
    assert not page["IsTruncated"]


def test_a_listing_continues_with_its_token(s3: Bound) -> None:
    for key in ("1", "2", "3"):
        put(s3, key, b"x")

    first = s3.list_objects_v2(MaxKeys=2)
    second = s3.list_objects_v2(MaxKeys=2, ContinuationToken=first["NextContinuationToken"])

    pages = [[row["Key"] for row in page["Contents"]] for page in (first, second)]
    assert pages == [["1", "2"], ["3"]]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert "NextContinuationToken" not in second
