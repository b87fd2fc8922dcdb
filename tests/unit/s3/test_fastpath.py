"""What the shorter way to S3 takes for a success, whatever a server answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import pytest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import slow_calls
from chalicelib.s3.fastpath import FastPath
from chalicelib.s3.framing import Answer
from chalicelib.s3.objects import ObjectFacts, ObjectPage
from chalicelib.s3.wire import Request, Wire

FACTS = {
    "content-length": "5",
    "etag": '"e"',
    "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-meta-filename": "r\xc3\xa0",
}
texts = st.text(st.characters(max_codepoint=0xFF), max_size=30)
odd_dates = st.builds(
    "Mon, {} Jan {} {}:00:00 {}".format,
    st.integers(),
    st.integers(),
    st.integers(),
    st.sampled_from(["GMT", "-0000", "+9999"]) | texts,
)


@dataclass
class Told:
    """A wire that has one answer. `body` goes into the caller's buffer if it fills it."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    def exchange(self, _: Request, into: memoryview | None = None) -> Answer:
        if into is not None and self.status == 206 and len(into) == len(self.body):
            into[:] = self.body
            return Answer(self.status, self.headers, None)
        return Answer(self.status, self.headers, self.body)


def fast(told: Told) -> FastPath:
    return FastPath(
        wire=cast("Wire", told),
        credentials=Credentials("none", "none"),
        region="eu-central-1",
        endpoint="https://s3.example",
        by_path=True,
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_the_facts_of_an_object_are_those_of_its_headers() -> None:
    understood, facts = fast(Told(200, FACTS)).head("bucket", "key")

    assert understood
    assert facts == ObjectFacts(
        key="key",
        size=5,
        etag='"e"',
        modified=1_704_067_200,
        crc32=0,
        metadata={"filename": "r\xc3\xa0"},
    )


@given(
    status=st.sampled_from([200, 200, 404, 206, 503]),
    length=st.integers(0).map(str),
    others=st.dictionaries(
        st.sampled_from([*[*FACTS][1:], "x-amz-checksum-type"]), texts | odd_dates
    ),
)
@example(200, "5", {"last-modified": f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT"})
def test_headers_of_any_kind_are_facts_or_are_not_understood(
    status: int, length: str, others: dict[str, str]
) -> None:
    told = Told(status, {**FACTS, **others, "content-length": length})

    understood, facts = fast(told).head("bucket", "key")

    assert understood == (status == 404 or facts is not None)
    if facts:
        assert facts.size == int(length)


@pytest.mark.parametrize("missing", ["content-length", "etag", "last-modified"])
def test_without_one_of_these_headers_nothing_is_known_of_an_object(missing: str) -> None:
    headers = {name: value for name, value in FACTS.items() if name != missing}

    assert fast(Told(200, headers)).head("bucket", "key") == (False, None)


@given(body=st.binary(max_size=100), status=st.sampled_from([200, 206, 404, 503]))
@example(b"<ListBucketResult><IsTruncated>x</IsTruncated></ListBucketResult>", 200)
@example(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;&d;</a>", 200)
def test_a_body_of_any_kind_is_a_page_or_is_not_understood(body: bytes, status: int) -> None:
    page = fast(Told(status, {}, body)).list_page("bucket", "", "")

    assert page is None or isinstance(page, ObjectPage)


@pytest.mark.parametrize(
    ("headers", "is_read"),
    [
        ({"content-range": "bytes 7-9/100"}, True),
        ({"content-range": "bytes 7-9/*"}, True),
        ({"content-range": "bytes 0-2/100"}, False),
        ({"content-range": "bytes 7-99/100"}, False),
        ({"content-range": "bytes 7-9"}, False),
        ({"content-type": "multipart/byteranges; boundary=x"}, False),
        ({}, False),
    ],
)
def test_only_the_range_that_was_asked_for_is_taken(headers: dict[str, str], is_read: bool) -> None:  # noqa: FBT001 - a parameter
    buffer = memoryview(bytearray(3))

    assert fast(Told(206, headers, b"abc")).read_into(buffer, "b", "k", 7, etag=None) is is_read


@pytest.mark.parametrize("status", [200, 201, 204, 301, 404, 500])
def test_an_answer_that_is_no_range_is_no_read(status: int) -> None:
    buffer = memoryview(bytearray(3))
    told = Told(status, {"content-range": "bytes 7-9/100"}, b"abc")

    assert not fast(told).read_into(buffer, "b", "k", 7, etag=None)


@pytest.mark.parametrize(
    ("status", "body", "etag"),
    [
        (200, b"<CopyPartResult><ETag>e</ETag></CopyPartResult>", "e"),
        (200, b'<?xml?><CopyPartResult xmlns="x"><ETag>"e"</ETag></CopyPartResult>', '"e"'),
        (200, b"<CopyPartResult><ETag>&quot;e&quot;</ETag></CopyPartResult>", '"e"'),
        (200, b"<CopyPartResult><ETag>&#34;e&#34;</ETag></CopyPartResult>", '"e"'),
        (200, b"<CopyPartResult><ETag>&amp;e</ETag></CopyPartResult>", None),
        (200, b"<CopyPartResult><ETag>e", None),
        (200, b"<Error><Code>InternalError</Code></Error>", None),
        (200, b"<Error><ETag>e</ETag></Error>", None),
        (200, b"", None),
        (204, b"<CopyPartResult><ETag>e</ETag></CopyPartResult>", None),
        (503, b"<CopyPartResult><ETag>e</ETag></CopyPartResult>", None),
    ],
)
def test_a_copy_has_the_etag_that_s3_says(status: int, body: bytes, etag: str | None) -> None:
    told = Told(status, {}, body)

    copied = fast(told).copy_part("b", "k", "u", 1, source="s/k", etag='"e"', source_range=None)

    assert copied == etag


@pytest.mark.parametrize(
    ("status", "headers", "etag"),
    [(200, {"etag": '"e"'}, '"e"'), (200, {}, None), (503, {"etag": '"e"'}, None)],
)
def test_a_part_has_the_etag_that_s3_says(
    status: int, headers: dict[str, str], etag: str | None
) -> None:
    assert fast(Told(status, headers, b"")).upload_part("b", "k", "u", 1, b"x") == etag


@pytest.mark.parametrize(("status", "body"), [(200, b"all"), (404, None), (206, None)])
def test_a_whole_object_is_read_if_there_is_one(status: int, body: bytes | None) -> None:
    assert fast(Told(status, {}, b"all")).read("bucket", "key") == body


def _head(path: FastPath) -> object:
    return path.head("bucket", "key")


def _list(path: FastPath) -> object:
    return path.list_page("bucket", "list-type=", "")


def _list_versions(path: FastPath) -> object:
    return path.list_versions_page("bucket", "versions=", "a")


def _read(path: FastPath) -> object:
    return path.read_into(memoryview(bytearray(1)), "bucket", "versions=", 0, etag=None)


def _upload(path: FastPath) -> object:
    return path.upload_part("bucket", "key", "upload", 1, b"1")


def _copy(path: FastPath) -> object:
    return path.copy_part(
        "bucket", "key", "upload", 1, source="bucket/key", etag="e", source_range=None
    )


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (_head, "S3.HeadObject"),
        (_list, "S3.ListObjectsV2"),
        (_list_versions, "S3.ListObjectVersions"),
        (_read, "S3.GetObject"),
        (_upload, "S3.UploadPart"),
        (_copy, "S3.UploadPartCopy"),
    ],
)
@pytest.mark.parametrize("ms", [199, 200])
def test_a_slow_request_is_called_as_aws_calls_it(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[FastPath], object], name: str, ms: int
) -> None:
    begun = iter([0.0, ms / 1000])
    monkeypatch.setattr(slow_calls, "clock", lambda: next(begun))
    slow_calls.taken(0, 0)

    ask(fast(Told(503, {})))

    found = [call[0] for call in slow_calls.taken(0, 10**15)]
    assert found == ([name] if ms >= 200 else [])
