"""Archives of files of all sizes: empty, streamed, copied by S3, built in segments."""

import pytest

from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Sources, noise


def test_empty_files_are_archived(api: Api, sources: Sources) -> None:
    files = [sources.put(content) for content in (b"", b"something", b"")]

    job_id = api.export(file_ids=[file.file_id for file in files])
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_hundreds_of_small_files_are_archived(api: Api, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = sources.put_many(prefix, [(f"{i:03}.bin", noise(i * 37)) for i in range(400)])

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_large_files_copied_by_s3_and_small_files_are_archived_together(
    api: Api, sources: Sources
) -> None:
    prefix = sources.new_prefix()
    files = [
        sources.put_at(prefix, name, noise(size))
        for name, size in (
            ("1 small", 3),
            ("2 at the limit of copying", 16 * MIB),
            ("3 + ü % large", 17 * MIB + 1),
            ("4 small", 70_000),
            ("5 of the size of a part", 5 * MIB),
            ("6 large", 21 * MIB - 1),
        )
    ]

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


@pytest.mark.parametrize("size", [16 * MIB, 16 * MIB + 1, 37 * MIB])
def test_a_large_file_without_a_known_crc32_is_archived(
    api: Api, sources: Sources, size: int
) -> None:
    files = [sources.put(noise(size), checksum=False), sources.put(b"a small one after it")]

    job_id = api.export(file_ids=[file.file_id for file in files])
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)


def test_a_file_that_was_uploaded_in_parts_is_archived(api: Api, sources: Sources) -> None:
    file = sources.put_in_parts(noise(20 * MIB))

    job_id = api.export(file_ids=[file.file_id])
    api.completed(job_id)

    check_archive(api.archive(job_id), [file], job_id=job_id)


def test_segments_are_built_by_several_messages(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    # A real segment has hundreds of megabytes or thousands of files. So the test makes a plan with
    # shorter segments. The stack does the rest.
    files = [
        *(sources.put(noise(15 * MIB), checksum=False) for _ in range(4)),
        *(sources.put(noise(size)) for size in (0, 1000, 17 * MIB, 22 * MIB)),
    ]
    entries = (handmade.entry(backstage, file) for file in files)
    job_id = handmade.planned(backstage, *entries, segment_seconds=0.3)

    backstage.send(Message(Step.PLAN, job_id).to_body())
    api.completed(job_id)

    check_archive(api.archive(job_id), files, job_id=job_id)
    assert int(backstage.record(job_id)["steps"]["N"]) >= 3
