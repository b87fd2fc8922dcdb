"""How files are cut for reading: every byte once, in batches that one worker can read."""

import zlib
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.plan import Entry
from chalicelib.limits import LIMITS
from chalicelib.pipeline import runs
from chalicelib.pipeline.runs import Batches, Known

sizes = st.lists(st.integers(1, 5 * 2**40), min_size=1, max_size=20)
bodies = st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5)


@given(sizes)
def test_the_runs_of_a_file_are_all_its_bytes_in_order(sizes: list[int]) -> None:
    batches = runs.cut(_entries(sizes), {}, LIMITS.batch_bytes)

    every = list(chain.from_iterable(batches))
    for number, size in enumerate(sizes):
        own = [run for run in every if run.key == f"key-{number}"]
        ends = [0, *(run.start + run.length for run in own)]
        assert [run.start for run in own] == ends[:-1]
        assert ends[-1] == size


@given(sizes)
def test_every_batch_but_the_last_is_full(sizes: list[int]) -> None:
    batches = runs.cut(_entries(sizes), {}, LIMITS.batch_bytes)

    read = [sum(run.length for run in batch) for batch in batches]
    assert set(read[:-1]) <= {LIMITS.batch_bytes}
    assert 0 < read[-1] <= LIMITS.batch_bytes


@given(bodies, st.integers(1, 30))
def test_the_crc32_of_a_file_is_that_of_its_runs(bodies: list[bytes], most: int) -> None:
    entries = _entries([len(body) for body in bodies])
    known: Known = {}
    batches = runs.cut(entries, known, most)

    runs.add(known, batches, _crc32s(batches, bodies))

    assert runs.of_files(entries, known) == _expected(entries, bodies)


@given(bodies, st.lists(st.tuples(st.integers(1, 30), st.sets(st.integers(0, 20))), max_size=4))
def test_what_was_read_in_other_cuts_is_not_read_again(
    bodies: list[bytes], earlier: list[tuple[int, set[int]]]
) -> None:
    entries = _entries([len(body) for body in bodies])
    known: Known = {}
    for most, finished in earlier:  # readings of which some batches were read
        batches = runs.cut(entries, known, most)
        read = [batch for number, batch in enumerate(batches) if number in finished]
        runs.add(known, read, _crc32s(read, bodies))
    there = sum(length for of in known.values() for length, _ in of.values())

    rest = runs.cut(entries, known, 7)
    runs.add(known, rest, _crc32s(rest, bodies))

    assert sum(run.length for batch in rest for run in batch) == sum(map(len, bodies)) - there
    assert runs.of_files(entries, known) == _expected(entries, bodies)


@given(bodies, st.integers(1, 30), st.integers(1, 30))
def test_runs_that_overlap_do_no_harm(bodies: list[bytes], one: int, other: int) -> None:
    entries = _entries([len(body) for body in bodies])
    known: Known = {}
    for most in (one, other):
        batches = runs.cut(entries, {}, most)
        runs.add(known, batches[::2], _crc32s(batches[::2], bodies))

    rest = runs.cut(entries, known, 7)
    runs.add(known, rest, _crc32s(rest, bodies))

    assert runs.cut(entries, known, 7) == [[]]
    assert runs.of_files(entries, known) == _expected(entries, bodies)


def test_nothing_that_was_read_of_another_version_is_taken() -> None:
    body = b"the same bytes"
    first = Entry("a", "key-0", '"e"', len(body), None, 0, version="1")
    second = Entry("b", "key-0", '"e"', len(body), None, 0, version="2")
    known: Known = {}
    batches = runs.cut([first], known, 100)
    runs.add(known, batches, _crc32s(batches, [body]))

    (batch,) = runs.cut([first, second], known, 100)

    assert [run.version for run in batch] == ["2"]


def _entries(sizes: list[int]) -> list[Entry]:
    return [
        Entry(str(number), f"key-{number}", f'"{number}"', size, None, 0)
        for number, size in enumerate(sizes)
    ]


def _crc32s(batches: Batches, bodies: list[bytes]) -> list[int]:
    by_key = {f"key-{number}": body for number, body in enumerate(bodies)}
    return [
        zlib.crc32(by_key[run.key][run.start : run.start + run.length])
        for run in chain.from_iterable(batches)
    ]


def _expected(entries: list[Entry], bodies: list[bytes]) -> dict[runs.Identity, int]:
    return {
        runs.identity(entry): zlib.crc32(body) for entry, body in zip(entries, bodies, strict=True)
    }
