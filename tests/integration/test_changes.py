"""Source files change while their archive is built: the job is planned again, and completes."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from chalicelib.pipeline import keeping
from tests.archives import check_archive, noise
from tests.integration.changes import CHANGED, FILES, copies_aside, each_file, with_changed
from tests.integration.cloud import SOURCES
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests, listening


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
    check_archive(stack.archive(planned), with_changed(name))
    assert copies_aside(stack) == []
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


def test_files_that_have_grown_are_held_to_the_quota(stack: Stack, planned: str) -> None:
    stack.configure(max_bytes_per_job=sum(map(len, FILES.values())) + 10)
    stack.put_file("in/a", CHANGED["a"])

    stack.run_queue()

    assert status(planned)["error"]["type"] == "urn:problem-type:longhaul:quota-exceeded"


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
    assert copies_aside(stack) == []


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
