"""What would change if we changed something: settings, and things that are not built.

A change has two sides: the world that the job is played in, and the constants of the planner.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from bench.simulate import demand
from bench.simulate.play import Job, Played, play
from bench.simulate.records import Record, entries
from bench.simulate.world import World
from chalicelib.archive import costs, layout
from chalicelib.archive.manifest import Head

_HEAD: Final = Head("5f0c5d0e-0000-4000-8000-000000000000", 1_700_000_000)


@dataclass(frozen=True, slots=True)
class Change:
    """A change. `world` are its new fields of World. `believed` are the constants of
    chalicelib/archive/costs.py by which the planner then decides."""

    title: str
    world: Mapping[str, float]
    believed: Mapping[str, float]


POLLERS: Final = Change(
    "50 provisioned pollers, so 500 workers at first (`PROVISIONED_POLLERS=50` when deploying)",
    {"direct_segments": 0, "workers_at_first": 500, "workers_per_second": 1000 / 60},
    {},
)

BEFORE: Final = Change(
    "all segments through the queue, `finalize` by a message, which lists the parts",
    {
        "direct_segments": 0,
        "queued_finalize": 1,
        "listed_parts": 1,
        "section_reads": 3,
        "plan_cpu": 6.7e-6,
    },
    {},
)
"""What the steps begin from. The plans are those of now, which have more and smaller segments."""

STEPS: Final = (
    BEFORE,
    Change("the last worker finalizes", {"queued_finalize": 0}, {}),
    Change("parts' ETags are kept, and nothing is listed", {"listed_parts": 0}, {}),
    Change("a short tail's sections are read with one GET each", {"section_reads": 1}, {}),
    Change("slices of the plan are packed faster", {"plan_cpu": 5.7e-6}, {}),
    Change(
        "the first 300 segments go to workers directly: as it is now",
        {"direct_segments": costs.DIRECT_SEGMENTS},
        {},
    ),
)

CHANGES: Final = (
    Change(
        "plan, index and upload are stored at the same time (not built)", {"writes_at_once": 3}, {}
    ),
    Change(
        "1,769 MB, a whole vCPU, for each worker (.chalice/config.json)",
        {"memory_mb": 1769},
        {"MEMORY_MB": 1769, "VCPUS": 1},
    ),
    Change(
        "eight workers list and plan (not built)",
        {"planners": 8},
        {},
    ),
)


def planned(record: Record, believed: Mapping[str, float] | None = None) -> Job:
    """Returns the record's job as the real planner plans it, with `believed` in place of its own
    constants."""
    with _believing(believed or {}):
        files = entries(record)
        plan = layout.lay_out(files, _HEAD)
    return Job(
        files=len(files),
        prefixes=record.prefixes,
        demands=demand.demands(plan),
        parts=plan.parts[-1].number,
        tail=plan.size - plan.tail_start,
    )


def changed(record: Record, changes: Sequence[Change]) -> Iterator[tuple[Change, Played]]:
    """Plays the record with each change, together with all changes before it."""
    world, believed, job = World(), dict[str, float](), None
    for change in changes:
        fields: Any = change.world
        world = replace(world, **fields)
        believed |= change.believed
        if job is None or change.believed:
            job = planned(record, believed)
        yield change, play(job, world)


@contextmanager
def _believing(believed: Mapping[str, float]) -> Iterator[None]:
    """Replaces these constants of the planner while the `with` block runs."""
    before = {name: getattr(costs, name) for name in believed}
    try:
        for name, value in believed.items():
            setattr(costs, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(costs, name, value)
