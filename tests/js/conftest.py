"""The built client, Node.js, and one deployed stack for all tests of this folder.

The tests themselves are in clients/js/test: those in NAME.suite.js run in Node.js and in Chromium.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from infra import js
from tests.browser import chromium
from tests.e2e.conftest import api, backstage, outputs, receivers, sources, stack_state
from tests.e2e.sources import Sources
from tests.js.scripted import Server, serving

__all__ = ["api", "backstage", "outputs", "receivers", "sources", "stack_state"]

SUITES = sorted(path.name for path in (js.FOLDER / "test").glob("*.suite.js"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is installed, in a folder of its own, and the tests beside it."""
    folder = tmp_path_factory.mktemp("package")
    js.package(folder / "dist")
    shutil.copy(js.FOLDER / "package.json", folder)
    shutil.copytree(js.FOLDER / "test", folder / "test")
    (folder / "node_modules").symlink_to(js.FOLDER / "node_modules")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.launched() as opened:
        yield opened


@pytest.fixture(scope="session")
def server(built: Path) -> Iterator[Server]:
    """A server of scripts, with what a page of the tests loads."""
    files = {f"/test/{path.name}": path for path in (built / "test").glob("*.js")}
    (built / "page.html").write_text("<!doctype html><title>Tests</title>")
    files |= {"/client.js": js.PAGE, "/page.html": built / "page.html"}
    with serving(files) as started:
        yield started


@pytest.fixture(scope="session")
def ids(sources: Sources) -> list[int]:
    """The ids of three files of a stack."""
    return [sources.put(b"x" * 1000).file_id for _ in range(3)]
