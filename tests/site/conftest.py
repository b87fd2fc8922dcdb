"""One new clone with one stack, for the commands of all pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.clone import Clone, cloned


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A new clone. Its stack runs and has files."""
    with cloned(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def running(clone: Clone) -> Iterator[Clone]:
    """The clone, as a reader has it: with the stack of `make up` and the files of `make seed`."""
    clone.bring_up()
    yield clone
    clone.tidy()


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built from the pages as they are now."""
    from infra.site.__main__ import build

    return build(tmp_path_factory.mktemp("built"))
