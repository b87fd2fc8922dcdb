"""The simulation finds each bug of mutants.py within 3000 seeds.

All but a few are found within 100. The rarest, a file whose two versions are taken for one, is
found once in some 2000 seeds.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial

import pytest

from tests.faults import engines, format_mutants, invariants, mutants
from tests.faults.files import BUCKET, LARGEST
from tests.faults.forms import Form, small_splits
from tests.faults.kinds import Kind
from tests.faults.source_mutants import Change
from tests.faults.world import World

pytestmark = pytest.mark.faults

MOST_SEEDS = 3000


@pytest.mark.parametrize(
    "mutant", [*mutants.MUTANTS, *mutants.ROUGH], ids=lambda mutant: mutant.__name__
)
def test_the_simulation_finds_the_bug(mutant: Callable[[], Iterator[Change]]) -> None:
    seeds, found = mutants.survived(mutant, MOST_SEEDS)

    assert found, f"{mutant.__name__} survived {seeds} seeds"


def test_a_bug_that_needs_one_fault_is_found_by_a_fault_at_each_place() -> None:
    runs, found = mutants.survived_each(mutants.own_upload_aborted, seed=1, kinds=[Kind.RESENT])

    assert "the upload of the archive was aborted" in found
    assert runs < 150


def test_a_bug_that_needs_packs_with_nothing_is_found_with_one_large_file() -> None:
    assert violations_with_packs_of_nothing(None) == []

    found = violations_with_packs_of_nothing(format_mutants.empty_packs_kept)

    assert "is left over" in found[0]
    assert "/pack-" in found[0]


def violations_with_packs_of_nothing(mutant: Callable[[], Iterator[Change]] | None) -> list[str]:
    """Exports one large file that cannot be compressed, and whose CRC-32 S3 knows."""
    form: Form = {"compression": "auto"}
    bug = mutants.mutated(mutant) if mutant else nullcontext()
    with small_splits(), engines.several(1), bug:
        world = World(1, only=(), form=form)
        newest, key = world.s3.shelves[BUCKET].newest, world.files.keys[0]
        newest.clear()
        while key not in newest or not (newest[key].crc32 and is_noise(newest[key].body)):
            world.files.history.clear()
            world.files.put(key, LARGEST, world.schedule.now)
        world.run(partial(world.people.begin_alone, form))
        invariants.check(world)
    assert world.seen["packed in several packs"] == 0
    return world.witness.violations


def is_noise(body: bytes) -> bool:
    return len(zlib.compress(body)) > len(body)
