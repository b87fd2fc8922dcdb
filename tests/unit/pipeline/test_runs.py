"""How files are cut for reading: every byte once, in batches that one worker can read."""

import zlib
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import crc
from chalicelib.archive.plan import Entry
from chalicelib.limits import LIMITS
from chalicelib.pipeline import runs

sizes = st.lists(st.integers(1, 5 * 2**40), min_size=1, max_size=20)


@given(sizes)
def test_the_runs_of_a_file_are_all_its_bytes_in_order(sizes: list[int]) -> None:
    batches = runs.cut(_entries(sizes), LIMITS.batch_bytes)

    every = list(chain.from_iterable(batches))
    for number, size in enumerate(sizes):
        own = [run for run in every if run.key == f"key-{number}"]
        ends = [0, *(run.start + run.length for run in own)]
        assert [run.start for run in own] == ends[:-1]
        assert ends[-1] == size


@given(sizes)
def test_every_batch_but_the_last_is_full(sizes: list[int]) -> None:
    batches = runs.cut(_entries(sizes), LIMITS.batch_bytes)

    read = [sum(run.length for run in batch) for batch in batches]
    assert set(read[:-1]) <= {LIMITS.batch_bytes}
    assert 0 < read[-1] <= LIMITS.batch_bytes


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), st.integers(1, 30))
def test_the_crc32_of_a_file_is_that_of_its_runs(bodies: list[bytes], most: int) -> None:
    batches = runs.cut(_entries([len(body) for body in bodies]), most)
    by_key = {f"key-{number}": body for number, body in enumerate(bodies)}
    crc32s = {
        number: [zlib.crc32(by_key[run.key][run.start : run.start + run.length]) for run in batch]
        for number, batch in enumerate(batches)
    }

    found = runs.of_files(batches, crc32s)

    whole = {file.key: crc.combined(chunks) for file, chunks in found.items()}
    assert whole == {key: zlib.crc32(body) for key, body in by_key.items()}


@given(sizes, st.data())
def test_a_file_of_which_a_run_was_not_read_is_not_known(
    sizes: list[int], data: st.DataObject
) -> None:
    batches = runs.cut(_entries(sizes), LIMITS.batch_bytes)[:2000]
    absent = data.draw(st.integers(0, len(batches) - 1))
    crc32s = {n: [0] * len(batch) for n, batch in enumerate(batches) if n != absent}

    known = runs.of_files(batches, crc32s)

    every = {run.file for run in chain.from_iterable(batches)}
    assert known.keys() == every - {run.file for run in batches[absent]}


def test_a_file_has_its_own_bytes_in_each_version() -> None:
    old, new = (Entry(v, "key", f'"{v}"', 1, None, 0, version=v) for v in ("old", "new"))

    known = runs.of_files(runs.cut([old, new], 10), {0: [1, 2]})

    assert {file.version: chunks for file, chunks in known.items()} == {
        "old": [(1, 1)],
        "new": [(2, 1)],
    }


def _entries(sizes: list[int]) -> list[Entry]:
    return [
        Entry(str(number), f"key-{number}", f'"{number}"', size, None, 0)
        for number, size in enumerate(sizes)
    ]
