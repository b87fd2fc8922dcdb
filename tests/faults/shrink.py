"""Makes everything small: an archive of a few kilobytes has copied parts, several segments, and
several pages of each list. Its run takes milliseconds."""

from dataclasses import astuple, dataclass, replace
from random import Random
from typing import Final

from chalicelib.archive import costs
from chalicelib.archive.costs import Rates
from chalicelib.archive.packing import Sizes
from chalicelib.archive.scale import Scale
from chalicelib.limits import Limits
from tests.faults import stored

_LAYOUT: Final = Scale(
    # Bytes. In proportion to `min_part`, all are about as large as in Scale. A header must fit
    # between `min_part` and `stream_part`. A part may have all of a pack, which zlib gives at once.
    min_part=256,
    max_part=4096,
    stream_part=820,
    copy_part=1024,
    copy_min=400,
    rates=Rates(stream=1000, copy=4000 / costs.COPIES_AT_ONCE, pack=350),
    segment_seconds=lambda work: work,  # as large as `most_segment_seconds` lets them be
)


def _packing(scale: int) -> Sizes:
    """Returns the sizes of packs: a pack has a few files, or a part of a large one."""
    return Sizes(least=900 * scale, span=700 * scale, block=400 * scale, sampled=100 * scale)


@dataclass(frozen=True, slots=True)
class Small:
    """The sizes of one run: the seconds of work in a segment, the most parts of an upload, the rows
    of a page, and the most messages in one request. `scale` is how many times larger than usual
    all bytes are."""

    segment_seconds: float
    max_parts: int
    page: int
    batch: int = 3
    scale: int = 1

    @property
    def limits(self) -> Limits:
        """The limits that chalicelib works with."""
        layout = replace(
            self._layout, most_segment_seconds=self.segment_seconds, max_parts=self.max_parts
        )
        return Limits(
            layout=layout,
            packing=_packing(self.scale),
            read_bytes=300 * self.scale,
            batch_bytes=1500 * self.scale,
            index_part=300 * self.scale,
            lookups=4,
            short_request=140,
            small_plan=400,
        )

    @property
    def of_s3(self) -> stored.Limits:
        """The limits of S3 in memory."""
        layout = self._layout
        return stored.Limits(layout.min_part, layout.max_part, self.max_parts, self.page)

    @property
    def _layout(self) -> Scale:
        rates = _LAYOUT.rates
        return replace(
            _LAYOUT,
            min_part=_LAYOUT.min_part * self.scale,
            max_part=_LAYOUT.max_part * self.scale,
            stream_part=_LAYOUT.stream_part * self.scale,
            copy_part=_LAYOUT.copy_part * self.scale,
            copy_min=_LAYOUT.copy_min * self.scale,
            rates=Rates(*(rate * self.scale for rate in astuple(rates))),
        )


def drawn(random: Random) -> Small:
    """Draws the sizes of one run."""
    return Small(
        segment_seconds=random.choice((0.4, 1.0, 2.0, 8.0)),
        # Few enough that many archives are nested, and some too large.
        max_parts=random.choice((8, 12, 16, 24, 10_000, 10_000)),
        page=random.choice((2, 3, 1000)),
    )
