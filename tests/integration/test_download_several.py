"""GET /v1/export/{jobId}/download of a job that has several archives, or an index."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.gateway import Answer, call
from tests.integration.stack import Stack
from tests.integration.volumes import SIZES, keys, several
from tests.integration.wire import Requests


def download(job_id: str, token: str = "", **query: object) -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = {name: str(value).lower() for name, value in query.items()}
    return call("GET", f"/v1/export/{job_id}/download", query=asked, headers=headers)


def leads_to(link: str) -> tuple[str, str, str]:
    """Returns the key, the type and the name that a link has."""
    address, query = urlsplit(link), parse_qs(urlsplit(link).query)
    (media_type,) = query["response-content-type"]
    (disposition,) = query["response-content-disposition"]
    return address.path[1:], media_type, disposition.rpartition("'")[2]


def test_without_a_number_the_answer_lists_all_archives_in_their_order(stack: Stack) -> None:
    job_id = several(stack).job_id

    answer = download(job_id)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    archives = answer.body.pop("archives")
    assert answer.body == {
        "jobId": job_id,
        "status": "ready",
        "message": "The files are in 3 archives. Ask for a link to each, with archive=1 to 3.",
    }
    assert [one["archive"] for one in archives] == [1, 2, 3]
    assert [one["size"] for one in archives] == [*SIZES]
    assert [one["filename"] for one in archives] == [f"March-{n}-of-3.zip" for n in (1, 2, 3)]


def test_each_url_of_the_list_leads_to_its_archive(stack: Stack) -> None:
    job = several(stack, form="tar.gz")

    for one, key in zip(download(job.job_id).body["archives"], keys(job), strict=True):
        link, redirect = (_followed(one[name]) for name in ("linkUrl", "downloadUrl"))
        there = (key, "application/gzip", one["filename"])
        assert leads_to(link.body["downloadUrl"]) == there
        assert link.body["filename"] == one["filename"]
        assert redirect.status == 303
        assert leads_to(redirect.headers["Location"]) == there


def test_a_redirect_without_a_number_leads_to_the_first(stack: Stack) -> None:
    job = several(stack)

    answer = download(job.job_id, redirect=True)

    assert answer.status == 303
    assert leads_to(answer.headers["Location"])[::2] == (keys(job)[0], "March-1-of-3.zip")


def test_the_list_costs_one_request_to_s3(stack: Stack, requests: Requests) -> None:
    job_id = several(stack).job_id
    requests.made.clear()

    download(job_id)

    assert requests.count()["ListObjectsV2"] == 1
    assert requests.count()["HeadObject"] == 0


def test_the_one_archive_of_a_job_is_the_first(stack: Stack) -> None:
    job_id = several(stack, archives=1).job_id

    first, answer = download(job_id, archive=1).body, download(job_id).body

    assert leads_to(first["downloadUrl"]) == leads_to(answer["downloadUrl"])
    assert answer["filename"] == "March.zip"


@pytest.mark.parametrize("archive", ["0", "-1", "4", "1.0", "", "one", "9" * 50, "٣"])
def test_an_archive_that_is_not_there_is_named(stack: Stack, archive: str) -> None:
    answer = download(several(stack).job_id, archive=archive)

    assert answer.status == 400
    assert [error["pointer"] for error in answer.body["errors"]] == ["archive"]
    assert len(answer.body["detail"]) < 200


def test_an_archive_that_somebody_deleted_is_gone_and_the_others_are_not(stack: Stack) -> None:
    job = several(stack)
    stack.services.archive.delete(keys(job)[1])

    assert [download(job.job_id, archive=n).status for n in (1, 2, 3)] == [200, 410, 200]
    assert "archive 2 of 3" in download(job.job_id).body["detail"]


def test_all_archives_expire_together(stack: Stack) -> None:
    job_id = several(stack, form="tar").job_id
    stack.clock.advance(days=7)

    queries: list[dict[str, Any]] = [{}, {"archive": 2}, {"redirect": True}, {"index": True}]
    assert {download(job_id, **query).status for query in queries} == {410}


def test_a_share_link_opens_each_archive(stack: Stack) -> None:
    job = several(stack)
    ticket = call("POST", f"/v1/export/{job.job_id}/shares").body["ticket"]
    stack.configure(auth="jwt")
    assert download(job.job_id, archive=2).status == 401

    assert download(job.job_id, ticket, archive=2).status == 200
    assert len(download(job.job_id, ticket).body["archives"]) == 3


def test_what_another_job_has_built_is_saved_under_the_jobs_own_name(stack: Stack) -> None:
    builder = several(stack)
    job = several(stack, home=builder.job_id)
    call("PATCH", f"/v1/export/{job.job_id}", body={"filename": "Mine"})

    archives = download(job.job_id).body["archives"]

    assert [one["filename"] for one in archives] == [f"Mine-{n}-of-3.zip" for n in (1, 2, 3)]
    link = download(job.job_id, archive=1).body["downloadUrl"]
    assert leads_to(link)[0] == keys(builder)[0]


# -- the index of a tar ---------------------------------------------------------------------------


def test_a_tar_has_a_link_to_its_index(stack: Stack) -> None:
    job_id = several(stack, form="tar", archives=1).job_id
    url = call("GET", f"/v1/export/{job_id}").body["result"]["indexUrl"]

    link, redirect = download(job_id, index=True), _followed(url)

    there = (f"archives/{job_id}.tar.index", "text/csv", "March.tar.index.csv")
    assert leads_to(link.body["downloadUrl"]) == leads_to(redirect.headers["Location"]) == there
    assert link.body["filename"] == "March.tar.index.csv"


def test_a_zip_has_no_index(stack: Stack) -> None:
    job_id = several(stack).job_id

    answer = download(job_id, index=True)

    assert answer.status == 404
    assert answer.body["type"] == "urn:problem-type:longhaul:not-found"
    assert "a zip has no index; a tar has one" in answer.body["detail"]
    assert call("GET", f"/v1/export/{job_id}").body["result"]["indexUrl"] is None


def test_an_index_that_somebody_deleted_is_not_there(stack: Stack) -> None:
    job_id = several(stack, form="tar").job_id
    stack.services.archive.delete(f"archives/{job_id}.tar.index")

    assert download(job_id, index=True, archive=3).status == 404


@pytest.mark.parametrize(("query", "number"), [({}, 1), ({"archive": 1}, 1), ({"archive": 2}, 2)])
def test_each_of_several_tars_has_an_index(
    stack: Stack, query: dict[str, Any], number: int
) -> None:
    job_id = several(stack, form="tar").job_id

    link = download(job_id, index=True, **query).body

    there = f"archives/{job_id}-{number}.tar.index"
    filename = f"March-{number}-of-3.tar.index.csv"
    assert leads_to(link["downloadUrl"]) == (there, "text/csv", filename)


def test_the_last_of_several_tars_has_the_index_with_the_jobs_key(stack: Stack) -> None:
    job_id = several(stack, form="tar").job_id

    link = download(job_id, index=True, archive=3).body

    assert leads_to(link["downloadUrl"])[0] == f"archives/{job_id}.tar.index"
    assert link["filename"] == "March-3-of-3.tar.index.csv"


def test_what_cannot_be_meant_of_an_index_is_named(stack: Stack) -> None:
    answer = download(several(stack, form="tar").job_id, index="1")

    assert answer.status == 400
    assert [error["pointer"] for error in answer.body["errors"]] == ["index"]


def _followed(url: str) -> Answer:
    """Returns the answer of the API to a GET of one of its own URLs."""
    address = urlsplit(url)
    query = {name: value for name, (value,) in parse_qs(address.query).items()}
    return call("GET", address.path[address.path.index("/v1/") :], query=query)
