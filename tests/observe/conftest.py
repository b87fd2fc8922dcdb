"""A stack of its own for all tests of this folder, with `make observe` beside it, and an OTLP
receiver that is not ours.

What the stack has done is counted from the beginning: so a test adds to what the ones before it
have done, and each asks for the whole.
"""

from collections.abc import Iterator

import pytest

from tests.observe.day import Day, lived
from tests.observe.stage import Stage, staged


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("observe")) as own:
        yield own


@pytest.fixture(scope="session")
def day(stage: Stage) -> Day:
    """The jobs of a day, which nothing has gone before."""
    return lived(stage)
