"""Compressed archives: files are packed first, by several workers, and then laid out."""

import json
import tarfile
import zlib
from dataclasses import replace
from functools import partial
from io import BytesIO
from random import Random

import pytest

from chalicelib import deflate
from chalicelib.archive.packing import Sizes
from chalicelib.jobs import places
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import (
    HEADERS_KEPT,
    PACK_COMPLETED,
    PACK_COPIED,
    PACK_KEPT,
    PACK_LOOKED_FOR,
    PACK_OPENED,
    PACK_UPLOADED,
    PACK_WRITTEN,
    PACKING_READ,
    PACKING_RECORDED,
    PACKING_STORED,
    PACKS_SENT,
    PACKS_STORED,
    PLAN_SENT,
    ROWS_KEPT,
    ROWS_READ,
    SEGMENT_COUNTED,
    SEGMENTS_DELETED,
    SPANS_KEPT,
    UPLOAD_COMPLETED,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import cancel
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

SIZES = Sizes(least=20 * UNIT, span=4 * UNIT, block=UNIT, sampled=UNIT // 8)


def text(seed: int, size: int) -> bytes:
    """Bytes that can be compressed to about a third."""
    random = Random(seed)
    words = [bytes(random.choices(b"abcdefghijklmnop ", k=7)) for _ in range(200)]
    made = b" ".join(random.choices(words, k=size // 8 + 1))
    return made[:size]


FILES = {
    "a.txt": text(1, 3 * UNIT),
    "b.txt": text(2, 21 * UNIT),
    "c.jpg": noise(3, 2 * UNIT),
    "d.mp4": noise(4, 30 * UNIT),
    "e.bin": noise(5, 25 * UNIT + 1),
    "empty": b"",
    "f.log": text(6, 40 * UNIT + 7),
    "g": noise(7, UNIT // 2),
    "h": text(8, UNIT // 2),
    "i.csv": text(9, 4 * UNIT + 1),
}


@pytest.fixture
def packs(stack: Stack, small_segments: None) -> Stack:
    stack.limit(packing=SIZES, read_bytes=UNIT)
    stack.put_files(FILES, unknown="e.bin")
    return stack


def asked(stack: Stack, **fields: object) -> str:
    request = ExportRequest(prefix="in/", **fields)  # type: ignore[arg-type] # by name
    return accepting.accept(stack.services, "ann", request, None).job.job_id


def untarred(archive: bytes | None) -> dict[str, bytes]:
    """Returns the files of a tar.gz. Its manifest must have their CRC-32s."""
    assert archive is not None
    with tarfile.open(fileobj=BytesIO(archive), mode="r|gz") as opened:
        read = {one.name: (opened.extractfile(one) or BytesIO()).read() for one in opened}
    manifest = json.loads(read.pop("manifest.json"))
    assert {one["name"]: one["crc32"] for one in manifest["files"]} == {
        name: f"{zlib.crc32(content):08x}" for name, content in read.items()
    }
    return read


def packs_of(stack: Stack) -> list[str]:
    """Returns the keys of the packs that there are, and of their rows."""
    return [key for key in stack.stored("jobs/") if places.is_pack(key)]


@pytest.mark.parametrize("compression", ["deflate", "auto"])
def test_a_compressed_archive_is_whole(packs: Stack, compression: str) -> None:
    job_id = asked(packs, compression=compression)

    assert packs.run_queue() == []

    check_archive(packs.archive(job_id), FILES, stored=False)
    assert packs.job(job_id).bytes_total == len(packs.archive(job_id) or b"")


@pytest.mark.parametrize("compression", ["deflate", "auto"])
def test_a_compressed_tar_is_whole(packs: Stack, compression: str) -> None:
    job_id = asked(packs, format="tar.gz", compression=compression)

    assert packs.run_queue() == []

    assert untarred(packs.archive(job_id)) == FILES


def test_each_pack_has_a_message(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")

    messages = packs.planned()

    assert {message.step for message in messages} == {Step.PACK}
    assert [message.number for message in messages] == list(range(len(messages)))
    assert len(messages) > 5
    assert packs.job(job_id).stage == "compressing"


def test_files_that_are_compressed_already_are_copied(packs: Stack, requests: Requests) -> None:
    asked(packs, compression="auto")

    assert packs.run_queue() == []

    copied = [one["x-amz-copy-source"] for one in requests.of("UploadPartCopy")]
    read = [one["Key"] for one in requests.of("GetObject")]
    assert any(one.endswith("in/d.mp4") for one in copied)
    # The first bytes are streamed: S3 wants as many before each part that it copies.
    assert sum(key == "in/d.mp4" for key in read) < 10


def test_what_was_packed_is_thrown_away_with_the_job_done(packs: Stack) -> None:
    asked(packs, compression="deflate")
    for message in packs.planned():
        packs.do(message)
    made = packs_of(packs)

    assert packs.run_queue() == []

    assert len(made) > 10
    assert packs_of(packs) == []
    assert packs.uploads() == []


def test_a_file_that_is_written_again_and_again_is_packed_once(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")
    packs.send(packs.planned())
    made = 0
    while messages := packs.take_messages():
        for message in messages:
            if message.step is Step.PLAN:  # S3 has another file whenever somebody looks again
                made += 1
                assert made < 3
                packs.put_file("in/a.txt", text(100 + made, 3 * UNIT))
            packs.do(message)

    assert packs.job(job_id).status == "completed"
    assert packs.job(job_id).changes == 0
    check_archive(packs.archive(job_id), FILES, stored=False)


def test_a_twin_that_looks_later_packs_what_was_found_first(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")
    first = packs.planned()
    packs.put_file("in/a.txt", text(100, 3 * UNIT))
    packs.send([Message(Step.PLAN, job_id)])

    later = packs.planned()

    assert later == first


def test_progress_counts_the_bytes_of_the_files_and_never_goes_back(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")
    seen = []
    packs.send(packs.planned())
    while messages := packs.take_messages():
        for message in messages:
            packs.do(message)
            job = packs.job(job_id)
            seen.append((job.percent, *job.shown[1:]))

    percents = [percent for percent, _, _ in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert len(set(percents)) > 5
    total = sum(map(len, FILES.values()))
    assert {all_of for percent, _, all_of in seen if percent < 100} == {total}
    assert all(done <= all_of for _, done, all_of in seen)


@pytest.mark.parametrize("seed", range(3))
def test_packs_may_be_made_in_any_order_and_twice(packs: Stack, seed: int) -> None:
    job_id = asked(packs, compression="deflate")
    messages = packs.planned() * 2
    Random(seed).shuffle(messages)

    for message in messages[: len(messages) // 2]:
        packs.do(message)
    packs.send(messages[len(messages) // 2 :])

    assert packs.run_queue() == []
    check_archive(packs.archive(job_id), FILES, stored=False)
    assert packs_of(packs) == []


def test_what_two_workers_make_of_a_pack_never_mixes(
    packs: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one has another compressor, as after a deployment."""
    job_id = asked(packs, compression="deflate")
    first, *rest = packs.planned()
    usual = deflate.compressor

    def other_worker() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(
                deflate, "compressor", partial(zlib.compressobj, 1, zlib.DEFLATED, -zlib.MAX_WBITS)
            )
            packs.do(first)

    with before(PACK_KEPT, other_worker):
        packs.do(first)
    assert deflate.compressor is usual
    packs.send(rest)
    assert packs.run_queue() == []
    check_archive(packs.archive(job_id), FILES, stored=False)


@before_and_after
@pytest.mark.parametrize(
    "effect",
    [
        PACKING_RECORDED,
        PACKS_STORED,
        PACKING_STORED,
        PACKS_SENT,
        PACKING_READ,
        PACK_LOOKED_FOR,
        PACK_WRITTEN,
        ROWS_KEPT,
        PACK_KEPT,
        SEGMENT_COUNTED,
        PLAN_SENT,
        HEADERS_KEPT,
        SPANS_KEPT,
        ROWS_READ,
        PACK_COPIED,
        UPLOAD_COMPLETED,
        SEGMENTS_DELETED,
    ],
    ids=str,
)
def test_a_compressed_archive_survives_the_death_of_a_worker(
    packs: Stack,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    form = "zip" if after else "tar.gz"
    if effect is HEADERS_KEPT:
        form = "zip"  # a tar.gz has its headers in the packs
    job_id = asked(packs, format=form, compression="deflate")
    with crashing(effect, after=after):
        packs.run_queue()
    packs.wake()

    assert packs.run_queue() == []

    assert packs.job(job_id).status == "completed"
    archive = packs.archive(job_id)
    assert packs.job(job_id).bytes_total == len(archive or b"")
    if form == "zip":
        check_archive(archive, FILES, stored=False)
    else:
        assert untarred(archive) == FILES
    assert packs.uploads() == []


@before_and_after
@pytest.mark.parametrize("effect", [PACK_OPENED, PACK_UPLOADED, PACK_COMPLETED], ids=str)
def test_a_large_pack_survives_the_death_of_its_worker(
    packs: Stack,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    packs.limit(packing=replace(SIZES, least=100 * UNIT))
    job_id = asked(packs, compression="auto")
    with crashing(effect, after=after):
        packs.run_queue()
    packs.wake()

    assert packs.run_queue() == []

    check_archive(packs.archive(job_id), FILES, stored=False)


def test_a_job_that_is_cancelled_leaves_no_packs(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")
    first, *_ = packs.planned()
    packs.do(first)
    made = packs_of(packs)
    cancel(job_id)
    packs.wake()

    assert packs.run_queue() == []

    assert made
    assert packs_of(packs) == []


def test_a_file_that_changes_while_it_is_packed_is_packed_again(packs: Stack) -> None:
    job_id = asked(packs, compression="deflate")
    messages = packs.planned()
    packs.do(messages[0])
    changed = {**FILES, "i.csv": text(99, 3 * UNIT)}
    packs.put_file("in/i.csv", changed["i.csv"])
    packs.send(messages[1:])

    assert packs.run_queue() == []

    check_archive(packs.archive(job_id), changed, stored=False)
    assert packs.job(job_id).changes == 1


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_small_archives_of_files_that_cannot_be_compressed(packs: Stack, form: str) -> None:
    packs.limit(packing=replace(SIZES, block=64 * UNIT))
    files = {f"n/{n}": noise(n, 3 * UNIT) for n in range(12)}
    for name, content in files.items():
        packs.put_file(name, content)
    request = ExportRequest(prefix="n/", format=form, compression="deflate", split=8 * UNIT)  # type: ignore[arg-type]  # it is one of them
    job_id = accepting.accept(packs.services, "ann", request, None).job.job_id

    assert packs.run_queue() == []

    job = packs.job(job_id)
    assert job.status == "completed"
    assert job.archives == 6  # two files each
