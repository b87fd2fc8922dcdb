"""Finds how much a job's seconds and dollars depend on each fact about AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.simulate.play import Job, play
from bench.simulate.world import FACTS, SETTINGS, World

FACTORS = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Swing:
    """A value as it is now, and as it becomes with half and with twice of a fact."""

    fact: str
    half: float
    now: float
    twice: float

    @property
    def width(self) -> float:
        return max(self.half, self.now, self.twice) - min(self.half, self.now, self.twice)


def swings(job: Job, world: World) -> Mapping[str, list[Swing]]:
    """Returns the swings of "seconds" and of "dollars", one for each fact, the widest first.

    The plan stays the same: the planner does not know that a fact has changed.
    """
    found: dict[str, list[Swing]] = {"seconds": [], "dollars": []}
    now = play(job, world)
    for fact in FACTS.keys() - SETTINGS:
        played = []
        for factor in FACTORS:
            other: Any = {fact: getattr(world, fact) * factor}
            played.append(play(job, replace(world, **other)))
        half, twice = played
        found["seconds"].append(Swing(fact, half.seconds, now.seconds, twice.seconds))
        found["dollars"].append(Swing(fact, half.dollars, now.dollars, twice.dollars))
    return {
        value: sorted(of_value, key=lambda swing: (-swing.width, swing.fact))
        for value, of_value in found.items()
    }
