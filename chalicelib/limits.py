"""How much is done at a time. A test hands over smaller limits, and sees all of it in small."""

from dataclasses import dataclass
from typing import Final

from chalicelib.archive import costs
from chalicelib.archive.scale import GIB, SCALE, Scale


@dataclass(frozen=True, slots=True)
class Limits:
    """`layout` is what archives are laid out with. `read_bytes` is what one request reads of a
    source file that is streamed: a large file comes over more than one connection. `batch_bytes` is
    what one worker reads in the step `read`: some 15 seconds at the 600 Mbit/s that a function has.
    `lookups` files are looked up between two signs of life."""

    layout: Scale = SCALE
    read_bytes: int = costs.READ_SIZE
    batch_bytes: int = GIB
    lookups: int = 256


LIMITS: Final = Limits()
"""What a deployed stack works with."""
