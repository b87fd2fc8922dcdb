"""Runs seeds: `python -m tests.faults.simulate --seeds 2000`.

`python -m tests.faults.simulate --seed 17 --trace` runs one seed and prints what happens in it.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from multiprocessing import get_context
from typing import Final

import click

from chalicelib.errors import Reason
from chalicelib.jobs import places
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from tests.faults import engines, invariants
from tests.faults.forms import PLAIN, Form, small_splits
from tests.faults.kinds import SINGLE, Kind
from tests.faults.world import MINUTE, Ended, World

REPLAY: Final = "python -m tests.faults.simulate --seed {} --trace"
_CHUNK: Final = 25  # seeds that a process takes at a time


def run_seed(
    seed: int,
    *,
    trace: bool = False,
    only: Sequence[tuple[int, Kind]] | None = None,
    alone: Form | None = None,
    rough: bool = False,
) -> Ended:
    """Runs one seed. With `only`, these are its faults. With `alone`, there is one export, of this
    form, and nobody else. With `rough`, its source is untidy and restless for sure. The same
    arguments always have the same result."""
    with small_splits(), engines.several(seed):
        return _ended(World(seed, trace=trace, only=only, rough=rough, form=alone), alone)


def _ended(world: World, alone: Form | None) -> Ended:
    begun = world.schedule.now
    world.run(None if alone is None else partial(world.people.begin_alone, alone))
    invariants.check(world)
    took = world.schedule.now - begun
    # If a job never ends, the week until the archives expire has a million requests.
    if not world.witness.violations:
        world.expire()
        invariants.check_expired(world)
    jobs = [item for key, item in world.table.items.items() if places.is_record(key)]
    return Ended(
        violations=world.witness.violations,
        faults=+world.faults.counts,
        statuses=Counter(item["status"]["S"] for item in jobs),
        reuses=Counter(use for item in jobs for use in _reuses(to_job(item))),
        left_out=Counter(reason for item in jobs for reason in _left_out(to_job(item))),
        events=+world.witness.events,
        told=+world.announced.counts,
        seen=world.seen,
        requests=world.network.requests,
        minutes=took / MINUTE,
        trace=world.network.trace or [],
    )


def _reuses(job: Job) -> Iterator[str]:
    """Yields what the job has from other jobs."""
    if job.reused_from:
        yield "finished archive"
    elif job.home != job.job_id:
        yield "upload of a failed job"
    if job.retry_of:
        yield "request"


def _left_out(job: Job) -> Iterator[str]:
    """Yields why a completed job has left out files, as far as its record has room for it."""
    if job.status is Status.COMPLETED:
        yield from [Reason.MISSING] * (job.missing_count or 0)
        yield from (one.reason for one in job.unreadable or ())


def run_each(
    seed: int, kinds: Iterable[Kind] = SINGLE, form: Form = PLAIN
) -> Iterator[tuple[int, Kind, Ended]]:
    """Runs a seed with one export of this form once for each kind of fault at each place. That
    fault is the only one of the run. Yields the place, the kind and the result."""
    for kind in kinds:
        for place in count(1):
            ended = run_seed(seed, only=[(place, kind)], alone=form)
            if not ended.faults[kind]:
                break  # the run was over before that place
            yield place, kind, ended


@dataclass(slots=True)
class Report:
    """The results of many seeds."""

    seeds: int = 0
    requests: int = 0
    minutes: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    reuses: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    violations: dict[int, list[str]] = field(default_factory=dict)

    def add(self, seed: int, ended: Ended) -> None:
        self.seeds += 1
        self.requests += ended.requests
        self.minutes += ended.minutes
        self.faults.update({str(kind): count for kind, count in ended.faults.items()})
        self.statuses.update(ended.statuses)
        self.reuses.update(ended.reuses)
        self.left_out.update(ended.left_out)
        self.events.update(ended.events)
        self.told.update(ended.told)
        self.seen.update(ended.seen)
        if ended.violations:
            self.violations[seed] = ended.violations

    def merge(self, other: "Report") -> None:
        self.seeds += other.seeds
        self.requests += other.requests
        self.minutes += other.minutes
        self.faults.update(other.faults)
        self.statuses.update(other.statuses)
        self.reuses.update(other.reuses)
        self.left_out.update(other.left_out)
        self.events.update(other.events)
        self.told.update(other.told)
        self.seen.update(other.seen)
        self.violations.update(other.violations)


def run_many(seeds: Iterable[int], *, rough: bool = False) -> Report:
    """Runs these seeds, one after another."""
    report = Report()
    for seed in seeds:
        report.add(seed, run_seed(seed, rough=rough))
    return report


def run_parallel(seeds: range, processes: int, *, rough: bool = False) -> Iterator[Report]:
    """Runs the seeds in this many processes. Yields a report for every 25 seeds, in any order."""
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    run = partial(run_many, rough=rough)
    if processes == 1:
        yield from map(run, chunks)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(run, chunks)


@click.command()
@click.option("--seeds", default=2000, show_default=True, help="How many seeds to run.")
@click.option("--start", default=0, show_default=True, help="The first seed.")
@click.option("--jobs", default=1, show_default=True, help="Processes to run them in.")
@click.option("--seed", type=int, help="Run only this seed.")
@click.option("--trace", is_flag=True, help="Print everything that happens in it.")
@click.option("--rough", is_flag=True, help="Each source is untidy and restless, not one in three.")
def main(seeds: int, start: int, jobs: int, seed: int | None, *, trace: bool, rough: bool) -> None:
    """Runs the pipeline with faults that follow from a seed."""
    if seed is not None:
        ended = run_seed(seed, trace=trace, rough=rough)
        report = Report()
        report.add(seed, ended)
        for line in ended.trace:
            click.echo(line)
        _print(report, 0.0)
        raise SystemExit(bool(report.violations))
    began = time.monotonic()
    report = Report()
    for part in run_parallel(range(start, start + seeds), jobs, rough=rough):
        report.merge(part)
        for failing, found in part.violations.items():
            replay = REPLAY.format(failing) + (" --rough" if rough else "")
            click.echo(f"{replay}\n    " + "\n    ".join(found[:3]))
    _print(report, time.monotonic() - began)
    raise SystemExit(bool(report.violations))


def _print(report: Report, seconds: float) -> None:
    click.echo(
        f"\n{report.seeds} seeds, {report.requests} requests, "
        f"{report.minutes / 60:.0f} simulated hours"
        + (f" in {seconds:.1f} s ({report.seeds / seconds:.0f} seeds/s)" if seconds else "")
    )
    for title, counts in (
        ("jobs", report.statuses),
        ("taken from other jobs", report.reuses),
        ("left out of archives", report.left_out),
        ("archives", report.seen),
        ("events", report.events),
        ("told", report.told),
        ("faults", report.faults),
    ):
        click.echo(f"{title}: {counts.total()}")
        for name, number in counts.most_common():
            click.echo(f"  {number:9d}  {name}")
    click.echo(f"seeds with violations: {len(report.violations)}")
    for found in report.violations.values() if not seconds else ():
        click.echo("\n".join(found))


if __name__ == "__main__":
    main()
