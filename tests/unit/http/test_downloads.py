"""The link to an archive, and the name under which it is downloaded."""

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http import downloads
from tests.unit.samples import JOB_ID, NOW, a_job, some_settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

filenames = st.text(st.characters(codec="utf-8"), min_size=1)  # control characters too
nasty = st.sampled_from(['"; x="', "a\r\nSet-Cookie: b", "%41", "''", "\\", "é\u202e", "😀.zip"])


@given(filenames | nasty)
def test_any_name_comes_back_from_the_header(filename: str) -> None:
    _, extended = _parsed(downloads.content_disposition(filename))

    assert extended == filename


@given(filenames | nasty)
def test_the_header_is_plain_ascii_on_one_line(filename: str) -> None:
    assert all(" " <= char <= "~" for char in downloads.content_disposition(filename))


@given(filenames | nasty)
def test_no_name_ends_the_quotes_or_escapes_in_them(filename: str) -> None:
    plain, _ = _parsed(downloads.content_disposition(filename))

    assert not {'"', "\\", "%", "/"} & set(plain)
    assert len(plain) == len(filename)


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("a b.zip", "attachment; filename=\"a b.zip\"; filename*=UTF-8''a%20b.zip"),
        ("é.zip", "attachment; filename=\"_.zip\"; filename*=UTF-8''%C3%A9.zip"),
        ('a"b.zip', "attachment; filename=\"a_b.zip\"; filename*=UTF-8''a%22b.zip"),
    ],
)
def test_old_browsers_are_given_a_name_too(filename: str, header: str) -> None:
    assert downloads.content_disposition(filename) == header


@pytest.mark.parametrize(
    ("left", "seconds"), [(10**9, 900), (900_000, 900), (899_999, 899), (1_000, 1), (1, 1)]
)
def test_a_link_never_outlives_the_archive(left: int, seconds: int) -> None:
    job = a_job(expires_at=NOW + left)
    signer = _Signer()

    given_link = downloads.presigned(cast("S3Client", signer), job, some_settings(), NOW)

    assert given_link == ("https://signed", seconds)
    assert signer.asked["ExpiresIn"] == seconds


def test_a_link_is_for_the_archive_under_its_name() -> None:
    signer = _Signer()

    downloads.presigned(cast("S3Client", signer), a_job(filename="é.zip"), some_settings(), NOW)

    assert signer.asked["Params"] == {
        "Bucket": "archives",
        "Key": f"archives/{JOB_ID}.zip",
        "ResponseContentType": "application/zip",
        "ResponseContentDisposition": downloads.content_disposition("é.zip"),
    }


class _Signer:
    """Keeps what it was asked to sign."""

    def generate_presigned_url(self, _: str, **asked: Any) -> str:
        self.asked = asked
        return "https://signed"


def _parsed(header: str) -> tuple[str, str]:
    """`filename` and `filename*`, read as RFC 6266 and RFC 5987 say and no more leniently."""
    quoted, extended = r'"([^"\\]*)"', r"UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*)"
    found = re.fullmatch(rf"attachment; filename={quoted}; filename\*={extended}", header)
    assert found
    return found[1], unquote(found[2], errors="strict")
