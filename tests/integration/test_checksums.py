"""A CRC-32 that S3 does not know is computed once: the next job finds it."""

import json
from dataclasses import replace
from zlib import crc32

import pytest

from chalicelib.archive.scale import SCALE
from chalicelib.jobs.model import file_mark
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.pipeline import accepting
from chalicelib.queue.messages import Message, Step
from chalicelib.sources.known import Known
from tests.archives import check_archive, noise
from tests.integration.gateway import cancel, export
from tests.integration.stack import MIB, UNIT, Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, Wired, answering

ACCESS_DENIED: Wired = 400, {}, json.dumps({"__type": "AccessDeniedException"})

TINY = 256
"""Bytes. Stands for a MiB where there are many large files."""


@pytest.fixture
def tiny_layout(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.lay_out_with(
        min_part=5 * TINY,
        stream_part=16 * TINY,
        copy_part=SCALE.copy_part * TINY // MIB,
        copy_min=5 * TINY,
    )
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 5 * TINY)


def again(stack: Stack, prefix: str) -> str:
    """Exports a prefix, and does not take an archive that is there already."""
    return stack.completed(prefix=prefix, fresh=True)


def reads(requests: Requests, prefix: str) -> list[tuple[str, str]]:
    """Returns the reads of source files: the key without the prefix, and the range."""
    made = [read for read in requests.of("GetObject") if read["Key"].startswith(prefix)]
    return sorted((read["Key"].removeprefix(prefix), read["range"]) for read in made)


def copies(requests: Requests) -> int:
    return requests.count()["UploadPartCopy"]


def streamed(stack: Stack, requests: Requests) -> dict[str, bytes]:
    """Exports five files whose CRC-32 S3 does not know. So they are streamed, and not copied."""
    files = {f"{n}": noise(n, 12 * UNIT) for n in range(5)}
    stack.put_files(files, unknown=files)
    again(stack, "in/")
    assert copies(requests) == 0
    return files


@pytest.mark.usefixtures("tiny_layout")
def test_the_second_export_of_1000_large_files_without_checksums_reads_none_of_them(
    stack: Stack, requests: Requests
) -> None:
    contents = {f"{n:04}": noise(n, 17 * TINY) for n in range(1000)}
    stack.put_files(contents, unknown=contents)
    usual = stack.services.limits
    stack.lay_out_with(most_segment_seconds=1)
    export(prefix="in/")
    stack.planned()  # to build the archive, too, would double the time of this test
    stack.limit(layout=usual.layout)
    assert sum(requests.source_reads()) == 1000 * 17 * TINY
    requests.clear()

    second = again(stack, "in/")

    check_archive(stack.archive(second), contents)
    # S3 copies each file but for the bytes that fill the part before the copy.
    assert copies(requests) == 1000
    assert max(requests.source_reads()) <= 5 * TINY
    assert len(requests.source_reads()) <= 1000
    assert requests.count()["HeadObject"] == 0
    assert requests.count()["BatchGetItem"] == 10


def test_the_second_export_reads_the_same_as_if_s3_had_the_checksums(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    contents = {f"{n}": noise(n, (6 + 3 * n) * UNIT) for n in range(9)}
    for name, content in contents.items():
        stack.put_file(f"known/{name}", content)
        stack.put_file(f"unknown/{name}", content, checksum=False)
    again(stack, "known/")
    as_known = reads(requests, "known/")
    again(stack, "unknown/")
    requests.clear()

    again(stack, "unknown/")

    assert reads(requests, "unknown/") == as_known


@pytest.mark.usefixtures("small_layout")
def test_with_small_files_before_them_no_byte_of_the_large_ones_is_read(
    stack: Stack, requests: Requests
) -> None:
    files = {f"{n}": noise(n, 20 * UNIT) for n in range(5)}
    files |= {f"small-{n}": noise(n, 3 * UNIT) for n in range(12)}
    stack.put_files(files, unknown=files)
    again(stack, "in/")
    requests.clear()

    job_id = again(stack, "in/")

    check_archive(stack.archive(job_id), files)
    assert {key for key, _ in reads(requests, "in/")} == {f"small-{n}" for n in range(12)}


@pytest.mark.usefixtures("small_layout")
def test_files_that_were_streamed_the_first_time_are_copied_the_second(
    stack: Stack, requests: Requests
) -> None:
    files = streamed(stack, requests)

    job_id = again(stack, "in/")

    check_archive(stack.archive(job_id), files)
    assert copies(requests) == 5


@pytest.mark.usefixtures("small_segments")
def test_each_worker_keeps_what_its_segment_has_streamed(stack: Stack, requests: Requests) -> None:
    streamed(stack, requests)

    again(stack, "in/")

    assert copies(requests) == 5


@pytest.mark.usefixtures("small_layout")
def test_small_files_are_not_kept(stack: Stack, requests: Requests) -> None:
    files = {f"{n}": noise(n, 4 * UNIT) for n in range(9)}
    stack.put_files(files, unknown=files)

    again(stack, "in/")

    assert not requests.count().keys() & {"BatchGetItem", "BatchWriteItem"}


def test_nothing_is_asked_or_kept_of_files_that_s3_knows(stack: Stack, requests: Requests) -> None:
    stack.put_files({"a": noise(1, 17 * MIB), "b": noise(2, 11 * MIB)})

    stack.completed(keys=["in/a", "in/b"])

    assert not requests.count().keys() & {"BatchGetItem", "BatchWriteItem"}


@pytest.mark.usefixtures("small_layout")
def test_a_file_that_was_overwritten_is_read_anew(stack: Stack) -> None:
    stack.put_files({"a": noise(1, 20 * UNIT), "b": noise(2, 12 * UNIT)}, unknown="ab")
    again(stack, "in/")
    new = {"a": noise(3, 20 * UNIT), "b": noise(4, 12 * UNIT)}
    stack.put_files(new, unknown="ab")

    for _ in range(2):
        check_archive(stack.archive(again(stack, "in/")), new)


@pytest.mark.usefixtures("small_layout")
def test_files_that_are_asked_for_by_keys_are_known_too(stack: Stack, requests: Requests) -> None:
    files = {"a": noise(1, 20 * UNIT), "b": noise(2, 12 * UNIT)}
    stack.put_files(files, unknown=files)
    again(stack, "in/")
    requests.clear()

    job_id = stack.completed(keys=["in/a", "in/b"], fresh=True)

    check_archive(stack.archive(job_id), {f"in/{name}": body for name, body in files.items()})
    assert copies(requests) == 2
    assert sum(requests.source_reads()) <= 10 * UNIT


@pytest.mark.usefixtures("small_layout")
def test_a_file_that_is_there_twice_is_read_once(stack: Stack, requests: Requests) -> None:
    content = stack.put_file("in/a", noise(1, 20 * UNIT), checksum=False)
    names = ("one", "two")
    asked = ExportRequest(files=tuple(Wanted(key="in/a", name=name) for name in names))
    job_id = accepting.accept(stack.services, "test", asked, None).job.job_id
    requests.clear()

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), dict.fromkeys(names, content))
    assert sum(requests.source_reads()) <= (20 + 2 * 5) * UNIT


@pytest.mark.parametrize("answer", [TABLE_IS_DOWN, ACCESS_DENIED], ids=["down", "denied"])
@pytest.mark.usefixtures("small_layout", "no_backoff")
def test_without_the_table_the_files_are_read_each_time(
    stack: Stack, requests: Requests, answer: Wired
) -> None:
    files = {"a": noise(1, 20 * UNIT), "b": noise(2, 12 * UNIT)}
    stack.put_files(files, unknown=files)

    with answering(answer, "BatchGetItem", "BatchWriteItem"):
        for _ in range(2):
            requests.clear()
            check_archive(stack.archive(again(stack, "in/")), files)
            assert sum(requests.source_reads()) >= 32 * UNIT


@pytest.mark.usefixtures("small_layout")
def test_what_s3_has_told_of_a_files_parts_is_not_asked_again(
    stack: Stack, requests: Requests
) -> None:
    content = noise(1, 21 * MIB)
    stack.limit(layout=SCALE)
    attributes = stack.put_in_parts("in/a", content, part=7 * MIB)
    stack.configure(look_up_max=0)
    with answering((200, {}, attributes), "GetObjectAttributes"):
        again(stack, "in/")
    requests.clear()

    job_id = again(stack, "in/")

    check_archive(stack.archive(job_id), {"a": content})
    asked = requests.count()
    assert not asked["GetObjectAttributes"]
    assert not asked["HeadObject"]


@pytest.mark.usefixtures("small_layout")
def test_of_a_suspect_nothing_is_taken(stack: Stack) -> None:
    stack.put_files({"a": noise(1, 20 * UNIT), "b": noise(2, 20 * UNIT)}, unknown="ab")
    again(stack, "in/")
    bucket = stack.services.source()
    known = Known(stack.services, bucket, lambda: None, frozenset({file_mark("in/a")}))

    facts = known.filled(bucket.list_page("in/").facts)

    assert [(one.key, one.crc32 is None) for one in facts] == [("in/a", True), ("in/b", False)]


@pytest.fixture
def batches(stack: Stack, small_layout: None) -> dict[str, bytes]:
    """Files that several workers read. "e" lies in more than one batch."""
    stack.limit(batch_bytes=40 * UNIT)
    files = {name: noise(ord(name), 18 * UNIT) for name in "abcd"} | {"e": noise(5, 70 * UNIT)}
    stack.put_files(files, unknown=files)
    return files


@pytest.mark.usefixtures("batches")
def test_what_several_workers_have_read_is_kept(stack: Stack) -> None:
    again(stack, "in/")
    export(prefix="in/", fresh=True)

    messages = stack.planned()

    assert not any(message.step is Step.READ for message in messages)


def test_what_was_read_for_a_job_that_was_cancelled_is_kept(
    stack: Stack, batches: dict[str, bytes], requests: Requests
) -> None:
    job_id = export(prefix="in/")
    first, *_ = stack.planned()
    stack.do(first)
    cancel(job_id)

    export(prefix="in/", fresh=True)

    left = sum(map(len, batches.values())) - 2 * 18 * UNIT
    assert len(stack.planned()) == -(-left // (40 * UNIT))


@pytest.mark.parametrize("kept_by_others", ["c", "e", "cde"])
def test_a_job_reads_each_byte_once_though_another_keeps_some_meanwhile(
    stack: Stack, batches: dict[str, bytes], requests: Requests, kept_by_others: str
) -> None:
    job_id = export(prefix="in/")
    *messages, last = stack.planned()
    for message in messages:
        stack.do(message)
    for name in kept_by_others:
        keep_as_another_job(stack, f"in/{name}", batches[name])

    stack.do(Message(Step.PLAN, job_id))

    assert stack.take_messages() in ([], [last])
    assert stack.run(last)
    check_archive(stack.archive(job_id), batches)
    # Besides, the first bytes of each are read for the part before the copy.
    assert sum(requests.source_reads()) <= sum(map(len, batches.values())) + 5 * 5 * UNIT


def test_when_a_file_changes_only_that_file_is_read_anew(
    stack: Stack, batches: dict[str, bytes], requests: Requests
) -> None:
    job_id = export(prefix="in/")
    for message in stack.planned():
        stack.do(message)
    stack.take_messages()
    batches["c"] = stack.put_file("in/c", noise(9, 18 * UNIT), checksum=False)
    stack.services = replace(stack.services, checksums=replace(stack.services.checksums, days=0))
    requests.clear()

    stack.do(Message(Step.PLAN, job_id))

    whole = [size for size in requests.source_reads() if size > 5 * UNIT]
    assert whole == [18 * UNIT]
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), batches)


def keep_as_another_job(stack: Stack, key: str, content: bytes) -> None:
    bucket = stack.services.source()
    facts = bucket.head(key)
    assert facts
    row = (key, facts.etag, facts.size, crc32(content))
    stack.services.checksums.keep(bucket.name, [row], stack.clock())
