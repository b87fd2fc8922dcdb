"""A bucket that keeps versions: no change matters there, and each version is a file of its own."""

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.jobs.request import Wanted
from chalicelib.pipeline import keeping
from chalicelib.s3 import clients
from tests.archives import check_archive, noise
from tests.integration.changes import CHANGED, FILES, accepted
from tests.integration.cloud import SOURCES, keep_versions
from tests.integration.gateway import export
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests


@pytest.fixture
def versions(stack: Stack) -> None:
    keep_versions()


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
    job_id = accepted(
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
    keep_versions()
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
