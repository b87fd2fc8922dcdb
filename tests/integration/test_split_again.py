"""Several archives of a job that is planned again, retried, compressed, or that cannot be made."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.archive.packing import Sizes
from chalicelib.jobs import places
from chalicelib.jobs.model import ArchiveFormat
from chalicelib.pipeline import accepting, archives
from tests.archives import noise
from tests.integration.effects import (
    PLAN_FIXED,
    SECOND_PART_UPLOADED,
    SECOND_SEGMENT_COUNTED,
    SEGMENT_COUNTED,
    UPLOAD_COMPLETED,
    Effect,
    before,
    crashing,
)
from tests.integration.gateway import status
from tests.integration.splits import FILES, SPLIT, UNKNOWN, check_archives, exported, read, run_all
from tests.integration.stack import UNIT, Stack
from tests.integration.test_packing import text
from tests.integration.wire import DENIED, Requests, answering


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    stack.put_files(FILES, unknown=UNKNOWN)
    return exported(stack)


def _deploy(stack: Stack, **scale: object) -> None:
    """From here on plans have another version, and perhaps archives another layout."""
    stack.services = replace(stack.services, plan_version=stack.services.plan_version + 1)
    if scale:
        stack.lay_out_with(**scale)


# -- planned again --------------------------------------------------------------------------------


def test_if_the_layout_stays_the_same_all_uploads_go_on(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *others = stack.planned()
    stack.run(first)
    opened = requests.count()["CreateMultipartUpload"]
    _deploy(stack)
    stack.send(others)

    run_all(stack)

    check_archives(stack, job_id, FILES)
    assert opened == 2
    assert requests.count()["CreateMultipartUpload"] == 3
    assert stack.uploads() == []


@pytest.mark.parametrize(
    "effect", [SEGMENT_COUNTED, SECOND_SEGMENT_COUNTED, UPLOAD_COMPLETED], ids=str
)
def test_a_deployment_at_any_time_leaves_the_archives_of_the_new_plan(
    stack: Stack, job_id: str, effect: Effect
) -> None:
    with crashing(effect, after=True):
        stack.run_queue()
    _deploy(stack)

    run_all(stack)

    check_archives(stack, job_id, FILES)
    stack.discard_what_is_due()
    assert stack.uploads() == []


@pytest.mark.parametrize(
    "effect", [SEGMENT_COUNTED, SECOND_SEGMENT_COUNTED, UPLOAD_COMPLETED], ids=str
)
def test_another_layout_takes_other_uploads_and_the_old_ones_are_aborted(
    stack: Stack, job_id: str, effect: Effect
) -> None:
    with crashing(effect, after=True):
        stack.run_queue()
    _deploy(stack, copy_min=30 * UNIT)

    run_all(stack)

    check_archives(stack, job_id, FILES)
    assert stack.uploads() == []


def test_no_upload_of_an_older_plan_can_be_completed_any_more(stack: Stack, job_id: str) -> None:
    with crashing(SECOND_SEGMENT_COUNTED, after=True):
        stack.run_queue()
    old = {upload.id for upload in stack.services.archive.list_uploads("archives/")}
    _deploy(stack, copy_min=30 * UNIT)
    with crashing(PLAN_FIXED, after=True):  # before it could abort what the older plan has begun
        run_all(stack)
    left = {upload.id for upload in stack.services.archive.list_uploads("archives/")}
    seen: list[set[str]] = []

    def look() -> None:
        seen.append({one.id for one in stack.services.archive.list_uploads("archives/")})

    with before(UPLOAD_COMPLETED, look):
        run_all(stack)

    assert left > old
    assert not seen[0] & old
    check_archives(stack, job_id, FILES)


def test_a_file_that_changes_goes_to_the_archives_as_it_is_then(stack: Stack, job_id: str) -> None:
    changed = {**FILES, "c": noise(33, 18 * UNIT)}
    stack.clock.advance(seconds=60)

    def change() -> None:
        stack.put_file("in/c", changed["c"])

    with before(SECOND_PART_UPLOADED, change):
        run_all(stack)

    check_archives(stack, job_id, changed)
    assert stack.uploads() == []


def test_fewer_archives_than_before_leave_none_of_the_older_ones(stack: Stack, job_id: str) -> None:
    with crashing(UPLOAD_COMPLETED, after=True):
        stack.run_queue()
    stack.put_file("in/c", b"short now")
    _deploy(stack, copy_min=30 * UNIT)

    run_all(stack)

    check_archives(stack, job_id, {**FILES, "c": b"short now"})
    assert stack.job(job_id).archives == 2
    stack.discard_what_is_due()
    assert sorted(stack.stored("archives/")) == sorted(archives.of(stack.job(job_id)))


# -- retried --------------------------------------------------------------------------------------


def test_a_retry_takes_over_what_was_uploaded_of_each_archive(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *others = stack.planned()
    stack.run(first)
    with answering(DENIED, "UploadPart", "UploadPartCopy"):
        assert all(stack.run(message) for message in others)
    assert status(job_id)["status"] == "failed"
    made = len(requests.of("UploadPart"))

    again = accepting.retry(stack.services, stack.job(job_id)).job.job_id
    run_all(stack)

    check_archives(stack, again, FILES)
    assert stack.job(again).home == job_id
    assert len(requests.of("UploadPart")) - made < made + 4
    assert stack.uploads() == []


def test_archives_that_are_there_complete_another_job(stack: Stack, job_id: str) -> None:
    stack.run_queue()

    again = exported(stack)
    stack.run_queue()

    assert stack.job(again).reused_from == job_id
    assert stack.job(again).archives == 3
    check_archives(stack, again, FILES)
    stack.services.archive.delete(places.archive(job_id, "zip", 2))
    anew = exported(stack)
    stack.run_queue()
    assert stack.job(anew).reused_from is None


def test_another_split_makes_other_archives(stack: Stack, job_id: str) -> None:
    stack.run_queue()

    again = exported(stack, 40 * UNIT)
    stack.run_queue()

    assert stack.job(again).reused_from is None
    check_archives(stack, again, FILES, 40 * UNIT)


# -- other formats --------------------------------------------------------------------------------

TEXTS = {f"t{n}": text(n, size * UNIT) for n, size in enumerate([9, 3, 30, 0, 12, 7, 7])}


def _unzipped(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def _untarred(body: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:*") as opened:
        files = {member.name: opened.extractfile(member) for member in opened.getmembers()}
        return {name: file.read() if file else b"" for name, file in files.items()}


@pytest.mark.parametrize(
    ("form", "compression", "unpacked"),
    [
        ("zip", "deflate", _unzipped),
        ("zip", "auto", _unzipped),
        ("tar", None, _untarred),
        ("tar.gz", None, _untarred),
        ("tar.gz", "auto", _untarred),
    ],
)
@pytest.mark.parametrize("pack", [20, 400])
def test_every_format_can_be_split(  # noqa: PLR0917 - what is asked for, and how
    stack: Stack,
    small_layout: None,
    form: ArchiveFormat,
    compression: str | None,
    unpacked: Callable[[bytes], dict[str, bytes]],
    pack: int,
) -> None:
    stack.limit(packing=Sizes(least=pack * UNIT, span=4 * UNIT, block=UNIT, sampled=UNIT // 8))
    split = SPLIT if form == "tar" else 12 * UNIT
    texts = {name: body for name, body in TEXTS.items() if len(body) < 15 * UNIT or form != "tar"}
    stack.put_files(texts)
    job_id = exported(stack, split, format=form, compression=compression)

    run_all(stack)

    made = read(stack, job_id)
    assert len(made) > 1
    assert all(len(one) <= split for one in made)
    assert sum(map(len, made)) == stack.job(job_id).bytes_total
    found = [(name, body) for one in made for name, body in unpacked(one).items()]
    assert found.pop()[0] == "manifest.json"
    assert len(found) == len(texts)
    is_same = dict(found) == texts
    assert is_same


# -- what cannot be made --------------------------------------------------------------------------


def test_a_file_that_is_larger_than_an_archive_fails_the_job_by_its_name(
    stack: Stack, small_layout: None
) -> None:
    stack.put_files({"small": b"1", "large": noise(1, 2000)})
    job_id = exported(stack, 1500)

    stack.run_queue()

    job = status(job_id)
    assert job["status"] == "failed"
    detail = job["error"]["detail"]
    assert detail.startswith("each archive may have 1500 bytes, and a file of 2000 bytes takes")
    assert detail.endswith(": large")
