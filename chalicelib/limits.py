"""How much is done at the same time. Tests pass smaller limits, and so need little data to reach
them."""

from dataclasses import dataclass
from typing import Final

from chalicelib.archive import costs
from chalicelib.archive.packing import SIZES, Sizes
from chalicelib.archive.scale import GIB, SCALE, Scale


@dataclass(frozen=True, slots=True)
class Limits:
    """`layout` has the sizes that archives are laid out with. `read_bytes` is how much of a source
    file one request reads when a worker streams the file: so a large file comes over more than one
    connection. `batch_bytes` is how much one worker reads in the step `read`: it takes some 15
    seconds at the 600 Mbit/s that a function has. `lookups` is how many files are looked up between
    two ticks. `packing` has the sizes of packs. `index_part` is how much of an index beside an
    archive one request writes. `short_request` is the most characters of a request that lies in the
    job's record: a prefix, some forty ids, or as many keys of one folder. `small_plan` is the most
    bytes of a plan's slices that lie in its index, which the API reads too: those of several
    hundred files."""

    layout: Scale = SCALE
    packing: Sizes = SIZES
    read_bytes: int = costs.READ_SIZE
    batch_bytes: int = GIB
    lookups: int = 256
    index_part: int = 16 * 1024**2
    short_request: int = 320
    small_plan: int = 16 * 1024


LIMITS: Final = Limits()
"""The limits of a deployed stack."""
