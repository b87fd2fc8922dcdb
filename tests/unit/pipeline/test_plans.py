"""A plan at rest: what is read again, by which version, and what names the archive's bytes."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import layout, volumes
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry, Part, Plan
from chalicelib.archive.scale import Scale
from chalicelib.jobs import places
from chalicelib.pipeline import plans
from chalicelib.pipeline.plans import Index, PlanUnusable
from chalicelib.s3.archive_bucket import ArchiveBucket
from tests.faults.s3 import S3
from tests.unit.archive.archives import HEAD, SHRUNKEN, an_entry, entries_of

VERSION = 7
"""Of the plans that are stored here."""

MARK = "fingerprint"
HOME = HEAD.job_id

lengths = st.lists(st.integers(0, 3 * SHRUNKEN.copy_part), min_size=1, max_size=12)
scales = st.sampled_from(
    [SHRUNKEN, replace(SHRUNKEN, max_parts=12), replace(SHRUNKEN, most_segment_seconds=0.0)]
)
heads = st.builds(
    Head,
    st.uuids().map(str),
    st.integers(0, 2**33),
    st.lists(st.integers(0, 9) | st.text(st.characters(codec="utf-8")), max_size=3).map(tuple),
)


@st.composite
def laid_out(draw: st.DrawFn) -> Plan:
    """Plans of one segment, of many, and nested ones."""
    entries = [
        an_entry(
            index,
            size,
            crc32=draw(st.integers(0, 2**32 - 1)) if size > SHRUNKEN.stream_part else None,
            name=f"{draw(st.text(st.characters(codec='utf-8'), max_size=4))}{index}",
        )
        for index, size in enumerate(draw(lengths))
    ]
    try:
        return layout.lay_out(entries, HEAD, draw(scales))
    except layout.ArchiveTooLarge:
        return layout.lay_out(entries, HEAD, SHRUNKEN)


def _entries() -> list[Entry]:
    return [an_entry(index, size) for index, size in enumerate([9_000, 40_000, 10, 70_000, 0])]


def _plan(scale: Scale = SHRUNKEN, **facts: Any) -> Plan:
    """The plan for some files, of which the first has these facts."""
    first, *rest = _entries()
    return layout.lay_out([replace(first, **facts), *rest], HEAD, scale)


@pytest.fixture
def bucket() -> ArchiveBucket:
    return _bucket()


def _bucket() -> ArchiveBucket:
    return S3(["archive"], lambda: 0).bucket("archive")


def _stored(
    bucket: ArchiveBucket, plan: Plan | None = None, *, version: int = VERSION, small: int = 0
) -> Index:
    return plans.store(bucket, HOME, plan or _plan(), HEAD, MARK, version=version, small=small)


def _loaded(bucket: ArchiveBucket, index: Index) -> Index:
    """The index as another process reads it."""
    return plans.load(bucket, HOME, index.digest, version=VERSION)


def _rewritten(
    bucket: ArchiveBucket, index: Index, change: Callable[[dict[str, Any]], object]
) -> None:
    """Changes what the stored index says, as another version might have written it."""
    key = places.index(HOME, index.digest)
    content = json.loads(bucket.read(key) or b"")
    change(content)
    bucket.write(key, json.dumps(content).encode())


# -- store and load -----------------------------------------------------------------------------


@given(laid_out(), heads, st.text(max_size=3))
def test_an_index_comes_back_as_it_was_stored(plan: Plan, head: Head, mark: str) -> None:
    bucket = _bucket()

    index = plans.store(bucket, HOME, plan, head, mark, version=VERSION, small=0)

    assert plans.load(bucket, HOME, index.digest, version=VERSION) == index
    assert index.head == head
    assert (index.form, index.nested, index.segments) == (plan.form, plan.nested, plan.segments)
    assert (index.size, index.tail_start) == (plan.size, plan.tail_start)
    assert (index.files, index.fingerprint) == (len(plan.entries), mark)


@given(laid_out())
def test_a_slice_has_what_its_segment_needs_of_the_plan(plan: Plan) -> None:
    bucket = _bucket()
    index = _stored(bucket, plan)

    for number, segment in enumerate(plan.segments):
        found = plans.load_slice(bucket, HOME, index, number)
        first, end = segment.first_entry, segment.end_entry
        assert found.first_entry == first
        assert found.entries == plan.entries[first:end]
        assert found.offsets == plan.offsets[first:end]
        assert [
            part if part.copied is None else replace(part, copied=part.copied + first)
            for part in found.parts
        ] == list(plan.parts[segment.first_part : segment.end_part])


def test_the_last_segment_is_the_final_one() -> None:
    plan = _plan(replace(SHRUNKEN, most_segment_seconds=0.0))

    index = _stored(_bucket(), plan)

    assert index.final == len(plan.segments) - 1 > 1


@given(laid_out())
def test_what_s3_copies_is_known_from_the_index(plan: Plan) -> None:
    index = _stored(_bucket(), plan)

    assert index.copied == sum(part.length for part in plan.parts if part.copied is not None)


def test_twins_that_plan_the_same_write_the_same(bucket: ArchiveBucket) -> None:
    first, written = _stored(bucket), _objects(bucket)

    second = _stored(bucket)

    assert second == first
    assert _objects(bucket) == written


@pytest.mark.parametrize(
    "fact", [{"name": "x"}, {"key": "x"}, {"etag": '"x"'}, {"size": 9_001}, {"crc32": 1}]
)
def test_twins_that_plan_otherwise_leave_each_others_plan_alone(
    bucket: ArchiveBucket, fact: dict[str, Any]
) -> None:
    first = _stored(bucket)

    second = _stored(bucket, _plan(**fact))

    assert second.digest != first.digest
    assert plans.load(bucket, HOME, first.digest, version=VERSION) == first
    assert plans.load(bucket, HOME, second.digest, version=VERSION) == second


def test_plans_of_two_versions_leave_each_other_alone(bucket: ArchiveBucket) -> None:
    old, new = _stored(bucket, version=VERSION), _stored(bucket, version=VERSION + 1)

    assert old.digest != new.digest
    assert plans.load(bucket, HOME, old.digest, version=VERSION) == old


# -- a plan that cannot be used -----------------------------------------------------------------


@pytest.mark.parametrize("other", [VERSION - 1, VERSION + 1])
def test_a_plan_of_another_version_cannot_be_used(bucket: ArchiveBucket, other: int) -> None:
    index = _stored(bucket, version=other)

    with pytest.raises(PlanUnusable):
        plans.load(bucket, HOME, index.digest, version=VERSION)


@pytest.mark.parametrize("small", [0, 10**6])
def test_slices_are_read_as_they_were_stored_wherever_they_lie(
    bucket: ArchiveBucket, small: int
) -> None:
    index = _stored(bucket, small=small)

    loaded = _loaded(bucket, index)

    assert (loaded.slices is None) is (small == 0)
    assert [plans.load_slice(bucket, HOME, loaded, n) for n in range(len(index.segments))] == [
        plans.load_slice(bucket, HOME, index, n) for n in range(len(index.segments))
    ]


def test_a_small_plan_is_one_object(bucket: ArchiveBucket) -> None:
    index = _stored(bucket, small=len(_stored(_bucket()).slices or b""))

    assert list(_objects(bucket)) == [places.index(HOME, index.digest)]


def test_a_plan_that_is_a_byte_too_large_is_two_objects(bucket: ArchiveBucket) -> None:
    index = _stored(bucket, small=len(_stored(_bucket()).slices or b"") - 1)

    assert places.plan(HOME, index.digest) in _objects(bucket)


def test_a_plan_that_says_no_version_cannot_be_used(bucket: ArchiveBucket) -> None:
    index = _stored(bucket)
    _rewritten(bucket, index, lambda content: content.pop("version"))

    with pytest.raises(PlanUnusable):
        plans.load(bucket, HOME, index.digest, version=VERSION)


def test_a_plan_that_was_deleted_cannot_be_used(bucket: ArchiveBucket) -> None:
    index = _stored(bucket)
    bucket.delete(places.index(HOME, index.digest))

    with pytest.raises(PlanUnusable):
        plans.load(bucket, HOME, index.digest, version=VERSION)


def test_a_plan_whose_slices_were_deleted_cannot_be_used(bucket: ArchiveBucket) -> None:
    index = _loaded(bucket, _stored(bucket))
    bucket.delete(places.plan(HOME, index.digest))

    with pytest.raises(PlanUnusable):
        plans.load_slice(bucket, HOME, index, 0)


def test_a_plan_whose_slices_were_cut_short_cannot_be_used(bucket: ArchiveBucket) -> None:
    index = _loaded(bucket, _stored(bucket, _plan(replace(SHRUNKEN, most_segment_seconds=0.0))))
    last_start, _ = index.places[-1]
    content = bucket.read(places.plan(HOME, index.digest)) or b""
    bucket.write(places.plan(HOME, index.digest), content[:last_start])

    with pytest.raises(PlanUnusable):
        plans.load_slice(bucket, HOME, index, index.final)


# -- what every version says --------------------------------------------------------------------


def _otherwise(content: dict[str, Any]) -> None:
    """All but what means the same in every version."""
    for name in content.keys() - {"version", "bytes", "missing"}:
        del content[name]
    content["version"] = VERSION + 1


def test_what_is_missing_is_read_of_a_plan_of_any_version(bucket: ArchiveBucket) -> None:
    index = _stored(bucket)
    _rewritten(bucket, index, _otherwise)

    assert plans.missing(bucket, HOME, index.digest) == HEAD.missing


def test_of_a_plan_that_is_not_there_nothing_is_missing(bucket: ArchiveBucket) -> None:
    assert plans.missing(bucket, HOME, "0" * 16) == ()


def test_the_bytes_of_a_stored_plan_of_any_version_are_named(bucket: ArchiveBucket) -> None:
    index = _stored(bucket)
    _rewritten(bucket, index, _otherwise)

    named = plans.stored_bytes_digest(bucket, HOME, index.digest)

    assert named == plans.bytes_digest(_plan(), HEAD)


def test_a_plan_that_is_not_there_or_of_0_1_0_names_no_bytes(bucket: ArchiveBucket) -> None:
    index = _stored(bucket)
    _rewritten(bucket, index, lambda content: content.pop("bytes"))

    assert plans.stored_bytes_digest(bucket, HOME, index.digest) is None
    assert plans.stored_bytes_digest(bucket, HOME, "0" * 16) is None


# -- what names the bytes -----------------------------------------------------------------------


@given(laid_out())
def test_equal_plans_have_the_same_bytes(plan: Plan) -> None:
    again = layout.lay_out(plan.entries, HEAD, SHRUNKEN)
    once_more = layout.lay_out(list(plan.entries), HEAD, SHRUNKEN)

    assert plans.bytes_digest(again, HEAD) == plans.bytes_digest(once_more, HEAD)


@pytest.mark.parametrize(
    "fact",
    [
        {"name": "file-O"},
        {"key": "key-O"},
        {"etag": '"ETAG"'},
        {"size": 9_001},
        {"size": 0},
        {"modified": 1_700_000_001},
    ],
)
def test_what_a_file_is_called_or_holds_makes_other_bytes(fact: dict[str, Any]) -> None:
    assert plans.bytes_digest(_plan(**fact), HEAD) != plans.bytes_digest(_plan(), HEAD)


@pytest.mark.parametrize("fact", [{"crc32": 1}, {"crc32": None}, {"in_s3": True}])
def test_who_knows_the_crc_32_makes_no_other_bytes(fact: dict[str, Any]) -> None:
    plan = _plan()
    known = replace(plan, entries=(replace(plan.entries[0], **fact), *plan.entries[1:]))

    assert plans.bytes_digest(known, HEAD) == plans.bytes_digest(plan, HEAD)


@pytest.mark.parametrize(
    "scale",
    [
        replace(SHRUNKEN, stream_part=600),
        replace(SHRUNKEN, copy_part=SHRUNKEN.copy_part // 2),
        replace(SHRUNKEN, copy_min=100_000),
        replace(SHRUNKEN, max_parts=10),
    ],
)
def test_other_cuts_make_other_bytes(scale: Scale) -> None:
    one, other = _plan(), _plan(scale)

    assert one.parts != other.parts
    assert plans.bytes_digest(one, HEAD) != plans.bytes_digest(other, HEAD)


def test_other_cuts_behind_a_nested_plans_joins_make_other_bytes() -> None:
    entries = entries_of([40_000] * 12)
    scale = replace(SHRUNKEN, max_parts=20)
    one, other = (
        layout.lay_out(entries, HEAD, replace(scale, stream_part=size)) for size in (4_096, 1_200)
    )

    assert one.nested
    assert _joins(one) == _joins(other)
    assert one.parts[one.segments[-1].first_part :] != other.parts[other.segments[-1].first_part :]
    assert plans.bytes_digest(one, HEAD) != plans.bytes_digest(other, HEAD)


def test_a_part_that_begins_a_byte_later_makes_other_bytes() -> None:
    plan = _plan()
    first, second, *rest = plan.parts
    later = replace(second, start=second.start + 1, length=second.length - 1)
    moved = replace(plan, parts=(replace(first, length=first.length + 1), later, *rest))

    assert plans.bytes_digest(moved, HEAD) != plans.bytes_digest(plan, HEAD)


def test_other_segments_of_the_same_parts_make_no_other_bytes() -> None:
    plan, divided = _plan(), _plan(replace(SHRUNKEN, most_segment_seconds=0.0))

    assert len(plan.segments) < len(divided.segments)
    assert plans.bytes_digest(divided, HEAD) == plans.bytes_digest(plan, HEAD)


@pytest.mark.parametrize(
    "head",
    [
        replace(HEAD, job_id=HEAD.job_id[:-1] + "1"),
        replace(HEAD, created=HEAD.created + 1),
        replace(HEAD, missing=()),
        replace(HEAD, missing=tuple(map(str, HEAD.missing))),
    ],
)
def test_another_head_makes_other_bytes(head: Head) -> None:
    assert plans.bytes_digest(_plan(), head) != plans.bytes_digest(_plan(), HEAD)


def test_files_in_another_order_make_other_bytes() -> None:
    one, other, *rest = (an_entry(index, 10) for index in range(4))

    plan = layout.lay_out([one, other, *rest], HEAD, SHRUNKEN)
    turned = layout.lay_out([other, one, *rest], HEAD, SHRUNKEN)

    assert plan.parts == turned.parts
    assert plans.bytes_digest(plan, HEAD) != plans.bytes_digest(turned, HEAD)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "ab", "key": "c"}, {"name": "a", "key": "bc"}),
        ({"name": "x", "key": "y1 z"}, {"name": "x4 y", "key": "z"}),
        ({"key": 'k"', "etag": '1"'}, {"key": "k", "etag": '"1"'}),
    ],
)
def test_texts_that_run_into_each_other_are_told_apart(
    one: dict[str, str], other: dict[str, str]
) -> None:
    plan = _plan()
    first, *rest = plan.entries
    # In the same places, so that nothing but the texts tells them apart.
    twins = [
        replace(plan, entries=(replace(first, **facts), *rest))  # type: ignore[arg-type]  # any fields
        for facts in (one, other)
    ]

    assert plans.bytes_digest(twins[0], HEAD) != plans.bytes_digest(twins[1], HEAD)


def _joins(plan: Plan) -> list[Part]:
    return [part for segment in plan.segments for part in segment.joins]


def _objects(bucket: ArchiveBucket) -> dict[str, bytes | None]:
    return {found.key: bucket.read(found.key) for found in bucket.list_objects("")}


# -- several archives ---------------------------------------------------------------------------


def _split(split: int) -> Plan:
    return volumes.lay_out(entries_of([9_000, 20_000, 10, 15_000, 0]), HEAD, split, SHRUNKEN)


def test_the_index_says_where_each_of_several_archives_ends(bucket: ArchiveBucket) -> None:
    plan = _split(30_000)

    index = _stored(bucket, plan)

    assert plans.load(bucket, HOME, index.digest, version=VERSION) == index
    assert index.volumes == plan.volumes
    assert len(index.volumes) == 1
    assert index.total == plan.total == plan.size + plan.volumes[0].size
    numbers = [index.archive_of(number) for number in range(len(index.segments))]
    assert numbers == [1, *[2] * (len(index.segments) - 1)]


def test_a_slice_of_an_archive_counts_from_its_own_first_file(bucket: ArchiveBucket) -> None:
    plan = _split(30_000)
    index = _stored(bucket, plan)

    first, second = (plans.load_slice(bucket, HOME, index, number) for number in (0, 1))

    assert (first.offsets[0], first.parts[0].number, first.parts[0].start) == (0, 1, 0)
    assert (second.offsets[0], second.parts[0].number, second.parts[0].start) == (0, 1, 0)
    assert (
        first.entries + second.entries == plan.entries[: second.first_entry + len(second.entries)]
    )


def test_another_division_has_other_bytes() -> None:
    digests = {plans.bytes_digest(_split(split), HEAD) for split in (20_200, 25_000, 30_000)}
    moved = replace(_split(30_000), segments=_split(25_000).segments)

    assert len(digests) == 3
    assert plans.bytes_digest(moved, HEAD) not in digests
