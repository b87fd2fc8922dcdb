"""A failed export is mended: its failure says how, a retry leaves out what is missing, and the
archive gets another name."""

from urllib.parse import unquote

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.sources import Sources, noise


def test_a_failure_is_mended_by_a_retry_that_skips_and_the_archive_is_renamed(
    api: Api, sources: Sources
) -> None:
    file, gone = sources.put(noise(2000)), sources.new_id()
    asked = {"fileIds": [file.file_id, gone], "onMissing": "fail"}
    failed = api.ended(api.export(**asked))

    error = failed["error"]
    assert error["remedies"] == ["skip-missing", "edit"]
    assert error["affectedFiles"] == 1
    assert error["affected"] == [{"file": gone, "reason": "missing", "detail": "does not exist"}]

    path = f"/v1/export/{failed['jobId']}"
    skipping = {"onMissing": "skip"}
    retried = [api.post(f"{path}/retry", skipping).json()["jobId"] for _ in "12"]
    done = api.completed(retried[0])
    assert retried[0] == retried[1] == done["jobId"]
    assert done["result"]["missing"] == [gone]
    assert done["filename"] == f"{file.file_id}-and-1-more-{done['createdAt'][:10]}.zip"
    check_archive(api.archive(done["jobId"]), [file], [gone], job_id=done["jobId"])

    answer = api.call("PATCH", f"/v1/export/{done['jobId']}", content={"filename": "März"})
    assert answer.status_code == 200
    assert answer.json() == {**done, "filename": "März.zip"}
    disposition = api.follow(api.link(done["jobId"])).headers["Content-Disposition"]
    assert unquote(disposition).endswith("UTF-8''März.zip")
    assert api.job(failed["jobId"])["filename"] == failed["filename"]


def test_what_was_asked_for_can_be_edited_and_asked_for_again(api: Api, sources: Sources) -> None:
    file, gone = sources.put(b"one"), sources.new_id()
    asked = {"fileIds": [file.file_id, gone], "onMissing": "fail"}
    failed = api.ended(api.export(**asked, filename="März.zip"))

    said = api.get(f"/v1/export/{failed['jobId']}/request").json()
    assert {**said, **asked, "filename": "März.zip"} == said

    done = api.completed(api.export(**{**said, "fileIds": [file.file_id]}))
    assert done["filename"] == "März.zip"
    check_archive(api.archive(done["jobId"]), [file], job_id=done["jobId"])
