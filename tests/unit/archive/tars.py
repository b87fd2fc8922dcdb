"""A second format, and plans for archives of it: to show that only a format's own module knows what
an archive looks like.

It is tar: a header of 512 bytes before each file, zeros behind it up to the next 512, no directory,
and two blocks of zeros at the end.
"""

from dataclasses import replace

from hypothesis import strategies as st

from chalicelib.archive import layout
from chalicelib.archive.costs import COPIES_AT_ONCE, Rates
from chalicelib.archive.formats import TAR, Format
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import Scale
from chalicelib.archive.tar_format import BLOCK
from tests.unit.archive.archives import HEAD, an_entry, with_crc32s

SMALL = Scale(
    # A header must fit between these two.
    min_part=1024,
    stream_part=3300,
    max_part=16_384,
    copy_part=4096,
    copy_min=1600,
    rates=Rates(stream=1000, copy=4000 / COPIES_AT_ONCE),
    segment_seconds=lambda work: work,  # as large as `most_segment_seconds` lets them be
)

AROUND = [
    size + step
    for size in (
        *(0, BLOCK, 2 * BLOCK),
        *(SMALL.min_part, SMALL.copy_min, SMALL.stream_part, 2 * SMALL.min_part, SMALL.copy_part),
        *(SMALL.max_part, SMALL.max_part + SMALL.min_part),
    )
    for step in (-1, 0, 1)
    if size + step >= 0
]
sizes = st.lists(
    st.integers(0, 2 * BLOCK) | st.sampled_from(AROUND) | st.integers(0, 12_000), max_size=14
)
scales = st.builds(
    lambda seconds, parts: replace(SMALL, most_segment_seconds=seconds, max_parts=parts),
    st.sampled_from([0.4, 1.0, 2.0, 8.0, 60.0]),
    st.sampled_from([8, 12, 16, 24, 10_000, 10_000]),
)

Files = tuple[tuple[Entry, ...], dict[str, bytes]]
"""Entries as a plan step has them, and by key what their files hold."""


def _content(index: int, size: int) -> bytes:
    """Bytes without a zero, so that none of them is taken for padding."""
    return bytes((index * 7 + at) % 255 + 1 for at in range(size))


@st.composite
def some_files(draw: st.DrawFn) -> Files:
    contents = [_content(index, size) for index, size in enumerate(draw(sizes))]
    entries = [
        an_entry(
            index,
            len(content),
            crc32=0 if len(content) > SMALL.stream_part or draw(st.booleans()) else None,
            name=f"d/{index}.txt",
        )
        for index, content in enumerate(contents)
    ]
    by_key = dict(zip((entry.key for entry in entries), contents, strict=True))
    return with_crc32s(entries, contents), by_key


def laid_out(entries: tuple[Entry, ...], scale: Scale, form: Format = TAR) -> Plan:
    try:
        return layout.lay_out(entries, HEAD, scale, form)
    except ArchiveTooLarge:
        return layout.lay_out(entries, HEAD, replace(scale, max_parts=10_000), form)


large = st.lists(st.integers(5_000, 14_000), min_size=8, max_size=12)
nested_plans = st.builds(
    lambda sizes, limit: laid_out(
        tuple(an_entry(index, size) for index, size in enumerate(sizes)),
        replace(SMALL, most_segment_seconds=1.0, max_parts=limit),
    ),
    large,
    st.integers(10, 14),
).filter(lambda plan: plan.nested)
plans = (
    st.builds(lambda files, scale: laid_out(files[0], scale), some_files(), scales) | nested_plans
)
