"""Requested files that do not exist."""

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources


def test_missing_files_are_left_out_and_listed(api: Api, sources: Sources) -> None:
    files = [sources.put(b"one"), sources.put(b"two")]
    gone = [sources.new_id(), sources.new_id()]

    job_id = api.export(file_ids=[files[0].file_id, *gone, files[1].file_id])
    result = api.completed(job_id)["result"]

    assert result["missing"] == gone
    assert (result["processedFiles"], result["totalFiles"]) == (2, 4)
    check_archive(api.archive(job_id), files, gone, job_id=job_id)


def test_missing_keys_are_listed_as_keys(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    file = sources.put_at(prefix, "there", b"one", name=f"{prefix}there")

    job_id = api.export(keys=[file.key, f"{prefix}gone ü"])
    job = api.completed(job_id)

    assert job["result"]["missing"] == [f"{prefix}gone ü"]
    check_archive(api.archive(job_id), [file], [f"{prefix}gone ü"], job_id=job_id)


def test_with_fail_the_job_fails_and_names_the_missing_file(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file, gone = sources.put(b"one"), sources.new_id()

    job_id = api.export(file_ids=[file.file_id, gone], on_missing="fail")
    job = api.ended(job_id)

    assert job["status"] == "failed"
    assert job["error"]["type"] == "urn:problem-type:longhaul:source-missing"
    assert str(gone) in job["error"]["detail"]
    assert job["result"] is None
    assert not backstage.archive_objects(f"archives/{job_id}")
    assert not backstage.uploads(job_id)


def test_with_fail_a_job_without_missing_files_completes(api: Api, sources: Sources) -> None:
    file = sources.put(b"one")

    job_id = api.export(file_ids=[file.file_id], on_missing="fail")
    api.completed(job_id)

    check_archive(api.archive(job_id), [file], job_id=job_id)


def test_a_long_list_of_missing_files_is_returned_whole(api: Api, sources: Sources) -> None:
    gone = [sources.new_id() for _ in range(500)]

    job_id = api.export(file_ids=[sources.put(b"there").file_id, *gone])
    job = api.completed(job_id)

    assert job["result"]["missing"] == gone


def test_an_export_of_an_empty_prefix_fails_with_a_reason(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()

    job = api.ended(api.export(prefix=prefix))

    assert job["status"] == "failed"
    assert job["error"]["type"] == "urn:problem-type:longhaul:nothing-to-export"
    assert prefix in job["error"]["detail"]
