"""What is taken from a row of a completion report, and what is left out with its reason."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.named_sources import Source
from infra.checksums import Filled, Row, UnusableRow, parsed, rows

DOCUMENTED = (
    "amzn-s3-demo-bucket1,s3-standard-1mb-test-object,,succeeded,200,,"
    '"{""checksum_base64"":""bS9TOQ\\u003d\\u003d"",""etag"":""3c3c1813042989094598e4b57ecbdc82"",'
    '""checksumAlgorithm"":""CRC32"",""checksumType"":""FULL_OBJECT"",""checksum_hex"":""6D2F5339""}"'
)
"""The example of AWS's page."""

MESSAGE = {
    "checksum_base64": "bS9TOQ==",
    "etag": "e1",
    "checksumAlgorithm": "CRC32",
    "checksumType": "FULL_OBJECT",
    "checksum_hex": "6D2F5339",
}
SOURCES = (
    Source(name="default", bucket="films", prefix="in/"),
    Source(name="old", bucket="films", prefix="archive/"),
    Source(name="music", bucket="songs"),
)


def row(key: str = "in/a", *, bucket: str = "films", **message: Any) -> list[str]:
    said = {name: value for name, value in {**MESSAGE, **message}.items() if value is not None}
    return [bucket, key, "", "succeeded", "200", "", json.dumps(said)]


def taken(*columns: list[str]) -> tuple[list[Row], Filled]:
    text = io.StringIO()
    csv.writer(text).writerows(columns)
    filled = Filled()
    return list(rows(io.StringIO(text.getvalue()), SOURCES, filled)), filled


def test_the_documented_row_is_read() -> None:
    (columns,) = csv.reader([DOCUMENTED])

    assert parsed(columns) == Row(
        "amzn-s3-demo-bucket1",
        "s3-standard-1mb-test-object",
        "3c3c1813042989094598e4b57ecbdc82",
        0x6D2F5339,
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (row(checksumAlgorithm="CRC64NVME"), "CRC64NVME of type FULL_OBJECT, not CRC32"),
        (row(checksumType="COMPOSITE"), "CRC32 of type COMPOSITE, not CRC32 of type FULL_OBJECT"),
        (row(checksumType=None), "CRC32 of type None"),
        (row(checksum_base64="bS9TOQ==-3"), "its checksum_base64 is no CRC-32"),
        (row(checksum_base64=7), "its checksum_base64 is no CRC-32"),
        (row(checksum_hex="00000000"), "its checksum_base64 and its checksum_hex differ"),
        (row(etag=None), "it does not say the bucket, the key or the ETag"),
        (row(""), "it does not say the bucket, the key or the ETag"),
        ([*row()[:3], "failed", *row()[4:]], "the task has 'failed', not succeeded"),
        ([*row()[:6], "{'CopySourceVersionId': 'x'}"], "its ResultMessage is no JSON object"),
        ([*row()[:6], "[1]"], "its ResultMessage is no JSON object"),
        ([*row()[:6], "[" * 100_000], "its ResultMessage is no JSON object"),
        (row()[:6], "not 7 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_used_is_refused_with_the_reason(
    columns: list[str], reason: str
) -> None:
    with pytest.raises(UnusableRow) as refused:
        parsed(columns)

    assert str(refused.value).startswith(reason)


@given(st.lists(st.text(), min_size=7, max_size=7), st.text())
def test_no_row_breaks_the_reader(columns: list[str], message: str) -> None:
    for last in (message, json.dumps({"etag": message, "checksum_base64": message})):
        try:
            parsed([*columns[:3], "succeeded", *columns[4:6], last])
        except UnusableRow:
            continue
        raise AssertionError("random text is no checksum")


def test_rows_are_counted_by_source_and_what_is_left_out_by_reason() -> None:
    found, filled = taken(
        row("in/a"),
        row("archive/b"),
        row("c", bucket="songs"),
        row("elsewhere/d"),
        row("e", bucket="strangers"),
        row("in/f", checksumAlgorithm="SHA256"),
        row("in/g", checksumAlgorithm="SHA256"),
    )

    assert [one.key for one in found] == ["in/a", "archive/b", "c"]
    assert filled.taken == {"default": 1, "old": 1, "music": 1}
    assert str(filled).splitlines() == [
        "Kept 3 checksums.",
        "  1 of the source default",
        "  1 of the source old",
        "  1 of the source music",
        "Left out 4 rows:",
        "  2: SHA256 of type FULL_OBJECT, not CRC32 of type FULL_OBJECT",
        "  1: the key is outside of the prefix of each source in films",
        "  1: the bucket strangers is none of a source",
    ]


@pytest.mark.parametrize(
    ("reported", "keys"),
    [
        ("in/a", ["in/a"]),
        ("in/a+b%2B.txt", ["in/a+b%2B.txt", "in/a b+.txt"]),
        ("in%2Fa", ["in%2Fa", "in/a"]),
    ],
)
def test_a_key_that_may_be_url_encoded_is_taken_in_both_readings(
    reported: str, keys: list[str]
) -> None:
    found, filled = taken(row(reported))

    assert [one.key for one in found] == keys
    assert filled.taken.total() == 1


def test_a_million_reasons_are_not_kept() -> None:
    _, filled = taken(*(row(bucket=f"bucket-{number}") for number in range(1000)))

    assert filled.ignored.total() == 1000
    assert len(filled.ignored) <= 51
