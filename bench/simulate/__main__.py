"""The command `make simulate`: writes bench/results/simulate.md and its pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.simulate import plots
from bench.simulate.play import play
from bench.simulate.records import RECORDS
from bench.simulate.report import report
from bench.simulate.sensitivity import swings
from bench.simulate.variants import CHANGES, POLLERS, STEPS, changed, planned
from bench.simulate.world import World
from chalicelib.archive import costs

RESULTS: Final = Path(__file__).parents[1] / "results"
_MEMORIES: Final = (512, 1024, 1769, 3008)  # MB


def main(results: Path = RESULTS) -> None:
    """Plans and plays the public records, and writes the report into the folder."""
    console = Console(stderr=True)
    results.mkdir(parents=True, exist_ok=True)
    world = World()
    jobs = {}
    for record in RECORDS:
        console.print(f"planning {record.title}")
        jobs[record] = planned(record)
    rows = [(record, play(job, world)) for record, job in jobs.items()]
    pollers: Any = POLLERS.world
    wide = [(record, play(job, replace(world, **pollers))) for record, job in jobs.items()]
    console.print("adding one change after the other")
    steps = {record.title: list(changed(record, STEPS)) for record in RECORDS}
    changes = {record.title: list(changed(record, CHANGES)) for record in RECORDS}
    memories = {
        f"{memory:,} MB{', Arm' if arm else ''}": {
            record.title: play(
                job,
                replace(
                    world,
                    memory_mb=memory,
                    gb_second=costs.LAMBDA_GB_SECOND_ARM if arm else costs.LAMBDA_GB_SECOND,
                ),
            )
            for record, job in jobs.items()
        }
        for arm in (False, True)
        for memory in _MEMORIES
    }
    console.print("halving and doubling each fact")
    plots.tornado(
        {record.title: swings(job, world) for record, job in jobs.items()},
        results / "simulate-sensitivity.png",
    )
    record, played = rows[1]
    plots.timeline(record.title, played, world, results / "simulate-workers.png")
    path = results / "simulate.md"
    path.write_text(report(rows, wide, (steps, changes), memories), encoding="utf-8")
    console.print(f"Written to {path}")


if __name__ == "__main__":
    main()
