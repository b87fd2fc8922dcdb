"""The types of the examples, which people copy: of their front ends, and of their backends."""

import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from mypy import api as mypy

from infra import node
from infra.errors import PackageError
from infra.examples import catalog

Installed = Mapping[str, "Future[dict[str, str]]"]

CHECK = ("run", "--silent", "check")


@pytest.mark.parametrize("name", ["react", "vue"])
def test_the_types_of_a_front_end_are_right(installed: Installed, name: str) -> None:
    installed[name].result()

    node.npm(CHECK, catalog.named(name).folder)


@dataclass(frozen=True)
class Mistake:
    """What somebody could write in place of something else in an example, and what is said."""

    name: str
    file: str
    right: str
    wrong: str
    error: str


MISTAKES = (
    Mistake("react", "ExportButton.tsx", "api={api}", "api={7}", "'number' is not assignable"),
    Mistake("react", "ExportButton.tsx", "detail.job", "detail.order", "'order' does not exist"),
    Mistake("vue", "OrderFiles.vue", ':api="longhaul"', ':api="7"', "'number' is not assignable"),
    Mistake("vue", "OrderFiles.vue", "detail.job", "detail.order", "'order' does not exist"),
    Mistake("vue", "OrderFiles.vue", "@longhaul-end", "@longhaul-over", "'onLonghaulOver' does"),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one.name} {one.wrong}")
def test_a_mistake_in_an_attribute_or_event_is_found(
    installed: Installed, mistake: Mistake, tmp_path: Path
) -> None:
    installed[mistake.name].result()
    folder = catalog.named(mistake.name).folder
    for copied in ("package.json", "tsconfig.json"):
        shutil.copy(folder / copied, tmp_path)
    shutil.copytree(folder / "src", tmp_path / "src")
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    source = tmp_path / "src" / mistake.file
    source.write_text(source.read_text().replace(mistake.right, mistake.wrong))

    with pytest.raises(PackageError, match=mistake.error):
        node.npm(CHECK, tmp_path)


@pytest.mark.parametrize("name", ["html", "fastapi"])
def test_the_types_of_a_backend_are_right(
    installed: Installed, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = installed[name].result()["PATH"]
    python = shutil.which("python", path=path) or sys.executable
    monkeypatch.chdir(catalog.named(name).folder)

    files = sorted(map(os.fspath, Path().glob("*.py")))
    options = ["--strict", f"--python-executable={python}", f"--cache-dir={tmp_path}"]
    said, complained, code = mypy.run([*options, *files])

    assert (complained, code) == ("", 0), said
