"""The command `python -m bench`, which `make bench` runs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from botocore.exceptions import BotoCoreError, ClientError

from bench import cases, contenders, growth, plots, power, results, tables
from bench.cases import KB, MB, Case
from bench.contenders import CONTENDERS
from bench.place import Place, stack_of_its_own
from bench.points import Tuning
from bench.results import Results
from infra import bucket
from infra.console import complain, say, step
from infra.errors import InfraError
from infra.paths import STATE
from infra.targets import TARGET_NAMES, TargetName

MEMORY_MB: Final = 1024
"""The memory for which a second of each contender is priced: the worker's setting in
.chalice/config.json."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What one run of the bench measures. `tuned` names the cases for all memory settings."""

    cases: tuple[Case, ...]
    rounds: int
    series: growth.Series
    tuned: tuple[str, ...]
    quick: bool


WHOLE: Final = Bench(
    cases=(
        Case("large", "20 x 50 MB", (50 * MB,) * 20),
        Case("small", "1,000 x 200 kB", (200 * KB,) * 1000),
        Case("one", "1 x 500 MB", (500 * MB,)),
        Case("mix", "120 of 5 MB on average", cases.mix(120, 5 * MB)),
        Case(
            "again",
            "20 x 50 MB without CRC-32s, exported before",
            (50 * MB,) * 20,
            has_crc32s=False,
        ),
        Case("tar", "20 x 50 MB, as a tar", (50 * MB,) * 20, form="tar"),
    ),
    rounds=3,
    series=growth.FOUR_DECADES,
    tuned=("small", "large"),
    quick=False,
)
QUICK: Final = Bench(
    cases=(
        Case("large", "4 x 50 MB", (50 * MB,) * 4),
        Case("small", "200 x 200 kB", (200 * KB,) * 200),
        Case("one", "1 x 100 MB", (100 * MB,)),
        Case("mix", "20 of 5 MB on average", cases.mix(20, 5 * MB)),
        Case(
            "again", "4 x 50 MB without CRC-32s, exported before", (50 * MB,) * 4, has_crc32s=False
        ),
        Case("tar", "4 x 50 MB, as a tar", (50 * MB,) * 4, form="tar"),
    ),
    rounds=1,
    series=growth.TWO_DECADES,
    tuned=(),
    quick=True,
)


def measured(bench: Bench, place: Place) -> Results:
    """Measures everything, and shows its progress on the terminal."""
    about = results.circumstances(place.name, bench.rounds, MEMORY_MB, quick=bench.quick)
    runs: list[contenders.Run] = []
    tunings: list[Tuning] = []
    for case in bench.cases:
        with step(case.title) as show:
            show("putting the files")
            cases.put(place, case, lambda _: None)
            if not case.has_crc32s:
                show("the first export")
                contenders.worker_once(place, case)
            for number in range(bench.rounds):
                for contender in _in_turn(number, case):
                    show(f"round {number + 1} of {bench.rounds}: {contender.title}")
                    runs.append(contenders.run_once(contender, case, place))
            if case.name in bench.tuned:
                tunings += power.measured(place, case, show)
            bucket.empty(place.s3, place.outputs.source_bucket, case.prefix)
            show(f"{bench.rounds} rounds")
    with step("Growth") as show:
        points = growth.measured(place, bench.series, show)
        show(f"{len(points)} sizes")
    return Results(about, tuple(runs), tuple(points), tuple(tunings))


def _in_turn(number: int, case: Case) -> list[contenders.Contender]:
    """Returns the contenders in an order that changes each round, so that none is always first."""
    taking_part = [one for one in CONTENDERS if one.takes_part(case)]
    turned = taking_part[number:] + taking_part[:number]
    return turned if number % 2 == 0 else turned[::-1]


def written(found: Results, bench: Bench, directory: Path) -> Path:
    """Writes the results, the tables and the pictures. Returns the path of the page of tables."""
    directory.mkdir(parents=True, exist_ok=True)
    name = found.circumstances.target
    (directory / f"{name}.json").write_text(found.to_json() + "\n")
    page = directory / f"{name}.md"
    page.write_text(tables.document(found, bench.cases))
    plots.bars(found, bench.cases, directory / f"{name}.png")
    plots.growth(found, directory / f"{name}-growth.png")
    if found.tunings:
        plots.power(found, bench.cases, directory / f"{name}-power.png")
    return page


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--target", type=click.Choice(TARGET_NAMES), default="ministack", envvar="TARGET")
@click.option("--quick", is_flag=True, help="Fewer and smaller files, one round: two minutes.")
@click.option("--draw", is_flag=True, help="Measure nothing: draw the last results again.")
def main(target: TargetName, *, quick: bool, draw: bool) -> None:
    """Measures Longhaul, other tools, and S3 itself with the same files."""
    bench = QUICK if quick else WHOLE
    directory = STATE / "bench" if quick else results.RESULTS
    if target == "aws":
        complain("The bench runs on this machine only, not on TARGET=aws.")
        sys.exit(1)
    try:
        if draw:
            found = Results.from_json((directory / f"{target}.json").read_text())
        else:
            with stack_of_its_own(target) as place:
                found = measured(bench, place)
        page = written(found, bench, directory)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    click.echo(page.read_text())
    say(f"Written to {page}")


if __name__ == "__main__":
    main()
