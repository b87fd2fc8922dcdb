"""A tar and its index: whole, whatever a worker dies at, and with one index beside each of several
tars."""

import csv
import io
import tarfile
from zlib import crc32

import pytest

from chalicelib.pipeline import archives
from tests.integration.effects import (
    ARCHIVE_INDEX_WRITTEN,
    JOB_COMPLETED,
    UPLOAD_COMPLETED,
    Effect,
    before_and_after,
    crashing,
)
from tests.integration.splits import FILES, SPLIT, UNKNOWN, exported
from tests.integration.stack import UNIT, Stack

WHOLE = 1_000 * UNIT
"""The most bytes of an archive that has all files."""


def _check_index(stack: Stack, key: str) -> list[str]:
    """Checks that each row of the index leads to a file of the tar. Returns their names."""
    archive, index = stack.services.archive.read(key), stack.services.archive.read(f"{key}.index")
    assert archive is not None
    assert index is not None
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        held = [(info.name, info.offset_data, info.size) for info in opened]
    rows = list(csv.reader(io.StringIO(index.decode(), newline=""), strict=True))
    assert [(name, int(start), int(size)) for name, start, size, _ in rows] == held
    for _, start, size, crc32_at in rows:
        content = archive[int(start) : int(start) + int(size)]
        assert crc32_at.startswith(f"{crc32(content):08x}@")
    return [name for name, *_ in rows]


@before_and_after
@pytest.mark.parametrize(
    "effect", [ARCHIVE_INDEX_WRITTEN, UPLOAD_COMPLETED, JOB_COMPLETED], ids=str
)
def test_a_tar_and_its_index_survive_the_death_of_a_worker(
    stack: Stack,
    small_layout: None,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.put_files(FILES, unknown=UNKNOWN)
    job_id = exported(stack, WHOLE, format="tar")
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    key = f"archives/{job_id}.tar"
    assert sorted(_check_index(stack, key)) == [*FILES, "manifest.json"]
    assert sorted(stack.stored("archives/")) == [key, f"{key}.index"]


def test_each_of_several_tars_has_an_index_of_its_own(stack: Stack, small_layout: None) -> None:
    stack.put_files(FILES, unknown=UNKNOWN)
    job_id = exported(stack, SPLIT, format="tar")

    failed = stack.run_queue()

    assert failed == []
    keys = archives.of(stack.job(job_id))
    assert len(keys) > 1
    names = [name for key in keys for name in _check_index(stack, key)]
    assert sorted(names) == [*FILES, "manifest.json"]
    assert sorted(stack.stored("archives/")) == sorted([*keys, *(f"{key}.index" for key in keys)])
