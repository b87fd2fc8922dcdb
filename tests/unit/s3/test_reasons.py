"""Why S3 refuses a file: how a bucket finds out, and what that costs."""

import pytest

from chalicelib.errors import (
    AccessDenied,
    Reason,
    SourceChanged,
    SourceUnreadable,
    StorageRefused,
    Unavailable,
    UploadGone,
)
from chalicelib.s3.access import Access
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from tests.unit.s3.script import BAD_HEAD, Said, Script, refusal

SOURCE = Access()
DENIED = refusal(403, "AccessDenied", "Access Denied")
SSE_C = refusal(
    400,
    "InvalidRequest",
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object.",
)
FACTS = {
    "content-length": "5",
    "etag": '"e"',
    "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
}
FIRST_BYTE = Said(206, {"content-range": "bytes 0-0/5"}, b"a")


# -- a HEAD, and the GET that says why it was refused ---------------------------------------------


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([*BAD_HEAD, SSE_C], Reason.ENCRYPTED),
        (
            [*BAD_HEAD, refusal(400, "KMS.DisabledException", "it is disabled")],
            Reason.KEY_UNUSABLE,
        ),
        ([Said(403), refusal(403, "AccessDenied", "kms:Decrypt")], Reason.KEY_UNUSABLE),
        ([Said(403), DENIED, Said(403)], Reason.DENIED),
        # Without checksums a HEAD needs no key. So it is the key that is denied.
        (
            [Said(403), DENIED, Said(200, FACTS | {"x-amz-server-side-encryption": "aws:kms"})],
            Reason.KEY_UNUSABLE,
        ),
        ([Said(403), DENIED, Said(200, FACTS)], Reason.DENIED),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_a_head_that_is_refused_says_the_reason(
    answers: list[Said],
    reason: Reason,
    fast: bool,  # noqa: FBT001 - a parameter
) -> None:
    # What the fast path does not understand is asked again through botocore.
    script = Script([*answers[:fast], *answers])

    with pytest.raises(SourceUnreadable) as caught:
        script.bucket(SOURCE, fast=fast).head("in/a")

    assert (caught.value.key, caught.value.reason) == ("in/a", reason)
    assert not script.answers


@pytest.mark.parametrize("refusals", [[Said(403)], BAD_HEAD])
def test_an_object_that_can_be_read_by_now_is_looked_at_again(refusals: list[Said]) -> None:
    script = Script([*refusals, FIRST_BYTE])

    with pytest.raises(Unavailable, match="refused it a moment ago"):
        script.bucket(SOURCE).head("in/a")


def test_the_reason_of_a_version_is_asked_for_that_version() -> None:
    script = Script([Said(403), DENIED, Said(403)])

    with pytest.raises(SourceUnreadable):
        script.bucket(SOURCE).head("in/a", version="v")

    assert [asked.query for asked in script.asked] == [{"versionId": "v"}] * 3
    assert script.asked[1].headers["range"] == "bytes=0-0"


@pytest.mark.parametrize("code", ["KMS.ThrottlingException", "RequestTimeout", "ExpiredToken"])
def test_a_head_that_may_succeed_later_is_unavailable(code: str) -> None:
    script = Script([*BAD_HEAD, refusal(400, code)])

    with pytest.raises(Unavailable, match=code):
        script.bucket(SOURCE).head("in/a")


def test_a_file_that_is_deleted_meanwhile_has_no_facts() -> None:
    assert Script([Said(403), refusal(404, "NoSuchKey")]).bucket(SOURCE).head("in/a") is None


def test_in_our_own_bucket_a_denied_head_is_no_fault_of_a_file() -> None:
    script = Script([Said(403)])

    with pytest.raises(AccessDenied, match="not allowed to look at a"):
        script.archive().head("a")


def test_in_our_own_bucket_a_refused_head_is_told_by_its_code() -> None:
    script = Script([*BAD_HEAD, refusal(400, "KMS.DisabledException", "disabled")])

    with pytest.raises(StorageRefused, match=r"KMS\.DisabledException"):
        script.archive().head("a")


@pytest.mark.parametrize("version", [None, "v"])
def test_a_bucket_that_denies_all_is_not_asked_twice_for_each(version: str | None) -> None:
    first = [Said(403), DENIED, Said(403)]
    script = Script([*first * 16, *first[:1] * 50])
    bucket = script.bucket(SOURCE)

    whys = [_why(bucket, f"in/{number}", version) for number in range(66)]

    assert len(set(whys)) == 1
    assert script.methods.count("GET") == 16
    assert not script.answers


def test_a_file_that_is_found_begins_the_count_anew() -> None:
    denied, found = [Said(403), DENIED, Said(403)], Said(200, FACTS)
    script = Script([*denied * 16, found, *denied])
    bucket = script.bucket(SOURCE)

    for number in range(16):
        _why(bucket, f"in/{number}")
    assert bucket.head("in/there")
    _why(bucket, "in/denied")

    assert not script.answers


def test_reasons_that_differ_are_all_asked_for() -> None:
    denied, by_key = (
        [Said(403), DENIED, Said(403)],
        [Said(403), refusal(403, "AccessDenied", "kms:")],
    )
    script = Script([*denied, *by_key] * 20)
    bucket = script.bucket(SOURCE)

    whys = [_why(bucket, f"in/{number}") for number in range(40)]

    assert len(set(whys)) == 2
    assert not script.answers


def test_the_reason_of_a_bad_request_is_no_guess() -> None:
    disabled = [*BAD_HEAD, refusal(400, "KMS.DisabledException", "it is disabled")]
    no_version = [*BAD_HEAD, refusal(400, "InvalidArgument", "Invalid version id specified")]
    script = Script([*[*BAD_HEAD, SSE_C] * 16, *disabled, *no_version])
    bucket = script.bucket(SOURCE)

    whys = [_why(bucket, f"in/{number}") for number in range(17)]

    assert "KMS key is disabled" in whys[-1]
    assert bucket.head("in/there", version="v") is None


def test_the_reason_of_another_status_is_no_guess() -> None:
    denied, encrypted = [Said(403), DENIED, Said(403)], [*BAD_HEAD, SSE_C]
    script = Script([*denied * 16, *encrypted])
    bucket = script.bucket(SOURCE)

    whys = [_why(bucket, f"in/{number}") for number in range(17)]

    assert whys[-1].startswith("encrypted")


# -- why ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [FIRST_BYTE, Said(200, {}, b"a"), refusal(416, "InvalidRange")])
def test_an_object_that_can_be_read_has_no_fault(answer: Said) -> None:
    """An empty object, too: S3 has no first byte of it."""
    assert Script([answer]).bucket(SOURCE).why("in/a") is None


def test_an_object_that_is_gone_has_changed() -> None:
    assert isinstance(Script([refusal(404, "NoSuchKey")]).bucket(SOURCE).why("a"), SourceChanged)


# -- reads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
def test_a_read_that_is_refused_says_the_reason(fast: bool) -> None:  # noqa: FBT001 - a parameter
    cold = refusal(403, "InvalidObjectState", "not valid", StorageClass="GLACIER")
    script = Script([cold] * (1 + fast))

    with pytest.raises(SourceUnreadable) as caught:
        script.bucket(SOURCE, fast=fast).read_range("in/a", 0, 5, '"e"', "v")

    assert (caught.value.reason, caught.value.why) == (
        Reason.ARCHIVED,
        "in GLACIER; restore it first",
    )
    assert {asked.query["versionId"] for asked in script.asked} == {"v"}


def test_a_throttled_key_is_tried_again() -> None:
    script = Script([refusal(400, "KMS.ThrottlingException"), Said(206, {}, b"ab")])

    assert script.bucket(SOURCE).read_range("in/a", 0, 2) == b"ab"


@pytest.mark.parametrize("fast", [True, False])
def test_a_range_is_found_in_the_whole_object(fast: bool) -> None:  # noqa: FBT001 - a parameter
    """A server may ignore the header Range."""
    script = Script([Said(200, {}, b"abcdef")] * (1 + fast))

    assert script.bucket(SOURCE, fast=fast).read_range("in/a", 3, 2, version="v") == b"de"


def test_a_whole_object_without_the_range_is_cut_short() -> None:
    script = Script([Said(200, {}, b"abc")] * 5)

    with pytest.raises(Unavailable, match="cut short"):
        script.bucket(SOURCE).read_range("in/a", 7, 2)


def test_a_long_key_leaves_room_for_what_is_wrong() -> None:
    long = "é/" * 400 + "z.bin"

    with pytest.raises(Unavailable, match=r"….*/z\.bin: S3 refused it a moment ago") as looked:
        Script([Said(403), FIRST_BYTE]).bucket(SOURCE).head(long)
    with pytest.raises(Unavailable, match=r"….*/z\.bin: the answer was cut short") as read:
        Script([Said(200, {}, b"a")] * 5).bucket(SOURCE).read_range(long, 7, 2)

    assert all(len(one.value.detail.encode()) < 200 for one in (looked, read))


# -- copies ---------------------------------------------------------------------------------------


def _copy(archive: ArchiveBucket, source: Bucket, version: str | None = None) -> None:
    archive.copy_part(
        "archive.zip",
        "u",
        3,
        source=source,
        source_key="in/a",
        etag='"e"',
        size=9,
        start=0,
        length=9,
        version=version,
    )


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([refusal(403, "InvalidObjectState", "cold")], Reason.ARCHIVED),
        ([DENIED, DENIED, Said(403)], Reason.DENIED),
        ([SSE_C, SSE_C], Reason.ENCRYPTED),
        ([refusal(400, "KMS.DisabledException")] * 2, Reason.KEY_UNUSABLE),
        ([refusal(400, "InvalidRequest", "no copy source"), DENIED, Said(403)], Reason.DENIED),
    ],
)
def test_a_copy_whose_source_is_refused_says_the_reason(
    answers: list[Said], reason: Reason
) -> None:
    script = Script([*answers])

    with pytest.raises(SourceUnreadable) as caught:
        _copy(script.archive(), script.bucket(SOURCE, name="s"))

    assert (caught.value.key, caught.value.reason) == ("in/a", reason)
    assert not script.answers


def test_a_copy_whose_source_can_be_read_is_refused_by_our_own_bucket() -> None:
    disabled = refusal(400, "KMS.DisabledException", "the archive's key is disabled")

    for answer, error in ((DENIED, AccessDenied), (disabled, StorageRefused)):
        script = Script([answer, FIRST_BYTE])
        with pytest.raises(error, match="copy in/a"):
            _copy(script.archive(), script.bucket(SOURCE, name="s"))
        assert script.asked[1].path == "/s/in/a"


def test_the_first_byte_that_decides_a_copy_may_be_unavailable() -> None:
    script = Script([DENIED, refusal(503, "SlowDown")])

    with pytest.raises(Unavailable):
        _copy(script.archive(), script.bucket(SOURCE))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refusal(404, "NoSuchKey"), "was deleted"),
        (refusal(404, "NoSuchVersion"), "was deleted"),
        (refusal(412, "PreconditionFailed"), "was overwritten"),
        (refusal(416, "InvalidRange"), "was overwritten"),
    ],
)
def test_a_copy_whose_source_has_changed_says_so(answer: Said, message: str) -> None:
    script = Script([answer])

    with pytest.raises(SourceChanged, match=message):
        _copy(script.archive(), script.bucket(SOURCE), "v")


def test_a_copy_into_an_upload_that_is_gone_finds_it_gone() -> None:
    script = Script([refusal(404, "NoSuchUpload")])

    with pytest.raises(UploadGone):
        _copy(script.archive(), script.bucket(SOURCE))


def test_a_copy_of_our_own_copy_that_is_refused_is_no_fault_of_a_file() -> None:
    script = Script([DENIED, FIRST_BYTE, refusal(400, "Odd"), FIRST_BYTE])
    archive = script.archive()

    with pytest.raises(AccessDenied):
        _copy(archive, archive)
    with pytest.raises(StorageRefused, match="S3 refused to copy in/a: Odd"):
        _copy(archive, archive)


# -- what is about no file ------------------------------------------------------------------------


def test_a_write_that_s3_refuses_is_told_by_its_code() -> None:
    bucket = Script([refusal(400, "KMS.DisabledException", "it is off")] * 4).archive()

    for what, call in (
        ("write a", lambda: bucket.write("a", b"")),
        ("open an upload for a", lambda: bucket.create_upload("a", "text/plain")),
        ("upload part 1 of a", lambda: bucket.upload_part("a", "u", 1, b"")),
        ("complete a", lambda: bucket.complete_upload("a", "u", [])),
    ):
        with pytest.raises(StorageRefused) as caught:
            call()
        assert caught.value.detail == f"S3 refused to {what}: KMS.DisabledException: it is off"


def test_an_upload_that_is_gone_is_found_gone() -> None:
    bucket = Script([refusal(404, "NoSuchUpload")] * 4).archive()

    for call in (
        lambda: bucket.upload_part("a", "u", 1, b""),
        lambda: list(bucket.list_parts("a", "u")),
        lambda: bucket.complete_upload("a", "u", []),
    ):
        with pytest.raises(UploadGone):
            call()
    bucket.abort_upload("a", "u")


def test_a_part_that_was_replaced_is_no_refusal() -> None:
    bucket = Script([refusal(400, "InvalidPart")]).archive()

    with pytest.raises(Unavailable, match="a part was replaced"):
        bucket.complete_upload("a", "u", [])


def test_a_bucket_that_is_not_there_cannot_be_reached() -> None:
    with pytest.raises(Unavailable, match="there is no bucket b"):
        Script([Said(404)]).bucket(SOURCE).check()
    with pytest.raises(StorageRefused, match="S3 refused to reach the bucket b: 409"):
        Script([Said(409)]).bucket(SOURCE).check()


def _why(bucket: Bucket, key: str, version: str | None = None) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        bucket.head(key, version=version)
    assert caught.value.key == key
    return caught.value.why
