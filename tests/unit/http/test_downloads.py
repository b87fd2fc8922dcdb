"""The link to an archive, and the name under which it is downloaded."""

import re
from typing import Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.formats import FORMATS, Format
from chalicelib.http import downloads
from chalicelib.http.calls import Call
from chalicelib.http.downloads import Link, archive
from chalicelib.jobs.model import ArchiveFormat, PlanRef
from chalicelib.s3 import clients
from tests.unit.samples import DAY, JOB_ID, NOW, a_job, some_settings

WEEK = 7 * 24 * 3600

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


@pytest.fixture
def signer(monkeypatch: pytest.MonkeyPatch) -> "_Signer":
    made = _Signer()
    monkeypatch.setattr(clients, "for_links", lambda _: made)
    return made


@pytest.mark.parametrize(
    ("left", "seconds"), [(10**9, 900), (900_000, 900), (899_999, 899), (1_000, 1), (1, 1)]
)
def test_a_link_never_outlives_the_archive(signer: "_Signer", left: int, seconds: int) -> None:
    job = a_job(expires_at=NOW + left)

    link = downloads.presigned(_call(), archive(job, 1), some_settings(), NOW, None)

    assert link == Link("https://signed", seconds)
    assert signer.asked["ExpiresIn"] == seconds


@pytest.mark.parametrize(
    ("lives", "seconds", "is_said"),
    [(None, WEEK, False), (900, 900, True), (WEEK, WEEK, False), (WEEK - 1, WEEK - 1, True)],
)
def test_a_link_ends_with_what_signed_it_and_says_so(
    signer: "_Signer", lives: int | None, seconds: int, *, is_said: bool
) -> None:
    job, settings = a_job(expires_at=NOW + 30 * DAY), some_settings(LINK_TTL_SECONDS=str(WEEK))

    link = downloads.presigned(_call(), archive(job, 1), settings, NOW, lives)

    assert link.seconds == signer.asked["ExpiresIn"] == seconds
    assert ("604800 seconds are set" in link.why) is is_said


def test_nothing_is_said_of_credentials_that_outlive_the_archive(signer: "_Signer") -> None:
    job = a_job(expires_at=NOW + 60_000)

    link = downloads.presigned(_call(), archive(job, 1), some_settings(), NOW, 61)

    assert (link.seconds, link.why) == (60, "")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_is_for_the_archive_under_its_name(signer: "_Signer", method: str) -> None:
    job = a_job(filename="é.zip")

    downloads.presigned(_call(method), archive(job, 1), some_settings(), NOW, None)

    assert signer.asked["HttpMethod"] == method
    assert signer.asked["Params"] == {
        "Bucket": "archives",
        "Key": f"archives/{JOB_ID}.zip",
        "ResponseContentType": "application/zip",
        "ResponseContentDisposition": downloads.content_disposition("é.zip"),
    }


@pytest.mark.parametrize("form", [*FORMATS.values()], ids=lambda form: form.NAME)
def test_a_link_has_the_type_of_its_format(form: Format) -> None:
    assert downloads.MEDIA_TYPES[cast("ArchiveFormat", form.NAME)] == form.MEDIA_TYPE


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("zip", "application/zip"), ("tar", "application/x-tar"), ("tar.gz", "application/gzip")],
)
def test_the_archive_of_a_job_has_the_type_of_its_format(
    form: ArchiveFormat, media_type: str
) -> None:
    target = archive(a_job(format=form, filename=f"a.{form}"), 1)

    assert (target.key, target.filename) == (f"archives/{JOB_ID}.{form}", f"a.{form}")
    assert target.media_type == media_type


def test_each_of_several_archives_has_its_key_and_its_name_and_the_last_has_the_jobs_key() -> None:
    job = a_job(format="tar.gz", archives=12, filename="a.tar.gz")

    first, last = archive(job, 1), archive(job, 12)

    assert (first.key, first.filename) == (f"archives/{JOB_ID}-1.tar.gz", "a-01-of-12.tar.gz")
    assert (last.key, last.filename) == (job.archive_key, "a-12-of-12.tar.gz")


def test_archives_that_another_job_has_built_are_found_at_its_home() -> None:
    plan = PlanRef("0123456789abcdef", "upload", 1, home="of-another")

    assert archive(a_job(archives=2, plan=plan), 1).key == "archives/of-another-1.zip"


def _call(method: str = "GET") -> Call:
    return Call(context={}, headers={}, query={}, body=b"", method=method)


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
