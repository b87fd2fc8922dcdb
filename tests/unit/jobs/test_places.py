"""Every key of a job leads back to it, and no other key leads to any."""

import inspect
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.jobs import places
from tests.unit.samples import JOB_ID

Made = tuple[str, str]
"""A job's id, and a key that was made for it."""

ids = st.uuids().map(str)
digests = st.binary(min_size=8, max_size=8).map(bytes.hex)
marks = st.binary(min_size=32, max_size=32).map(bytes.hex)
numbers = st.integers(0, 10_000)


def _of(make: Callable[..., str], *rest: st.SearchStrategy[object]) -> st.SearchStrategy[Made]:
    return st.tuples(ids, *rest).map(lambda facts: (str(facts[0]), make(*facts)))


segments = _of(places.segment, digests, numbers)
requests = _of(places.request, digests)
copies = _of(places.kept, digests, st.text(max_size=40))
forms = st.sampled_from(["zip", "tar", "tar.gz"])
packs = _of(places.pack, digests, numbers, st.uuids().map(str))
OF_THE_BUCKET = {
    "archive": _of(places.archive, forms, st.none() | numbers),
    "archive_index": _of(places.archive_index, forms),
    "folder": _of(places.folder),
    "request": requests,
    "plan": _of(places.plan, digests),
    "index": _of(places.index, digests),
    "segment": segments,
    "segments": _of(places.segments, digests),
    "tail_section": _of(places.tail_section, digests, numbers),
    "batches_to_read": _of(places.batches_to_read, digests),
    "crc32s": _of(places.crc32s, digests, st.none() | numbers),
    "readings": _of(places.readings),
    "copies": _of(places.copies),
    "kept": copies,
    "found": _of(places.found, numbers, numbers),
    "packing": _of(places.packing, digests),
    "packs": _of(places.packs, digests),
    "pack": packs,
    "packed": _of(places.packed, digests, numbers),
    "headers": _of(places.headers, digests),
    "spans": _of(places.spans, digests),
}
OF_THE_TABLE = {
    "record": _of(places.record),
    "done_segments": _of(places.done_segments, digests),
    "segment_upload": _of(places.segment_upload, digests, numbers),
    "holders": _of(places.holders),
    "fingerprint": st.tuples(ids, marks.map(places.fingerprint)),
    "tickets": _of(places.tickets),
    "notices": _of(places.notices),
    "address": st.tuples(ids, marks.map(places.address)),
    "selection": st.tuples(ids, marks.map(places.selection)),
    "rate": st.tuples(ids, marks.map(places.rate)),
    "quota": st.tuples(ids, st.builds(places.quota, marks, st.dates().map(str))),
    "checksum": st.tuples(ids, marks.map(places.checksum)),
}
BACK = {
    "job_of",
    "job_of_item",
    "segment_of",
    "reading_of",
    "is_request",
    "is_segment",
    "is_copy",
    "is_pack",
    "is_packing",
    "is_temporary",
    "is_record",
}

keys: st.SearchStrategy[Made] = st.one_of(*OF_THE_BUCKET.values())
other_keys: st.SearchStrategy[Made] = st.one_of(
    *(
        one
        for name, one in OF_THE_BUCKET.items()
        if name not in {"segment", "request", "kept", "pack"}
    )
)
characters = st.characters() | st.sampled_from("/.-0afAF\n\0٣é")


@st.composite
def hostile_keys(draw: st.DrawFn) -> str:
    """A key that looks like one of ours, with something else at a place or two."""
    _, key = draw(keys)
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(key)))
        end = draw(st.integers(start, min(start + 2, len(key))))
        key = key[:start] + draw(st.text(characters, max_size=2)) + key[end:]
    return key


def test_no_place_is_left_out_here() -> None:
    functions = {
        name
        for name, one in inspect.getmembers(places, inspect.isfunction)
        if not name.startswith("_")
    }

    assert functions == OF_THE_BUCKET.keys() | OF_THE_TABLE.keys() | BACK | {"archives"}


@given(keys)
def test_every_key_of_a_job_leads_back_to_it(made: Made) -> None:
    job_id, key = made

    assert places.job_of(key) == job_id


@pytest.mark.parametrize("rest", ["\n", "a\nb", "\u2028", "é/日", "."])
def test_whatever_lies_in_a_jobs_folder_is_the_jobs(rest: str) -> None:
    assert places.job_of(f"{places.folder(JOB_ID)}{rest}") == JOB_ID


@given(st.one_of(*(one for name, one in OF_THE_BUCKET.items() if not name.startswith("archive"))))
def test_everything_but_the_archive_lies_in_the_jobs_folder(made: Made) -> None:
    job_id, key = made

    assert key.startswith(places.folder(job_id))


@given(st.text() | hostile_keys())
@example(f"archives/{JOB_ID}")
@example(f"jobs/{JOB_ID}\n/plan")
def test_a_hostile_key_leads_to_the_job_that_it_names_or_to_none(key: str) -> None:
    job_id = places.job_of(key)

    assert job_id is None or places.JOB_ID.fullmatch(job_id)
    assert job_id is None or key.startswith((f"archives/{job_id}", f"jobs/{job_id}"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "archives/",
        "jobs//plan",
        JOB_ID,
        f"archives/{JOB_ID}",
        f"jobs/{JOB_ID}",
        f"jobs/{JOB_ID}\n",
        f"/jobs/{JOB_ID}/plan",
        f"\njobs/{JOB_ID}/plan",
        f"x/jobs/{JOB_ID}/plan",
        f"downloads/{JOB_ID}.zip",
        f"Archives/{JOB_ID}.zip",
        f"archives/{JOB_ID}0.zip",
        f"archives/0{JOB_ID}.zip",
        f"archives/{JOB_ID[:-1]}.zip",
        f"archives/{JOB_ID.upper()}.zip",
        f"archives/{JOB_ID.replace('-', '')}.zip",
        f"archives/{JOB_ID[:-1]}٣.zip",
        f"archives/../jobs/{JOB_ID}/plan",
    ],
)
def test_a_key_that_is_no_jobs_leads_to_none(key: str) -> None:
    assert places.job_of(key) is None


@given(segments)
def test_a_segment_is_known_by_its_key(made: Made) -> None:
    _, key = made

    assert places.is_segment(key)
    assert not places.is_request(key)
    assert not places.is_copy(key)


@given(requests)
def test_a_request_is_known_by_its_key(made: Made) -> None:
    _, key = made

    assert places.is_request(key)
    assert not places.is_segment(key)
    assert not places.is_copy(key)


@given(copies)
def test_a_copy_is_known_by_its_key(made: Made) -> None:
    _, key = made

    assert places.is_copy(key)
    assert not places.is_segment(key)
    assert not places.is_request(key)


@given(other_keys)
def test_no_other_key_is_a_segment_a_request_or_a_copy(made: Made) -> None:
    _, key = made

    assert not places.is_segment(key)
    assert not places.is_request(key)
    assert not places.is_copy(key)


@given(st.text() | hostile_keys())
def test_a_hostile_key_is_one_thing_at_most_of_the_job_it_leads_to(key: str) -> None:
    kinds = places.is_segment(key), places.is_request(key), places.is_copy(key)

    assert not any(kinds) or places.job_of(key) is not None
    assert sum(kinds) <= 1


@pytest.mark.parametrize(
    "key",
    [
        f"jobs/{JOB_ID}/0123/segment-",
        f"jobs/{JOB_ID}/0123/segment-x",
        f"jobs/{JOB_ID}/0123/segment--1",
        f"jobs/{JOB_ID}/0123/segment-1.0",
        f"jobs/{JOB_ID}/0123/segment-1\n",
        f"jobs/{JOB_ID}/0123/segment-1/x",
        f"jobs/{JOB_ID}/0123/x-segment-1",
        f"jobs/{JOB_ID}/0123/x/segment-1",
        f"jobs/{JOB_ID}/segment-1",
        f"jobs/{JOB_ID}//segment-1",
        f"archives/{JOB_ID}/0123/segment-1",
        f"jobs/{JOB_ID.upper()}/0123/segment-1",
        f"\njobs/{JOB_ID}/0123/segment-1",
    ],
)
def test_what_only_looks_like_a_segment_is_none(key: str) -> None:
    assert not places.is_segment(key)


@pytest.mark.parametrize(
    "key",
    [
        f"jobs/{JOB_ID}/request",
        f"jobs/{JOB_ID}/0123/request-0.json",
        f"jobs/{JOB_ID}/request-0/x.json",
        f"jobs/{JOB_ID}/xrequest-0.json",
        f"archives/{JOB_ID}/request-0.json",
        f"jobs/{JOB_ID.upper()}/request-0.json",
        f"jobs/{JOB_ID}request-0.json",
        f"\njobs/{JOB_ID}/request-0.json",
    ],
)
def test_what_only_looks_like_a_request_is_none(key: str) -> None:
    assert not places.is_request(key)


@given(ids, digests, numbers)
def test_what_is_stored_of_a_plan_leads_back_to_its_segment(
    job_id: str, digest: str, number: int
) -> None:
    assert places.segment_of(places.plan(job_id, digest)) == (digest, None)
    assert places.segment_of(places.index(job_id, digest)) == (digest, None)
    assert places.segment_of(places.segment(job_id, digest, number)) == (digest, number)
    assert places.segment_of(places.tail_section(job_id, digest, number)) == (digest, number)


@given(ids, digests, numbers)
def test_what_is_stored_of_a_reading_leads_back_to_its_batch(
    job_id: str, digest: str, number: int
) -> None:
    assert places.reading_of(places.batches_to_read(job_id, digest)) == (digest, None)
    assert places.reading_of(places.crc32s(job_id, digest, number)) == (digest, number)
    assert places.reading_of(places.crc32s(job_id, digest)) is None
    assert places.reading_of(places.segment(job_id, digest, number)) is None


@given(st.one_of(requests, copies, OF_THE_BUCKET["crc32s"], OF_THE_BUCKET["batches_to_read"]))
def test_what_is_stored_of_no_plan_leads_to_no_segment(made: Made) -> None:
    assert places.segment_of(made[1]) is None


@given(OF_THE_TABLE["record"])
def test_a_record_is_known_by_its_key(made: Made) -> None:
    assert places.is_record(made[1])


@given(st.one_of(*(one for name, one in OF_THE_TABLE.items() if name != "record")))
def test_what_lies_beside_a_record_is_no_record(made: Made) -> None:
    assert not places.is_record(made[1])


@given(ids, st.sets(digests, min_size=2, max_size=2), st.sets(numbers, min_size=2, max_size=2))
def test_no_two_places_of_a_job_have_one_key(
    job_id: str, digests: set[str], numbers: set[int]
) -> None:
    once = [
        *(places.archive(job_id), places.folder(job_id)),
        *(places.record(job_id), places.tickets(job_id), places.holders(job_id)),
    ]
    of_a_digest = [
        make(job_id, digest)
        for make in (
            *(places.request, places.plan, places.index, places.segments),
            *(places.batches_to_read, places.crc32s, places.done_segments),
        )
        for digest in digests
    ]
    numbered = [
        make(job_id, digest, number)
        for make in (places.segment, places.tail_section, places.crc32s, places.segment_upload)
        for digest in digests
        for number in numbers
    ]
    kept = [places.kept(job_id, digest, str(number)) for digest in digests for number in numbers]

    made = [*once, *of_a_digest, *numbered, *kept]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("begin", "make"), [(places.segments, places.segment), (places.crc32s, places.crc32s)]
)
@given(job_id=ids, digest=digests, number=numbers)
def test_what_the_keys_of_all_begin_with_leaves_the_number(
    begin: Callable[[str, str], str],
    make: Callable[[str, str, int], str],
    job_id: str,
    digest: str,
    number: int,
) -> None:
    key = make(job_id, digest, number)

    assert key.removeprefix(begin(job_id, digest)) == str(number)
