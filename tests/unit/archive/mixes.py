"""Files of any mix of sizes, around every limit of the layout, and plans for them."""

from hypothesis import strategies as st

from chalicelib.archive import layout
from chalicelib.archive.costs import COPY_PART, STREAM_PART
from chalicelib.archive.plan import Entry
from chalicelib.archive.scale import COPY_MIN, GIB, MAX_PART, MIB, MIN_PART
from chalicelib.archive.zip_format import UINT32_MAX
from tests.unit.archive.archives import HEAD, an_entry

TIB = 1024 * GIB
LIMITS = (
    MIN_PART,
    COPY_MIN,
    2 * MIN_PART,
    STREAM_PART,
    2 * STREAM_PART,
    COPY_PART,
    COPY_PART + MIN_PART,
    2 * COPY_PART,
    UINT32_MAX,
    MAX_PART,
    MAX_PART + MIN_PART,
)
AROUND_LIMITS = [limit + step for limit in LIMITS for step in (-MIN_PART, -1, 0, 1, MIN_PART)]
SMALL_LIMITS = [0, 1, MIB, MIN_PART - MIB, MIN_PART, STREAM_PART - MIB, STREAM_PART]

small = st.integers(0, STREAM_PART) | st.sampled_from(SMALL_LIMITS)
large = st.sampled_from(AROUND_LIMITS) | st.integers(0, 3 * GIB)
sizes = st.lists(st.one_of(small, small, large), max_size=40)


@st.composite
def some_entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Entries as a plan step has them: no large one is without its CRC-32."""
    drawn = draw(sizes)
    known = draw(st.lists(st.booleans(), min_size=len(drawn), max_size=len(drawn)))
    return tuple(
        an_entry(index, size, crc32=0 if is_known or size > STREAM_PART or not size else None)
        for index, (size, is_known) in enumerate(zip(drawn, known, strict=True))
    )


plans = some_entries().map(lambda entries: layout.lay_out(entries, HEAD))
