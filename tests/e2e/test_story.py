"""A whole export: source files, job, archive."""

from chalicelib.trace_ids import job_digest
from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.sources import Sources, noise


def test_files_exported_by_id_have_their_own_names(api: Api, sources: Sources) -> None:
    files = [
        sources.put(b"no name in its metadata"),
        sources.put(noise(1000), filename="Größe & Maß 50%.txt"),
        sources.put(noise(1000), filename="日本語/レポート 🎉.pdf"),
        sources.put(b"out of the folder", filename="../../etc/passwd", name="__/__/etc/passwd"),
        sources.put(b"from a drive", filename="C:\\Users\\me\\a.txt", name="C_/Users/me/a.txt"),
        sources.put(b"one", filename="report.pdf"),
        sources.put(b"another", filename="REPORT.pdf", name="REPORT (2).pdf"),
        sources.put(b"a manifest of their own", filename="manifest.json"),
    ]

    job_id = api.export(fileIds=[file.file_id for file in files])
    job = api.completed(job_id)

    archive = api.archive(job_id)
    check_archive(archive, files, job_id=job_id, manifest_name="manifest (2).json")
    assert job["result"]["processedFiles"] == len(files)


def test_files_exported_by_key_keep_their_folders(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [
        sources.put_at(prefix, rest, noise(500), name=f"{prefix}{name}")
        for rest, name in (
            ("a+b c%20d.txt", "a+b c%20d.txt"),
            ("deep/er/ü ñ#1?&=.bin", "deep/er/ü ñ#1_&=.bin"),
            ("quo'te\"d.txt", "quo'te_d.txt"),
            ("semi;colon,comma.txt", "semi;colon,comma.txt"),
            ("日本/語.txt", "日本/語.txt"),
        )
    ]

    job_id = api.export(keys=[file.key for file in files])
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_dots_in_a_key_are_part_of_its_name(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [
        sources.put_at(prefix, "x/../y", b"the one with dots", name=f"{prefix}x/__/y"),
        sources.put_at(prefix, "y", b"the other one", name=f"{prefix}y"),
    ]

    job_id = api.export(keys=[file.key for file in files])
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_a_prefix_exports_every_file_under_it(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    # In the order of their keys, which is the order of a listing.
    files = [
        sources.put_at(prefix, name, noise(500))
        for name in ("a.txt", "b c/z.txt", "b c/ü+%.txt", "d/e/f.txt")
    ]
    sources.put_at(prefix, "empty folder/", b"")

    job_id = api.export(prefix=prefix)
    job = api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)
    assert job["result"]["totalFiles"] == len(files)


def test_a_prefix_can_end_inside_a_name(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [sources.put_at(prefix, name, noise(10)) for name in ("may-1.txt", "may-2.txt")]
    sources.put_at(prefix, "june.txt", b"another month")

    job_id = api.export(prefix=f"{prefix}may")
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_the_answer_to_a_request_contains_the_urls_of_its_job(api: Api, sources: Sources) -> None:
    file = sources.put(b"anything")

    answer = api.post("/v1/export", {"fileIds": [file.file_id]})

    accepted = answer.json()
    url = f"{api.base_url}/v1/export/{accepted['jobId']}"
    assert answer.status_code == 202
    assert answer.headers["Location"] == url
    assert answer.headers["Retry-After"] == "1"
    assert accepted == {
        "jobId": accepted["jobId"],
        "status": "queued",
        "totalFiles": 1,
        "message": accepted["message"],
        "statusUrl": url,
        "sseUrl": f"{url}/progress",
        "downloadUrl": f"{url}/download?redirect=true",
        "linkUrl": f"{url}/download",
        "traceId": job_digest(accepted["jobId"]),
    }


def test_a_completed_job_contains_all_facts_of_its_archive(api: Api, sources: Sources) -> None:
    files = [sources.put(noise(size)) for size in (1, 70_000)]

    job_id = api.export(fileIds=[file.file_id for file in files], userId="somebody")
    job = api.completed(job_id)

    archive = api.archive(job_id)
    assert job["result"] == {
        "s3Key": f"archives/{job_id}.zip",
        "fileSize": len(archive),
        "processedFiles": 2,
        "totalFiles": 2,
        "missing": [],
        "skipped": [],
        "downloadUrl": f"{api.base_url}/v1/export/{job_id}/download?redirect=true",
        "linkUrl": f"{api.base_url}/v1/export/{job_id}/download",
        "indexUrl": None,
    }
    assert (job["format"], job["archives"]) == ("zip", 1)
    assert job["progress"] == {
        "percent": 100,
        "currentFile": 2,
        "totalFiles": 2,
        "bytesDone": len(archive),
        "bytesTotal": len(archive),
        "stage": "done",
        "message": job["progress"]["message"],
        "etaSeconds": None,
    }
    assert job["error"] is None
    assert job["createdAt"] <= job["updatedAt"] < job["expiresAt"]
