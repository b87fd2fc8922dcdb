"""The simulation finds each bug of mutants.py within 2000 seeds.

All but a few are found within 100. The rarest, a file whose two versions are taken for one, is
found once in some 1500 seeds.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.faults import mutants
from tests.faults.kinds import Kind
from tests.faults.source_mutants import Change

pytestmark = pytest.mark.faults

MOST_SEEDS = 2000


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
