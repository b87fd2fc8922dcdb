"""Which files are copied, and which lie before them."""

from hypothesis import given

from chalicelib.archive import layout
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import COPY_MIN, MIB, MIN_PART, Scale
from tests.unit.archive.archives import HEAD, an_entry, entries_of
from tests.unit.archive.mixes import some_entries


@given(some_entries())
def test_the_entries_are_those_given_and_of_a_kind_keep_their_order(
    entries: tuple[Entry, ...],
) -> None:
    plan = layout.lay_out(entries, HEAD)

    assert sorted(plan.entries, key=lambda e: e.name) == sorted(entries, key=lambda e: e.name)
    for kind in (_surely_copied, _never_copied):
        assert list(filter(kind, plan.entries)) == list(filter(kind, entries))


def test_where_nothing_is_copied_the_order_is_kept() -> None:
    entries = entries_of([3, 2 * MIB, 0, MIN_PART - 1, 1])

    assert layout.lay_out(entries, HEAD).entries == entries


def test_small_files_are_the_mortar_between_large_ones() -> None:
    sizes = [100 * MIB] * 4 + [2 * MIB] * 12

    plan = layout.lay_out(entries_of(sizes), HEAD)

    assert [_copied(plan, index) for index in range(len(sizes))] == [
        entry.size if entry.size == 100 * MIB else 0 for entry in plan.entries
    ]


def test_of_files_hardly_larger_than_a_part_the_largest_are_copied() -> None:
    plan = layout.lay_out(entries_of([6 * MIB, 9 * MIB, 8 * MIB, 7 * MIB]), HEAD)

    copied = {entry.size: _copied(plan, index) for index, entry in enumerate(plan.entries)}
    assert copied == {6 * MIB: 0, 7 * MIB: 0, 8 * MIB: 8 * MIB, 9 * MIB: 9 * MIB}


def test_half_of_the_bytes_of_a_folder_of_photos_is_copied() -> None:
    sizes = [(20 + index % 61) * MIB // 10 for index in range(600)]  # 2 to 8 MiB

    plan = layout.lay_out(entries_of(sizes), HEAD)

    copied = sum(part.length for part in plan.parts if part.copied is not None)
    assert copied > 0.4 * sum(sizes)


def test_copies_for_which_there_are_no_part_numbers_are_streamed() -> None:
    entries = entries_of([7 * MIB] * 100)

    plan = layout.lay_out(entries, HEAD, Scale(max_parts=60))

    assert not plan.nested
    assert 0 < sum(part.copied is not None for part in plan.parts) < 50


def test_a_file_without_crc_is_mortar_whatever_its_size() -> None:
    large, unknown = an_entry(0, 100 * MIB), an_entry(1, 12 * MIB, crc32=None)

    plan = layout.lay_out([large, unknown], HEAD)

    assert plan.entries == (unknown, large)
    assert _copied(plan, 1) == 100 * MIB


def _copied(plan: Plan, entry: int) -> int:
    return sum(part.length for part in plan.parts if part.copied == entry)


def _surely_copied(entry: Entry) -> bool:
    return entry.size >= 2 * MIN_PART and entry.crc32 is not None


def _never_copied(entry: Entry) -> bool:
    return entry.size < COPY_MIN or entry.crc32 is None
