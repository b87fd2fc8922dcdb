"""Presigned links: they expire, belong to one archive, and work with any HTTP client."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests

from tests.e2e.api import TIMEOUT_SECONDS, Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources, noise
from tests.waiting import wait_for


@dataclass(frozen=True)
class Done:
    """A completed export, and the bytes of its archive."""

    job_id: str
    archive: bytes
    filename: str


@pytest.fixture(scope="module")
def done(api: Api, sources: Sources) -> Done:
    file_id = sources.put(noise(100_000)).file_id
    job_id = api.export(file_ids=[file_id])
    made = api.completed(job_id)
    return Done(job_id, api.archive(job_id), f"{file_id}-{made['createdAt'][:10]}.zip")


def parameters(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_a_link_is_signed_for_15_minutes_with_signature_version_4(api: Api, done: Done) -> None:
    answer = api.get(f"/v1/export/{done.job_id}/download").json()

    signed = parameters(answer["downloadUrl"])
    assert signed["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert signed["X-Amz-SignedHeaders"] == "host"
    assert signed["X-Amz-Expires"] == str(answer["expiresIn"]) == "900"
    assert answer["status"] == "ready"


def test_a_redirect_leads_to_the_archive(api: Api, done: Done) -> None:
    answer = api.get(f"/v1/export/{done.job_id}/download", query={"redirect": "true"})

    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert api.follow(answer.headers["Location"]).content == done.archive


def test_the_url_that_was_given_at_first_leads_to_the_archive(api: Api, sources: Sources) -> None:
    file_id = sources.put(noise(10)).file_id
    accepted = api.post("/v1/export", {"fileIds": [file_id], "onMissing": "fail"}).json()
    early = api.follow(accepted["downloadUrl"])
    api.completed(accepted["jobId"])

    archive = api.follow(accepted["downloadUrl"])
    link = api.follow(accepted["linkUrl"]).json()["downloadUrl"]

    assert early.status_code in {200, 409}  # the job may be quick
    assert archive.headers["Content-Type"] == "application/zip"
    assert api.follow(link).content == archive.content


def test_a_redirect_can_be_followed_with_head(api: Api, done: Done) -> None:
    """As `curl -LI` and `wget --spider` do."""
    answer = api.call("HEAD", f"/v1/export/{done.job_id}/download", query={"redirect": "true"})

    assert (answer.status_code, answer.content) == (303, b"")
    followed = requests.head(answer.headers["Location"], timeout=TIMEOUT_SECONDS)
    assert (followed.status_code, followed.content) == (200, b"")
    assert followed.headers["Content-Type"] == "application/zip"
    assert int(followed.headers["Content-Length"]) == len(done.archive)


def test_head_works_without_a_redirect_too(api: Api, done: Done) -> None:
    answer = api.call("HEAD", f"/v1/export/{done.job_id}/download")

    assert (answer.status_code, answer.content) == (200, b"")


def test_the_link_in_a_jobs_result_leads_to_the_archive(api: Api, done: Done) -> None:
    link = api.job(done.job_id)["result"]["downloadUrl"]

    assert api.follow(link).content == done.archive


def test_an_archive_has_the_type_of_a_zip(api: Api, done: Done) -> None:
    answer = api.follow(api.link(done.job_id))

    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(done.archive)


def test_an_interrupted_download_can_be_resumed(api: Api, done: Done) -> None:
    link = api.link(done.job_id)
    first = api.follow(link, {"Range": "bytes=0-49999"})

    rest = api.follow(link, {"Range": "bytes=50000-", "If-Range": first.headers["ETag"]})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert (
        rest.headers["Content-Range"] == f"bytes 50000-{len(done.archive) - 1}/{len(done.archive)}"
    )
    assert first.content + rest.content == done.archive


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        pytest.param(r"Signature=\w{8}", "Signature=00000000", id="signature"),
        pytest.param(r"Expires=900", "Expires=90000", id="lifetime"),
        pytest.param(r"archives/\w{8}", "archives/00000000", id="archive"),
        pytest.param(r"application%2Fzip", "text%2Fhtml", id="type"),
    ],
)
def test_a_changed_link_is_refused(api: Api, done: Done, pattern: str, replacement: str) -> None:
    changed, count = re.subn(pattern, replacement, api.link(done.job_id))

    answer = api.follow(changed)

    assert count == 1
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_link_reads_and_does_nothing_else(api: Api, done: Done, method: str) -> None:
    link = api.link(done.job_id)

    answer = requests.request(method, link, data=b"mine", timeout=TIMEOUT_SECONDS)

    assert answer.status_code in (403, 405)
    assert api.follow(link).content == done.archive


@pytest.mark.parametrize("more", ["acl", "tagging", "versionId=1", "uploads", "partNumber=1"])
def test_a_link_cannot_ask_for_more(api: Api, done: Done, more: str) -> None:
    answer = api.follow(f"{api.link(done.job_id)}&{more}")

    assert answer.status_code in (400, 403)


def test_a_link_does_not_list_the_bucket(api: Api, done: Done) -> None:
    url = urlsplit(api.link(done.job_id))
    bucket = url._replace(path=url.path.partition("/archives/")[0] or "/")

    answer = api.follow(bucket.geturl())

    assert answer.status_code == 403
    assert done.job_id not in answer.text


def test_a_link_expires(api: Api, done: Done, backstage: Backstage) -> None:
    place = {"Bucket": backstage.outputs.archive_bucket, "Key": f"archives/{done.job_id}.zip"}
    link = backstage.s3.generate_presigned_url("get_object", Params=place, ExpiresIn=1)

    wait_for(lambda: api.follow(link).status_code == 403, 10, "the link to expire")

    assert api.follow(api.link(done.job_id)).status_code == 200


@pytest.mark.parametrize(
    ("filename", "saved"),
    [
        pytest.param("March.zip", "March.zip", id="plain"),
        pytest.param("März, Größe & 50%.zip", "März, Größe & 50%.zip", id="Latin"),
        pytest.param("日本語レポート", "日本語レポート.zip", id="Japanese, no extension"),
        pytest.param("🎉.ZIP", "🎉.ZIP", id="emoji"),
        pytest.param("a\"b'c.zip", "a_b'c.zip", id="quotes"),
        pytest.param("a;b=c*=d, e.zip", "a;b=c_=d, e.zip", id="separators"),
        pytest.param("🎉" * 62 + ".zip", "🎉" * 62 + ".zip", id="the longest"),
        pytest.param("../../etc\\passwd", "_.._etc_passwd.zip", id="folders"),
    ],
)
def test_a_browser_saves_under_the_requested_name(
    api: Api, sources: Sources, filename: str, saved: str
) -> None:
    job_id = api.export(file_ids=[sources.put(b"x").file_id], filename=filename)
    api.completed(job_id)

    disposition = api.follow(api.link(job_id)).headers["Content-Disposition"]

    # RFC 6266: a plain fallback for old browsers, then the name in UTF-8.
    found = re.fullmatch(
        r"""attachment; filename="[^"\\%]+"; filename\*=UTF-8''(\S+)""", disposition
    )
    assert disposition.isascii()
    assert found
    assert unquote(found[1], errors="strict") == saved


@pytest.mark.parametrize("odd", ["\u202e", "\u2028", "\x85"], ids=ascii)
def test_a_saved_name_has_no_invisible_characters(api: Api, sources: Sources, odd: str) -> None:
    job_id = api.export(file_ids=[sources.put(b"x").file_id], filename=f"a{odd}b.zip")
    api.completed(job_id)

    disposition = api.follow(api.link(job_id)).headers["Content-Disposition"]

    assert odd not in unquote(disposition)


def test_an_archive_without_a_name_is_named_after_its_file(api: Api, done: Done) -> None:
    disposition = api.follow(api.link(done.job_id)).headers["Content-Disposition"]

    assert f'filename="{done.filename}"' in disposition
