"""The command `python -m bench.compare COMMIT`: the worker of another commit beside this one's.

Both do the same exports in the same stack, by turns, each time in a new process. So whatever else
the machine does meets both. The files of the last case have no CRC-32 in S3, and were exported
before: this compares with the same files whose CRC-32s S3 has.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from bench import cases, contenders
from bench.cases import KB, MB, Case
from bench.contenders import Run
from bench.git import git
from bench.place import Place, stack_of_its_own
from infra.console import complain, say, step
from infra.errors import InfraError
from infra.paths import REPOSITORY

CASES: Final = (
    Case("small", "300 x 200 kB", (200 * KB,) * 300),
    Case("mix", "40 of 5 MB on average", cases.mix(40, 5 * MB)),
    Case("large", "8 x 50 MB", (50 * MB,) * 8),
    Case("again", "8 x 50 MB without CRC-32s, exported before", (50 * MB,) * 8, has_crc32s=False),
)
SLOWER: Final = 1.03
AGAIN: Final = 1.1
"""The most that this commit may take, over the other one's time; and without CRC-32s, over its own
with them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The runs of one case: those of the other commit, and those of this one."""

    case: Case
    before: Sequence[Run]
    after: Sequence[Run]


def compared(place: Place, before: Path, rounds: int) -> list[Pair]:
    """Runs every case in each round, with the worker in `before` and with this one."""
    runs: dict[tuple[str, Path], list[Run]] = {}
    with step("Files") as show:
        for case in CASES:
            show(case.title)
            cases.put(place, case, lambda _: None)
            # What the first export meets cold, the next ones would meet warm.
            for code in (before, REPOSITORY):
                contenders.worker_once(place, case, code)
    with step("Rounds") as show:
        for number in range(rounds):
            for case in CASES:
                show(f"{number + 1} of {rounds}: {case.title}")
                for code in (before, REPOSITORY) if number % 2 else (REPOSITORY, before):
                    run = contenders.worker_once(place, case, code)
                    runs.setdefault((case.name, code), []).append(run)
    return [Pair(case, runs[case.name, before], runs[case.name, REPOSITORY]) for case in CASES]


def table(pairs: Sequence[Pair], commit: str) -> str:
    """Returns the comparison as a table in Markdown."""
    lines = [
        f"| files | wall s at {commit} | now | ratio | CPU s at {commit} | now | ratio "
        f"| MiB read at {commit} | now | requests at {commit} | now |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for pair in pairs:
        cells = [pair.case.title]
        for value in (_wall, _cpu):
            then, now = _median(pair.before, value), _median(pair.after, value)
            cells += [f"{then:.2f}", f"{now:.2f}", f"{_ratio(pair.after, pair.before, value):.3f}"]
        for value in (_mib_in, _requests):
            cells += [f"{_median(runs, value):,.0f}" for runs in (pair.before, pair.after)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def without_over_with(pairs: Sequence[Pair]) -> float:
    """Returns how much longer this commit takes for files without CRC-32s."""
    by_name = {pair.case.name: pair for pair in pairs}
    return _ratio(by_name["again"].after, by_name["large"].after, _wall)


def _ratio(runs: Sequence[Run], others: Sequence[Run], value: Callable[[Run], float]) -> float:
    """Returns the median of the ratios of each round: what slows the machine down for a while
    meets both runs of a round."""
    both = zip(runs, others, strict=True)
    return statistics.median(value(run) / value(other) for run, other in both)


def _median(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
    return statistics.median(map(value, runs))


def _wall(run: Run) -> float:
    return run.usage.seconds


def _cpu(run: Run) -> float:
    return run.usage.cpu


def _mib_in(run: Run) -> float:
    return run.usage.bytes_in / 1024**2


def _requests(run: Run) -> float:
    return sum(run.usage.requests.values())


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        git("worktree", "add", "--quiet", "--detach", str(code), commit)
        try:
            yield code
        finally:
            git("worktree", "remove", "--force", str(code))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("commit")
@click.option("--rounds", default=5, show_default=True, help="How often each of both runs a case.")
def main(commit: str, *, rounds: int) -> None:
    """Compares the worker of COMMIT with this one, on MiniStack. The exit code is 1 if this one is
    slower, or too slow without CRC-32s."""
    try:
        with _checked_out(commit) as before, stack_of_its_own("ministack") as place:
            pairs = compared(place, before, rounds)
    except InfraError as error:
        complain(str(error))
        sys.exit(1)
    again = without_over_with(pairs)
    usual = [pair for pair in pairs if pair.case.has_crc32s]
    slower = [pair.case.title for pair in usual if _ratio(pair.after, pair.before, _wall) > SLOWER]
    click.echo(table(pairs, commit))
    click.echo(f"\nWithout CRC-32s over with them: {again:.3f} (at most {AGAIN}).")
    say(f"Slower than at {commit}: {', '.join(slower) or 'nothing'}")
    sys.exit(1 if slower or again > AGAIN else 0)


if __name__ == "__main__":
    main()
