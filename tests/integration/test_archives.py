"""From a request to an archive that opens and has the bytes of its source files."""

import pytest

from tests.archives import check_archive, noise
from tests.integration.gateway import export, status
from tests.integration.stack import MIB, Stack
from tests.integration.wire import Requests, answering


def test_a_small_export_becomes_one_archive(stack: Stack) -> None:
    first = stack.put_file("downloads/10001", b"one")
    second = stack.put_file("downloads/10002", b"two")
    job_id = export(file_ids=[10001, 10002])

    failed = stack.run_queue()

    assert failed == []
    manifest = check_archive(stack.archive(job_id), {"10001": first, "10002": second})
    assert manifest["jobId"] == job_id
    assert manifest["createdAt"] == "2026-05-28T20:26:40Z"
    assert status(job_id)["status"] == "completed"


def test_files_have_the_order_of_the_request(stack: Stack) -> None:
    for file_id in (10001, 10002, 10003):
        stack.put_file(f"downloads/{file_id}", b"x")
    job_id = export(file_ids=[10003, 10001, 10002])

    stack.run_queue()

    content = dict.fromkeys(("10001", "10002", "10003"), b"x")
    manifest = check_archive(stack.archive(job_id), content)
    assert [file["name"] for file in manifest["files"]] == ["10003", "10001", "10002"]


def test_an_archive_is_built_in_one_upload_and_none_stays_open(
    stack: Stack, requests: Requests
) -> None:
    stack.put_file("downloads/10001", b"one")
    export(file_ids=[10001])
    requests.clear()

    stack.run_queue()

    assert requests.count()["CreateMultipartUpload"] == 1
    assert requests.count()["CompleteMultipartUpload"] == 1
    assert stack.uploads() == []


@pytest.mark.parametrize("checksum", [True, False])
def test_empty_files_are_exported_too(stack: Stack, checksum: bool) -> None:  # noqa: FBT001 - a parameter
    stack.put_file("in/empty", b"", checksum=checksum)
    stack.put_file("in/full", b"full", checksum=checksum)
    stack.put_file("in/last", b"", checksum=checksum)
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), {"empty": b"", "full": b"full", "last": b""})


@pytest.mark.parametrize("checksum", [True, False])
def test_many_small_files_make_several_parts(
    stack: Stack,
    requests: Requests,
    checksum: bool,  # noqa: FBT001 - a parameter
) -> None:
    files = {
        f"{number:03}": stack.put_file(f"in/{number:03}", noise(number, 200_000), checksum=checksum)
        for number in range(120)
    }
    job_id = export(prefix="in/")
    requests.clear()

    stack.run_queue()

    check_archive(stack.archive(job_id), files)
    assert requests.count()["UploadPart"] >= 2
    assert requests.count()["UploadPartCopy"] == 0


def test_a_large_file_is_copied_and_only_its_first_bytes_are_read(
    stack: Stack, requests: Requests
) -> None:
    content = stack.put_file("downloads/10001", noise(1, 30 * MIB))
    job_id = export(file_ids=[10001])
    requests.clear()

    stack.run_queue()

    check_archive(stack.archive(job_id), {"10001": content})
    (copy,) = requests.of("UploadPartCopy")
    assert copy["x-amz-copy-source-range"].endswith(f"-{30 * MIB - 1}")
    assert sum(requests.source_reads()) < 5 * MIB


def test_small_files_fill_the_part_before_a_copy(stack: Stack, requests: Requests) -> None:
    files = {f"a{i}": stack.put_file(f"in/a{i}", noise(i, MIB)) for i in range(6)}
    files["big"] = stack.put_file("in/big", noise(9, 20 * MIB))
    files["c"] = stack.put_file("in/c", b"after")
    job_id = export(prefix="in/")
    requests.clear()

    stack.run_queue()

    check_archive(stack.archive(job_id), files)
    (copy,) = requests.of("UploadPartCopy")
    assert "x-amz-copy-source-range" not in copy  # all of it
    assert {get["Key"] for get in requests.of("GetObject")}.isdisjoint({"in/big"})


def test_large_files_side_by_side_are_each_copied(stack: Stack, requests: Requests) -> None:
    files = {name: stack.put_file(f"in/{name}", noise(ord(name), 17 * MIB)) for name in "abc"}
    job_id = export(prefix="in/")
    requests.clear()

    stack.run_queue()

    check_archive(stack.archive(job_id), files)
    assert requests.count()["UploadPartCopy"] == 3


@pytest.mark.parametrize("size", [MIB, 16 * MIB, 16 * MIB + 1, 33 * MIB])
def test_a_file_whose_crc32_s3_does_not_know_is_exported_too(stack: Stack, size: int) -> None:
    files = {
        "a": stack.put_file("in/a", b"before"),
        "b": stack.put_file("in/b", noise(size, size), checksum=False),
        "c": stack.put_file("in/c", b"after", checksum=False),
    }
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_sizes_at_every_limit_of_the_layout_are_right(stack: Stack) -> None:
    sizes = [5 * MIB - 1, 5 * MIB, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 1, 0, 21 * MIB]
    files = {
        f"{place}": stack.put_file(f"in/{place}", noise(place, size), checksum=place % 3 != 0)
        for place, size in enumerate(sizes)
    }
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_a_prefix_means_every_file_below_it_and_no_folder_marks(stack: Stack) -> None:
    files = {
        "a.txt": stack.put_file("reports/2024/a.txt", b"a"),
        "q1/b.txt": stack.put_file("reports/2024/q1/b.txt", b"b"),
        "q1/deep/c.txt": stack.put_file("reports/2024/q1/deep/c.txt", b"c"),
    }
    for mark in ("reports/2024/", "reports/2024/q1/", "reports/2024/empty/"):
        stack.put_file(mark, b"")
    stack.put_file("reports/2023/old.txt", b"old")
    job_id = export(prefix="reports/2024/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)
    assert status(job_id)["result"]["totalFiles"] == 3


def test_a_prefix_may_end_in_the_middle_of_a_name(stack: Stack) -> None:
    files = {
        "report-1.pdf": stack.put_file("docs/report-1.pdf", b"1"),
        "report-2.pdf": stack.put_file("docs/report-2.pdf", b"2"),
    }
    stack.put_file("docs/other.pdf", b"3")
    job_id = export(prefix="docs/report-")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_every_page_of_a_prefix_is_read(
    stack: Stack, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")
    files = {f"{i:02}": stack.put_file(f"in/{i:02}", b"%d" % i) for i in range(15)}
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)
    assert requests.count()["ListObjectsV2"] >= 3


def test_the_key_of_a_folder_mark_is_no_file(stack: Stack) -> None:
    stack.put_file("folder/", b"")
    stack.put_file("folder/a", b"")
    job_id = export(keys=["folder/", "folder/a"])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"folder/a": b""})


def test_progress_counts_every_byte_and_file(stack: Stack) -> None:
    for name in "abc":
        stack.put_file(f"in/{name}", noise(ord(name), 17 * MIB))
    job_id = export(prefix="in/")

    stack.run_queue()

    archive = stack.archive(job_id)
    assert archive is not None
    progress = status(job_id)["progress"]
    assert progress["bytesDone"] == progress["bytesTotal"] == len(archive)
    assert progress["currentFile"] == progress["totalFiles"] == 3


@pytest.mark.parametrize("part", [6 * MIB, 7 * MIB + 1])
def test_checksums_of_parts_are_combined_and_the_file_is_not_read(
    stack: Stack, requests: Requests, part: int
) -> None:
    content = noise(1, 21 * MIB)
    attributes = stack.put_in_parts("downloads/10001", content, part=part)
    job_id = export(file_ids=[10001])
    requests.clear()

    with answering((200, {}, attributes), "GetObjectAttributes"):
        stack.run_queue()

    check_archive(stack.archive(job_id), {"10001": content})
    assert sum(requests.source_reads()) < 6 * MIB


def test_a_file_of_parts_whose_checksums_s3_does_not_tell_is_read(stack: Stack) -> None:
    content = noise(1, 17 * MIB)
    stack.put_in_parts("downloads/10001", content, part=9 * MIB)
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"10001": content})
