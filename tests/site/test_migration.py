"""What docs/how-to/from-zip-in-a-lambda.md signs is taken."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.http.selections import verified
from tests.site import pages
from tests.unit.http.test_selections import KEY, KID, services_with

PAGE = pages.text_of("docs/how-to/from-zip-in-a-lambda.md")
FILES = [{"key": "orders/4711/7c9e.pdf", "name": "Invoice.pdf"}]


def example(language: str, of: str) -> str:
    """Returns a function of the page, from the block with it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (block,) = [block for block in blocks if of in block]
    return str(block)


def signed_by_python(folder: Path) -> str:
    text = example("python", "def selection(").partition("def order_selection")[0]
    text += f"\nprint(selection('ann', '4711', {FILES!r}, {KID!r}, {KEY!r}))\n"
    (folder / "sign.py").write_text(text)
    return subprocess.check_output([sys.executable, "sign.py"], cwd=folder, text=True).strip()


def signed_by_node(folder: Path) -> str:
    if not (node := shutil.which("node")):
        pytest.skip("there is no node here")
    text = example("js", "function selection(").partition("export async function")[0]
    asked = f"'ann', '4711', {json.dumps(FILES)}, {json.dumps(KID)}, {json.dumps(KEY)}"
    (folder / "sign.mjs").write_text(f"{text}\nconsole.log(selection({asked}));\n")
    return subprocess.check_output([node, "sign.mjs"], cwd=folder, text=True).strip()


@pytest.mark.parametrize("sign", [signed_by_python, signed_by_node])
def test_the_route_after_the_move_signs_what_is_taken(
    sign: Callable[[Path], str], tmp_path: Path
) -> None:
    token = sign(tmp_path)

    selection = verified(token, services_with({KID: KEY}, now=time.time()))

    assert selection.user_id == "ann"
    assert selection.request.filename == "Order 4711.zip"
