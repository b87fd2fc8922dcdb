"""The types of the examples, which people copy: of their front ends, and of their backends."""

import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import Future
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


MISTAKES = {
    "react": {
        "api={api}": ("api={7}", "'number' is not assignable to type 'string'"),
        "detail.job": ("detail.order", "'order' does not exist"),
        "selection-url=": ("selection_url=", "'selection_url' does not exist"),
    },
    "vue": {
        ':api="longhaul"': (':api="7"', "'number' is not assignable to type 'string'"),
        "detail.job": ("detail.order", "'order' does not exist"),
        ":selection-url=": (":selection_url=", "'selection_url' does not exist"),
    },
}
"""What somebody could write in place of what an example has, and what its check then says."""


@pytest.mark.parametrize(
    ("name", "file"), [("react", "ExportButton.tsx"), ("vue", "OrderFiles.vue")]
)
def test_mistakes_in_attributes_and_events_are_found(
    installed: Installed, name: str, file: str, tmp_path: Path
) -> None:
    installed[name].result()
    folder = catalog.named(name).folder
    for copied in ("package.json", "tsconfig.json"):
        shutil.copy(folder / copied, tmp_path)
    shutil.copytree(folder / "src", tmp_path / "src")
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    component = tmp_path / "src" / file
    for number, (right, (wrong, _)) in enumerate(MISTAKES[name].items()):
        # Each in a copy of the component: a compiler tells of one mistake in a tag.
        copy = component.with_stem(f"Wrong{number}")
        copy.write_text(component.read_text().replace(right, wrong))

    with pytest.raises(PackageError) as refused:
        node.npm(CHECK, tmp_path)

    said = str(refused.value)
    assert [text for _, text in MISTAKES[name].values() if text not in said] == []


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
