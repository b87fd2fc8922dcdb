"""The name under which an archive is downloaded."""

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http import links
from tests.unit.samples import JOB_ID, NOW, a_job, some_settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

filenames = st.text(st.characters(codec="utf-8"), min_size=1)  # control characters too
nasty = st.sampled_from(['"; x="', "a\r\nSet-Cookie: b", "%41", "''", "\\", "é\u202e", "😀.zip"])


@given(filenames | nasty)
def test_any_name_comes_back_from_the_header(filename: str) -> None:
    _, extended = _parsed(links.content_disposition(filename))

    assert extended == filename


@given(filenames | nasty)
def test_the_header_is_plain_ascii_on_one_line(filename: str) -> None:
    assert all(" " <= char <= "~" for char in links.content_disposition(filename))


@given(filenames | nasty)
def test_no_name_ends_the_quotes_or_escapes_in_them(filename: str) -> None:
    plain, _ = _parsed(links.content_disposition(filename))

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
    assert links.content_disposition(filename) == header


@given(st.none() | filenames | nasty)
def test_an_archives_name_is_one_part_of_a_path_that_ends_in_zip(wanted: str | None) -> None:
    name = links.archive_filename(wanted, JOB_ID)

    assert name.lower().endswith(".zip")
    assert len(name) > len(".zip")
    assert not {"/", "\\"} & set(name)
    assert not name.startswith(".")


@given(st.none() | filenames)
def test_an_archives_name_is_left_alone(wanted: str | None) -> None:
    name = links.archive_filename(wanted, JOB_ID)

    assert links.archive_filename(name, JOB_ID) == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (None, "longhaul-5f0c5d0e.zip"),
        ("", "longhaul-5f0c5d0e.zip"),
        (" . ", "longhaul-5f0c5d0e.zip"),
        ("März", "März.zip"),
        ("March.ZIP", "March.ZIP"),
        ("a.zip.", "a.zip"),
        ("../../etc/passwd", "_.._etc_passwd.zip"),
        ("C:\\x", "_x.zip"),
        ("data.tar", "data.tar.zip"),
    ],
)
def test_what_the_caller_wanted_becomes(wanted: str | None, name: str) -> None:
    assert links.archive_filename(wanted, JOB_ID) == name


@pytest.mark.parametrize(
    ("left", "seconds"), [(10**9, 900), (900_000, 900), (899_999, 899), (1_000, 1), (1, 1)]
)
def test_a_link_never_outlives_the_archive(left: int, seconds: int) -> None:
    job = a_job(expires_at=NOW + left)
    signer = _Signer()

    given_link = links.presigned(cast("S3Client", signer), job, some_settings(), NOW)

    assert given_link == ("https://signed", seconds)
    assert signer.asked["ExpiresIn"] == seconds


def test_a_link_is_for_the_archive_under_its_name() -> None:
    signer = _Signer()

    links.presigned(cast("S3Client", signer), a_job(filename="é.zip"), some_settings(), NOW)

    assert signer.asked["Params"] == {
        "Bucket": "archives",
        "Key": f"archives/{JOB_ID}.zip",
        "ResponseContentType": "application/zip",
        "ResponseContentDisposition": links.content_disposition("é.zip"),
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
