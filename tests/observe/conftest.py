"""A stack of its own for all tests of this folder, with `make observe` beside it, and an OTLP
receiver that is not ours.

What the stack has done is counted from the beginning: so a test adds to what the ones before it
have done, and each asks for the whole.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observe.day import Day, lived
from tests.observe.stage import Stage, staged

_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, one process has the stack, and another one the other tests."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            has_stage = "stage" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("stage" if has_stage else "others"))


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("observe")) as own:
        yield own


@pytest.fixture(scope="session")
def day(stage: Stage) -> Day:
    """The jobs of a day, which nothing has gone before."""
    return lived(stage)
