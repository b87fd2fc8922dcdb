"""When the sweeper looks at a job. Pure.

A job has `wakeAt` and `wakeShard`, and so is in the sparse index `wake`, while something is left to
do for it: until it has ended, until what is left of it was thrown away, and until its archive has
expired. Open jobs and those that have ended have shards of their own, so that neither kind keeps
the other waiting.
"""

import random
from typing import Final

from chalicelib.jobs.states import OPEN, Status

SHARDS: Final = 4
"""Partitions of the index for each of the two kinds: one takes 1,000 writes a second."""

OPEN_SHARDS: Final = range(SHARDS)
ENDED_SHARDS: Final = range(SHARDS, 2 * SHARDS)

STALLED_AFTER_MS: Final = 60_000
"""An open job that nothing has moved for this long is looked at."""

_STEP_MS: Final = 30_000
"""An open job's `wakeAt` is kept to multiples of this, so that most progress writes leave the index
alone."""

SETTLED_AFTER_MS: Final = 20 * 60_000
"""Nobody is at work any more on a job that ended so long ago: no function runs longer than 15
minutes (.chalice/config.json), and clocks differ by less than the rest. What is thrown away then
stays away."""

DISCARD_AFTER_MS: Final = 60 * 60_000
"""What is left of a job that was cancelled or has failed is thrown away, once and for all, so long
after its end. Until then a retry can take over what was uploaded for one that has failed: who is
told of the failure has that long to mend its cause. A terabyte in parts costs three cents an
hour."""


def shard(status: Status) -> int:
    """A partition of the index for a job with this status."""
    return random.choice(OPEN_SHARDS if status in OPEN else ENDED_SHARDS)


def wake_time(now: int) -> int:
    """When an open job that has moved just now is to be looked at."""
    return -(-(now + STALLED_AFTER_MS) // _STEP_MS) * _STEP_MS
