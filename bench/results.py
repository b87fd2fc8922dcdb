"""The results of a bench, as data, as JSON, and the sentence that says where they come from."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import psutil

from bench.contenders import Run
from bench.git import git
from bench.measure import Usage
from bench.points import Point, Tuning
from infra.errors import InfraError
from infra.paths import REPOSITORY

RESULTS: Final = REPOSITORY / "bench" / "results"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, where and how the bench measured.

    `load` is the machine's one-minute load average at the start: what else it had to do.
    """

    date: str
    target: str
    commit: str
    rounds: int
    quick: bool
    memory_mb: int
    cores: int
    ram_gib: int
    system: str
    python: str
    load: float


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one bench has measured, and its circumstances."""

    circumstances: Circumstances
    runs: tuple[Run, ...]
    growth: tuple[Point, ...]
    tunings: tuple[Tuning, ...]

    def of(self, case: str, contender: str) -> tuple[Run, ...]:
        """Returns the runs of one contender on one case, one for each round."""
        return tuple(run for run in self.runs if (run.case, run.contender) == (case, contender))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` has made."""
        stored: dict[str, Any] = json.loads(text)
        return cls(
            Circumstances(**stored["circumstances"]),
            tuple(
                Run(
                    run["case"],
                    run["contender"],
                    Usage.from_json(run["start"]),
                    Usage.from_json(run["usage"]),
                )
                for run in stored["runs"]
            ),
            tuple(
                Point(point["axis"], point["x"], Usage.from_json(point["usage"]))
                for point in stored["growth"]
            ),
            tuple(
                Tuning(tuning["case"], tuning["memory_mb"], Usage.from_json(tuning["usage"]))
                for tuning in stored["tunings"]
            ),
        )


def circumstances(target: str, rounds: int, memory_mb: int, *, quick: bool) -> Circumstances:
    """Returns the circumstances of this moment, machine and commit. The machine's name is not in
    them, as the results are published."""
    return Circumstances(
        date=time.strftime("%Y-%m-%d", time.gmtime()),
        target=target,
        commit=_commit(),
        rounds=rounds,
        quick=quick,
        memory_mb=memory_mb,
        cores=os.cpu_count() or 1,
        ram_gib=round(psutil.virtual_memory().total / 1024**3),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 1),
    )


def sentences(about: Circumstances) -> list[str]:
    """Returns the circumstances in words, as lines of Markdown."""
    return [
        f"On {target_name(about.target)}: {about.cores} cores, {about.ram_gib} GiB RAM, "
        f"{about.system}, Python {about.python}; commit {about.commit}; {rounds(about.rounds)}; "
        f"load average {about.load} at the start.",
        "The emulator runs on the same machine and takes most of the wall time. "
        "How to read this: [docs/bench.md](../../docs/bench.md).",
    ]


def target_name(target: str) -> str:
    """Returns the target's name as its own project writes it."""
    return {"ministack": "MiniStack", "localstack": "LocalStack"}.get(target, target)


def rounds(count: int) -> str:
    return f"{count} round{'s' if count > 1 else ''}"


def median(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
    return statistics.median(value(run) for run in runs)


def _commit() -> str:
    try:
        return git("describe", "--always", "--dirty", "--exclude=*")
    except InfraError:
        return "unknown"
