"""Source files change while their archive is built: the job is planned again, and completes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NoReturn
from zipfile import ZipFile

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.jobs import places
from chalicelib.jobs.model import file_mark
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.pipeline import assembly, keeping, steps
from chalicelib.pipeline.accepting import accept
from chalicelib.s3 import clients
from chalicelib.s3.archive_bucket import ArchiveBucket
from tests.archives import check_archive, noise
from tests.integration.cloud import SOURCES
from tests.integration.effects import (
    ARCHIVE_RECORDED,
    CHANGE_COUNTED,
    COPIES_DELETED,
    COPY_LOOKED_FOR,
    COPY_TAKEN,
    FILE_COPIED,
    FILE_LOOKED_UP,
    FILE_READ,
    FILES_LISTED,
    FINALIZE_SENT,
    JOB_COMPLETED,
    PART_COPIED,
    PART_UPLOADED,
    PLAN_FIXED,
    PLAN_SENT,
    SEGMENT_COUNTED,
    SEGMENTS_SENT,
    UPLOAD_ABORTED,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    Crash,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import call, cancel, export, retry, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests, Wired, listening, s3_error

FILES = {
    "a": noise(0, 9 * UNIT),
    "b": noise(1, 9 * UNIT),
    "c": noise(2, 20 * UNIT),
    "z": noise(3, 100),
}
"""Two are streamed, one is copied, and the last one may be left for `finalize`."""

CHANGED = {
    "a": noise(10, 12 * UNIT),
    "b": noise(11, 3 * UNIT),
    "c": noise(12, 25 * UNIT),
    "z": noise(13, 90),
}

each_file = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def aged(stack: Stack, small_layout: None) -> None:
    """Files that are older than any job."""
    stack.put_files(FILES)
    stack.age_files()


@pytest.fixture
def planned(stack: Stack, small_segments: None, aged: None) -> str:
    """The id of a planned job whose segments wait."""
    job_id = export(prefix="in/")
    stack.send(stack.planned())
    return job_id


def _with(name: str) -> dict[str, bytes]:
    return {**FILES, name: CHANGED[name]}


def _copies(stack: Stack) -> list[str]:
    return [key for key in stack.stored() if places.is_copy(key)]


def _rewrite(stack: Stack, name: str) -> Callable[[], object]:
    return lambda: stack.put_file(f"in/{name}", CHANGED[name])


@contextmanager
def _written_at_each(
    stack: Stack, operation: str, key: str, contents: list[bytes], *, after: bool = False
) -> Iterator[None]:
    """Writes the file again at each such request for it. `contents` collects what it held."""
    busy = False

    def write(asked: str, parameters: dict[str, Any]) -> None:
        nonlocal busy
        is_it = asked == operation and (parameters["Bucket"], parameters["Key"]) == (SOURCES, key)
        if is_it and not busy:
            busy = True
            contents.append(stack.put_file(key, noise(len(contents), 2000 + len(contents))))
            busy = False

    with listening(write, after=after):
        yield


@each_file
def test_a_file_that_was_overwritten_is_in_the_archive_as_it_is_now(
    stack: Stack, planned: str, name: str
) -> None:
    stack.put_file(f"in/{name}", CHANGED[name])

    failed = stack.run_queue()

    assert failed == []
    job = stack.job(planned)
    assert (job.status, job.changes) == ("completed", 1)
    assert job.suspects == ()
    check_archive(stack.archive(planned), _with(name))
    assert _copies(stack) == []
    assert stack.uploads() == []


def test_all_files_that_were_overwritten_are_one_change(stack: Stack, planned: str) -> None:
    for name, content in CHANGED.items():
        stack.put_file(f"in/{name}", content)

    assert stack.run_queue() == []

    assert stack.job(planned).changes == 1
    check_archive(stack.archive(planned), CHANGED)


def test_only_what_has_changed_is_copied_aside(
    stack: Stack, planned: str, requests: Requests
) -> None:
    stack.put_file("in/a", CHANGED["a"])

    stack.run_queue()

    copied = [asked["x-amz-copy-source"] for asked in requests.of("CopyObject")]
    assert [one.removeprefix("/") for one in copied] == [f"{SOURCES}/in/a"]


def test_a_file_that_is_too_large_to_copy_at_once_is_bound_by_its_etag_alone(
    stack: Stack, planned: str, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "COPY_MAX", 10 * UNIT)
    for name, content in CHANGED.items():
        stack.put_file(f"in/{name}", content)

    assert stack.run_queue() == []

    check_archive(stack.archive(planned), CHANGED)
    copied = {asked["x-amz-copy-source"].removeprefix("/") for asked in requests.of("CopyObject")}
    assert copied == {f"{SOURCES}/in/b", f"{SOURCES}/in/z"}


def test_a_job_whose_files_stay_the_same_copies_none(
    stack: Stack, planned: str, requests: Requests
) -> None:
    stack.run_queue()

    assert requests.count()["CopyObject"] == 0
    assert stack.job(planned).changes == 0


WHILE_ONE_BUILDS = (
    FILES_LISTED,
    FILE_LOOKED_UP,
    UPLOAD_OPENED,
    PLAN_FIXED,
    FILE_READ,
    PART_COPIED,
    PART_UPLOADED,
    UPLOAD_COMPLETED,
    ARCHIVE_RECORDED,
)


@pytest.mark.parametrize("name", ["a", "c"])
@pytest.mark.parametrize("effect", WHILE_ONE_BUILDS, ids=str)
def test_a_file_may_change_at_any_moment_of_one_worker(
    stack: Stack, aged: None, effect: Effect, name: str
) -> None:
    job_id = export(prefix="in/")

    with before(effect, _rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)


@each_file
def test_a_file_may_change_between_two_parts_of_one_worker(
    stack: Stack, aged: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # With more buffers, the files of the second part may all be read before the first part is
    # uploaded.
    monkeypatch.setattr(assembly, "BUFFERS", 1)
    job_id = export(prefix="in/")

    with before(PART_UPLOADED.then(FILE_READ), _rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)


@pytest.mark.parametrize("name", ["c", "z"])
@pytest.mark.parametrize(
    "effect",
    [
        SEGMENTS_SENT,
        SEGMENTS_SENT.then(FILE_READ),
        PART_COPIED,
        SEGMENT_COUNTED,
        FINALIZE_SENT,
        FINALIZE_SENT.then(PART_UPLOADED),
        UPLOAD_COMPLETED,
    ],
    ids=str,
)
def test_a_file_may_change_at_any_moment_of_several_workers(
    stack: Stack, small_segments: None, aged: None, effect: Effect, name: str
) -> None:
    job_id = export(prefix="in/")

    with before(effect, _rewrite(stack, name)):
        assert stack.run_queue() == []

    _assert_either(stack, job_id, name)


def _assert_either(stack: Stack, job_id: str, name: str) -> None:
    """The archive has the file as it was before or after the change."""
    job = stack.job(job_id)
    assert job.status == "completed"
    archive = stack.archive(job_id)
    assert archive
    with ZipFile(BytesIO(archive)) as opened:
        is_new = opened.read(name) == CHANGED[name]
    check_archive(archive, _with(name) if is_new else FILES)
    assert _copies(stack) == []
    assert stack.uploads() == []


def test_a_file_that_was_deleted_is_not_below_its_prefix_any_more(
    stack: Stack, planned: str
) -> None:
    stack.delete_file("in/c")

    assert stack.run_queue() == []

    check_archive(stack.archive(planned), {name: FILES[name] for name in "abz"})


@pytest.mark.parametrize("on_missing", ["skip", "fail"])
def test_a_file_that_was_deleted_and_was_asked_for_is_missing(
    stack: Stack, small_segments: None, aged: None, on_missing: str
) -> None:
    keys = [f"in/{name}" for name in FILES]
    job_id = export(keys=keys, on_missing=on_missing)
    stack.send(stack.planned())
    stack.delete_file("in/c")

    assert stack.run_queue() == []

    body = status(job_id)
    if on_missing == "fail":
        assert body["error"]["type"] == "urn:problem-type:longhaul:source-missing"
        assert "in/c" in body["error"]["detail"]
        return
    check_archive(
        stack.archive(job_id), {f"in/{name}": FILES[name] for name in "abz"}, missing=["in/c"]
    )


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_file_that_changes_faster_than_it_is_copied_fails_the_job_by_name(
    stack: Stack, aged: None, most: int
) -> None:
    stack.configure(changes_max=most)
    job_id = export(keys=["in/z", "in/a"])

    with _written_at_each(stack, "HeadObject", "in/z", [], after=True):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("failed", most)
    assert job.failure
    assert job.failure.slug == "source-changed"
    assert "in/z" in job.failure.detail
    stack.discard_what_is_due()
    assert stack.uploads() == []
    assert _copies(stack) == []


def test_of_301_files_one_is_written_again_at_every_read(stack: Stack, requests: Requests) -> None:
    files = {f"{number:03}": noise(number, 500) for number in range(300)}
    stack.put_files(files)
    stack.put_file("in/hot", b"at first")
    stack.age_files()
    job_id = export(prefix="in/")
    contents: list[bytes] = []

    with _written_at_each(stack, "GetObject", "in/hot", contents):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("completed", 1)
    archive = stack.archive(job_id)
    assert archive
    with ZipFile(BytesIO(archive)) as opened:
        hot = opened.read("hot")
    assert hot in contents
    check_archive(archive, {**files, "hot": hot})
    copied = {asked["x-amz-copy-source"].removeprefix("/") for asked in requests.of("CopyObject")}
    assert copied == {f"{SOURCES}/in/hot"}


def test_a_twin_does_not_count_the_same_fault_again(stack: Stack, planned: str) -> None:
    waiting = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    (faulty,) = (one for one in waiting if one.number == 0)

    with before(CHANGE_COUNTED, lambda: stack.run(faulty)):
        stack.run(faulty)

    job = stack.job(planned)
    assert (job.status, job.changes) == ("completed", 1)
    check_archive(stack.archive(planned), _with("a"))


@pytest.mark.parametrize("moment", [FILE_READ, CHANGE_COUNTED], ids=str)
def test_a_change_that_a_dead_twin_has_counted_is_not_forgotten(
    stack: Stack, planned: str, moment: Effect
) -> None:
    waiting = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    (faulty,) = (one for one in waiting if one.number == 0)

    def twin() -> None:
        """Has the same message, and dies before it can send `plan`."""
        job = stack.job(planned)
        stack.services.jobs.plan_again(job, job.plan, stack.clock(), file_mark("in/a"))

    with before(moment, twin):
        assert not stack.run(faulty)
    stack.wake()

    assert stack.run_queue() == []
    assert stack.job(planned).changes == 1
    check_archive(stack.archive(planned), _with("a"))


@dataclass(frozen=True, slots=True)
class DyingBucket(ArchiveBucket):
    """The archive bucket, as a worker has it that dies before it has uploaded anything."""

    def upload_part(self, *_: object, **__: object) -> NoReturn:
        raise Crash(PART_UPLOADED)


def test_a_plan_that_a_dead_twin_has_made_anew_is_not_forgotten(stack: Stack, aged: None) -> None:
    job_id = export(prefix="in/")
    (plan,) = stack.take_messages()

    def twin() -> None:
        """Has the same message. It comes twice, and dies each time."""
        stack.put_file("in/a", CHANGED["a"])
        job = stack.job(job_id)
        stack.services.jobs.plan_again(job, job.plan, stack.clock(), file_mark("in/a"))
        # The first worker's threads upload meanwhile: only the twin must die.
        archive = stack.services.archive
        dying = DyingBucket(archive.client, archive.name, archive.fast)
        with pytest.raises(Crash):
            steps.run(plan, replace(stack.services, archive=dying), None)

    with before(FILE_READ, twin):
        assert not stack.run(plan)
    stack.wake()

    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), _with("a"))


def test_the_messages_of_the_old_plan_come_to_nothing(stack: Stack, planned: str) -> None:
    old = stack.take_messages()
    stack.put_file("in/a", CHANGED["a"])
    for message in old:
        assert stack.run(message)
    stack.put_file("in/b", CHANGED["b"])

    assert all(stack.run(message) for message in old * 2)

    assert stack.job(planned).changes == 1
    check_archive(stack.archive(planned), _with("a"))


def test_a_plan_of_before_the_change_is_not_taken(stack: Stack, aged: None) -> None:
    job_id = export(prefix="in/")
    (plan,) = stack.take_messages()

    def twin() -> None:
        stack.put_file("in/a", CHANGED["a"])
        job = stack.job(job_id)
        stack.services.jobs.plan_again(job, None, stack.clock(), file_mark("in/a"))

    with before(PLAN_FIXED, twin):
        assert not stack.run(plan)
    assert stack.job(job_id).plan is None
    assert stack.uploads() == []

    # The twin has died before it could send `plan`: the message that is left does it.
    assert stack.run(plan)

    check_archive(stack.archive(job_id), _with("a"))


LINES = (
    CHANGE_COUNTED,
    *(
        CHANGE_COUNTED.then(effect)
        for effect in (
            PLAN_SENT,
            COPY_LOOKED_FOR,
            FILE_COPIED,
            FILE_COPIED.then(COPY_LOOKED_FOR),
            UPLOAD_OPENED,
            PLAN_FIXED,
            UPLOAD_ABORTED,
            COPY_TAKEN,
            UPLOAD_COMPLETED,
            JOB_COMPLETED,
            COPIES_DELETED,
        )
    ),
)


@before_and_after
@pytest.mark.parametrize("effect", LINES, ids=str)
def test_a_worker_that_dies_at_any_line_of_it_loses_nothing(
    stack: Stack,
    aged: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _dies_and_loses_nothing(stack, effect, after=after)


@before_and_after
@pytest.mark.parametrize("effect", [CHANGE_COUNTED, CHANGE_COUNTED.then(PLAN_SENT)], ids=str)
def test_one_of_several_workers_that_dies_of_it_loses_nothing(
    stack: Stack,
    small_segments: None,
    aged: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _dies_and_loses_nothing(stack, effect, after=after)


def _dies_and_loses_nothing(stack: Stack, effect: Effect, *, after: bool) -> None:
    job_id = export(prefix="in/")
    with before(PLAN_FIXED, _rewrite(stack, "a")), crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("completed", 1)
    check_archive(stack.archive(job_id), _with("a"))
    stack.discard_what_is_due()
    assert _copies(stack) == []


def test_a_job_that_was_cancelled_leaves_no_copy(stack: Stack, planned: str) -> None:
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_FIXED, after=True):
        stack.run_queue()
    assert _copies(stack)

    assert cancel(planned).status == 202
    stack.wake()
    stack.run_queue()
    stack.discard_what_is_due()

    assert _copies(stack) == []
    assert stack.uploads() == []


def test_a_copy_that_is_gone_is_made_again(stack: Stack, planned: str) -> None:
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_FIXED, after=True):
        stack.run_queue()
    stack.services.archive.delete_all(_copies(stack))
    stack.wake()

    assert stack.run_queue() == []

    assert stack.job(planned).changes == 2
    check_archive(stack.archive(planned), _with("a"))


def test_files_that_have_grown_are_held_to_the_quota(stack: Stack, planned: str) -> None:
    stack.configure(max_bytes_per_job=sum(map(len, FILES.values())) + 10)
    stack.put_file("in/a", CHANGED["a"])

    stack.run_queue()

    assert status(planned)["error"]["type"] == "urn:problem-type:longhaul:quota-exceeded"


# -- files that cannot be read ----------------------------------------------------------------


@contextmanager
def _frozen(*names: str) -> Iterator[None]:
    """S3 says nothing of it when it is asked about these files. But it does not hand them out."""

    def hook(operation: str, parameters: dict[str, Any]) -> Wired | None:
        read = parameters.get("Key", "") if operation == "GetObject" else ""
        copied = parameters.get("x-amz-copy-source", "").removeprefix(f"/{SOURCES}/")
        is_one = {read, copied.removeprefix(f"{SOURCES}/")} & {f"in/{name}" for name in names}
        return s3_error(403, "InvalidObjectState") if is_one else None

    with listening(hook):
        yield


@pytest.mark.parametrize("names", ["a", "c", "ac"])
def test_a_file_that_cannot_be_read_is_left_out_if_it_may_be(
    stack: Stack, small_segments: None, aged: None, names: str
) -> None:
    asked = ExportRequest(prefix="in/", on_unreadable="skip")
    job_id = accept(stack.services, "anonymous", asked, None).job_id

    with _frozen(*names):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes, job.unreadable_count) == ("completed", len(names), len(names))
    left = {name: content for name, content in FILES.items() if name not in names}
    check_archive(stack.archive(job_id), left)


def test_a_file_that_cannot_be_read_fails_the_job_by_name_and_reason(
    stack: Stack, small_segments: None, aged: None
) -> None:
    job_id = export(prefix="in/")

    with _frozen("c"):
        assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("failed", 1)
    assert job.failure
    assert job.failure.slug == "source-unreadable"
    assert "in/c (archived: in cold storage" in job.failure.detail


# -- the same file twice, and versions ---------------------------------------------------------


def _accepted(stack: Stack, *wanted: Wanted) -> str:
    return accept(stack.services, "anonymous", ExportRequest(files=wanted), None).job_id


def test_a_file_under_two_names_is_copied_aside_once(
    stack: Stack, small_segments: None, aged: None, requests: Requests
) -> None:
    job_id = _accepted(stack, Wanted(key="in/a", name="one"), Wanted(key="in/a", name="two"))
    stack.send(stack.planned())
    stack.put_file("in/a", CHANGED["a"])

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), {"one": CHANGED["a"], "two": CHANGED["a"]})
    assert requests.count()["CopyObject"] == 1


@pytest.fixture
def versions(stack: Stack) -> None:
    clients.s3().put_bucket_versioning(
        Bucket=SOURCES, VersioningConfiguration={"Status": "Enabled"}
    )


@pytest.mark.parametrize("name", ["a", "c"])
def test_in_a_bucket_with_versions_no_change_matters(
    stack: Stack, versions: None, planned: str, name: str, requests: Requests
) -> None:
    stack.put_file(f"in/{name}", CHANGED[name])
    stack.delete_file("in/b")

    assert stack.run_queue() == []

    assert stack.job(planned).changes == 0
    check_archive(stack.archive(planned), FILES)
    assert requests.count()["CopyObject"] == 0


def test_two_versions_of_a_large_file_are_each_read_for_their_crc32(
    stack: Stack, small_layout: None, versions: None
) -> None:
    stack.limit(batch_bytes=20 * UNIT)
    contents = [noise(number, 30 * UNIT) for number in range(2)]
    ids = []
    for content in contents:
        stack.put_file("in/v", content, checksum=False)
        ids.append(clients.s3().head_object(Bucket=SOURCES, Key="in/v")["VersionId"])
    job_id = _accepted(
        stack,
        *(Wanted(key="in/v", version=one, name=f"v{number}") for number, one in enumerate(ids)),
        Wanted(key="in/v", version=ids[0], name="again"),
    )

    assert stack.run_queue() == []

    named = {"v0": contents[0], "v1": contents[1], "again": contents[0]}
    check_archive(stack.archive(job_id), named)


def test_a_copy_does_not_stand_for_an_older_version_of_the_file(
    stack: Stack, small_layout: None
) -> None:
    clients.s3().put_bucket_versioning(
        Bucket=SOURCES, VersioningConfiguration={"Status": "Enabled"}
    )
    first, newest = (
        clients.s3().put_object(Bucket=SOURCES, Key="a", Body=body) for body in (b"old", b"newer")
    )
    now = stack.clock() // 1000
    # S3 has listed the newest one without its version: its owner shows none.
    entries = (
        Entry("old", "a", first["ETag"], 3, None, now, version=first["VersionId"]),
        Entry("new", "a", newest["ETag"], 5, None, now),
    )

    job = stack.job(export(keys=["a"]))
    kept = keeping.keep(entries, None, job, stack.services, lambda: None)

    assert kept.entries[0] == entries[0]
    assert (kept.entries[1].size, kept.entries[1].copy is None) == (5, False)


# -- a retry, and the same again --------------------------------------------------------------


@pytest.fixture
def failed(stack: Stack, planned: str) -> str:
    """The id of a job that has failed when its upload was half done. It has kept a copy of `a`."""
    stack.put_file("in/a", CHANGED["a"])
    with crashing(PLAN_SENT.then(SEGMENT_COUNTED), after=True):
        stack.run_queue()
    stack.give_up(planned)
    stack.take_messages()
    assert _copies(stack)
    return planned


def test_a_retry_takes_the_copies_over(stack: Stack, failed: str, requests: Requests) -> None:
    job_id = retry(failed)

    assert stack.run_queue() == []

    assert stack.job(job_id).home == failed
    check_archive(stack.archive(job_id), _with("a"))
    assert requests.count()["CopyObject"] == 0
    assert _copies(stack) == []


def test_a_retry_whose_copies_are_gone_is_planned_again(stack: Stack, failed: str) -> None:
    stack.services.archive.delete_all(_copies(stack))
    job_id = retry(failed)

    assert stack.run_queue() == []

    check_archive(stack.archive(job_id), _with("a"))
    stack.discard_what_is_due()
    assert _copies(stack) == []
    assert stack.uploads() == []


def test_what_was_built_from_a_copy_is_reused_while_the_file_stays_so(
    stack: Stack, planned: str
) -> None:
    stack.put_file("in/a", CHANGED["a"])
    assert stack.run_queue() == []

    again = stack.completed(prefix="in/")
    stack.put_file("in/a", FILES["a"])
    other = stack.completed(prefix="in/")

    assert stack.job(again).reused_from == planned
    assert stack.job(other).reused_from is None
    check_archive(stack.archive(other), FILES)


def test_a_deleted_job_leaves_no_copy(stack: Stack, failed: str) -> None:
    assert call("DELETE", f"/v1/export/{failed}").status == 204
    stack.run_queue()

    assert _copies(stack) == []
