"""Many jobs at once, without faults: how long each takes, and how many messages are sent for it.

`python -m tests.faults.crowd` prints by how much many jobs, or a large job, of one user delay the
small export of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import click

from chalicelib.jobs import places
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job
from tests.faults import invariants
from tests.faults.deployed import Size
from tests.faults.shrink import Small
from tests.faults.wishes import Wish
from tests.faults.world import World

SMALL: Final = {"user_id": "small", "file_ids": [10_000], "fresh": True}
"""The export that should be quick. It is `fresh`, so no finished archive is reused for it."""

_LARGE: Final = "downloads/large/"
_FILES: Final = 200  # in the large job, with _BYTES each
_BYTES: Final = 1500

SIZE: Final = Size(
    latency=100,
    workers=10,
    lag=0,
    small=Small(0.4, 10_000, 1000, batch=10),
    is_direct=False,  # it is the queue that is fair
)


@dataclass(frozen=True, slots=True)
class Post:
    """A request for an export, `at` ms after the start."""

    at: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`took` has the ms from each job's record to its end, by user. `doubled` counts the messages
    that repeat an earlier one."""

    jobs: list[Job]
    took: dict[str, list[int]]
    doubled: int
    messages: int
    violations: list[str]


def run(posts: Sequence[Post], size: Size = SIZE, seed: int = 0) -> Outcome:
    """Runs a stack of this size until all of the jobs have ended."""
    world = World(seed, only=[], size=size)
    world.files.put("downloads/10000", 1000, world.schedule.now)
    for number in range(_FILES):
        world.files.put(f"{_LARGE}{number}", _BYTES, world.schedule.now)

    def begin() -> None:
        for post in posts:
            world.schedule.spawn("user", partial(world.people.ask, Wish(post.body, None)), post.at)

    world.run(begin)
    invariants.check(world, in_time=False)
    jobs = [to_job(item) for key, item in world.table.items.items() if places.is_record(key)]
    took: dict[str, list[int]] = {}
    for job in jobs:
        took.setdefault(job.user_id, []).append(world.witness.ended[job.job_id] - job.created_at)
    messages = world.sqs.sent.total()
    return Outcome(jobs, took, messages - len(world.sqs.sent), messages, world.witness.violations)


def many(count: int) -> list[Post]:
    """Returns requests for `count` jobs of one user, within a second."""
    return [Post(n * 1000 // count, {**SMALL, "user_id": "many"}) for n in range(count)]


LARGE: Final = [Post(0, {"user_id": "large", "prefix": _LARGE})]
SMALLS: Final = [Post(at, SMALL) for at in range(60_000, 400_000, 40_000)]
"""The small export, requested every 40 s while the other jobs are at work."""


@click.command()
@click.option(
    "--count", default=200, show_default=True, help="How many jobs the other user requests."
)
def main(count: int) -> None:
    """Prints the delays."""
    alone = max(run(SMALLS).took["small"])
    click.echo(f"alone: {alone / 1000:.1f} s")
    for is_fair in (False, True):
        for name, others in (("many", many(count)), ("large", LARGE)):
            ended = run([*others, *SMALLS], replace(SIZE, is_fair=is_fair))
            small = max(ended.took["small"])
            click.echo(
                f"{'fair' if is_fair else 'plain'} queue, {name}: {small / 1000:.1f} s, "
                f"{small / alone:.1f} times as long; theirs {max(ended.took[name]) / 1000:.0f} s; "
                f"{ended.messages} messages, {ended.doubled} of them doubled"
            )


if __name__ == "__main__":
    main()
