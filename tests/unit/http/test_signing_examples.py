"""The examples of docs/selections.md, as they stand there, sign selections that are taken."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.http.selections import verified
from tests.unit.http.test_selections import KEY, KID, services_with

PAGE = (Path(__file__).parents[3] / "docs" / "selections.md").read_text()


def _example(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"there is no example in {language}"
    return found[1]


def _python(_: Path) -> str:
    names: dict[str, Any] = {}
    exec(_example("python"), names)  # noqa: S102 - our own page
    return str(names["selection"](KID, KEY))


def _node(_: Path) -> str:
    return _run(
        "node", "-e", f'{_example("javascript")}\nconsole.log(selection("{KID}", "{KEY}"));'
    )


def _go(folder: Path) -> str:
    example = _example("go").replace("import (", 'import (\n\t"fmt"', 1)
    program = folder / "selection.go"
    program.write_text(f'{example}\nfunc main() {{ fmt.Print(selection("{KID}", "{KEY}")) }}\n')
    return _run("go", "run", str(program))


def _php(_: Path) -> str:
    return _run("php", "-r", f'{_example("php")}\necho selection("{KID}", "{KEY}");')


def _run(*command: str) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f"there is no {command[0]} here")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("sign", [_python, _node, _go, _php])
def test_the_example_signs_a_selection_that_is_taken(
    sign: Callable[[Path], str], tmp_path: Path
) -> None:
    token = sign(tmp_path)

    selection = verified(token, services_with({KID: KEY}, now=time.time()))

    assert selection.user_id == "alice"
    assert selection.request.file_ids == (10001, 10002, 10003)
    assert selection.request.filename == "March.zip"
    assert selection.use.most == 1
