"""When the sweeper looks at a job, or at what is to be announced. Pure.

While something is left to do for a job, it has `wakeAt` and `wakeShard`, and so is in the sparse
index `wake`. Something is left to do until the job has ended, until its remains were thrown away,
and until its archive has expired. Open jobs and ended jobs have shards of their own, so that
neither kind keeps the other waiting.

While something is to be announced, the record of the job, or its notices, have `announceAt` and
`announceShard`, and so are in the sparse index `announce`.
"""

from random import Random
from typing import Final

from chalicelib.jobs.states import OPEN, Status

SHARDS: Final = 4
"""Partitions of the index for each of the two kinds. One partition takes 1,000 writes a second."""

OPEN_SHARDS: Final = range(SHARDS)
ENDED_SHARDS: Final = range(SHARDS, 2 * SHARDS)

ANNOUNCE_SHARDS: Final = range(SHARDS)

ANNOUNCE_AFTER_MS: Final = 60_000
"""The sweeper sends the step `announce` if what was due has not been told for this long."""

ANNOUNCE_AGAIN_MS: Final = 5 * 60_000
"""So long it waits before it sends the step once more."""

STALLED_AFTER_MS: Final = 60_000
"""The sweeper looks at an open job that has not moved for this long."""

_ROUNDED_TO_MS: Final = 30_000
"""An open job's `wakeAt` is rounded up to a multiple of this, so that most progress writes do not
change the index."""

SETTLED_AFTER_MS: Final = 20 * 60_000
"""This long after a job's end, no worker is at work on it any more: no function runs longer than 15
minutes (.chalice/config.json), and clocks differ by less than the rest. What is thrown away then
does not come back."""

DISCARD_AFTER_MS: Final = 60 * 60_000
"""What is left of a job that was cancelled or has failed is thrown away, once and for all, this
long after its end. Until then a retry can take over what a failed job has uploaded: people have
that long to mend the cause. A terabyte of uploaded parts costs three cents an hour."""


def shard(status: Status, random: Random) -> int:
    """Returns one of the index's partitions for a job with this status."""
    return random.choice(OPEN_SHARDS if status in OPEN else ENDED_SHARDS)


def wake_time(now: int) -> int:
    """Returns when the sweeper should look at an open job that has moved at `now`. Both are Unix
    time in ms."""
    return -(-(now + STALLED_AFTER_MS) // _ROUNDED_TO_MS) * _ROUNDED_TO_MS


def announcement(now: int, random: Random) -> dict[str, str | int]:
    """Returns the attributes of an item of which something is to be told at `now`."""
    return {
        "announceAt": now + ANNOUNCE_AFTER_MS,
        "announceShard": random.choice(ANNOUNCE_SHARDS),
    }


ANNOUNCEMENT: Final = ("announceAt", "announceShard")
"""The names of these attributes."""
