"""The calculator of the docs computes the same bill as Python, and loads nothing from elsewhere."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import IO, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import node
from infra.costs.model import INPUTS, month
from infra.costs.prices import PRICES
from infra.costs.written import COMMITTED
from infra.paths import REPOSITORY

SCRIPT: Final = REPOSITORY / "docs" / "assets" / "costs.js"
PAGE: Final = REPOSITORY / "docs" / "how-to" / "costs.md"

_DRIVER: Final = f"""
const {{ month }} = require({json.dumps(str(SCRIPT))});
const model = require({json.dumps(str(COMMITTED))});
require("node:readline").createInterface({{ input: process.stdin }}).on("line", (line) => {{
  console.log(JSON.stringify(month(model, JSON.parse(line))));
}});
"""

_CENT: Final = 0.01


class Calculator:
    """The calculator's function, in a process of Node.js."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self._asked: IO[str] = process.stdin
        self._told: IO[str] = process.stdout

    def month(self, chosen: dict[str, float]) -> dict[str, float]:
        self._asked.write(json.dumps(chosen) + "\n")
        self._asked.flush()
        bill: dict[str, float] = json.loads(self._told.readline())
        return bill


@pytest.fixture(scope="module")
def calculator() -> Iterator[Calculator]:
    command = [str(node.node()), "--eval", _DRIVER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Calculator(process)
        process.terminate()


def _amount(most: float) -> st.SearchStrategy[float]:
    return st.one_of(
        st.integers(0, int(most)).map(float),
        st.floats(0, most, allow_subnormal=False),
        st.floats(0, min(most, 100), allow_subnormal=False),
    )


_CHOSEN: Final = st.fixed_dictionaries(
    {},
    optional={
        **{one.id: _amount(one.most) for one in INPUTS if not one.is_choice},
        **{one.id: st.sampled_from([0.0, 1.0]) for one in INPUTS if one.is_choice},
        **{one.id: _amount(2 * one.dollars + 1e-9) for one in PRICES},
    },
)


@settings(max_examples=400, deadline=None)
@given(chosen=_CHOSEN)
def test_the_calculator_and_python_agree_to_the_cent(
    calculator: Calculator, chosen: dict[str, float]
) -> None:
    ours, theirs = month(chosen), calculator.month(chosen)

    assert ours.keys() == theirs.keys()
    for line, dollars in ours.items():
        # Beyond a hundred billion dollars, a float has no cents.
        assert abs(theirs[line] - dollars) < max(_CENT / 2, 1e-13 * dollars), line


def test_the_page_has_a_place_for_the_calculator_and_a_word_without_it() -> None:
    place = re.search(r'<div id="costs-calculator"[^>]*>(.+?)</div>', PAGE.read_text(), re.DOTALL)

    assert place
    assert place[1].strip()


def test_the_script_asks_no_foreign_host() -> None:
    said = SCRIPT.read_text()

    assert not re.search(r"https?:|innerHTML|eval\(", said)
    assert re.findall(r"fetch\((.+?)\)\)?;", said) == ['new URL("costs.json", script']


MONTHS: Final[tuple[dict[str, float], ...]] = (
    {"exports": 0, "alarms": 0},
    {"exports": 0},
    {"exports": 1000, "files": 20, "megabytes": 100},
    {"exports": 1000, "files": 20, "megabytes": 1000},
    {"exports": 1000, "files": 20, "megabytes": 1000, "internet": 0},
    {"exports": 10_000, "files": 500, "megabytes": 5000, "largeFiles": 10},
)


@pytest.mark.parametrize("chosen", MONTHS)
def test_the_table_of_the_page_is_that_of_the_model(chosen: dict[str, float]) -> None:
    bill = month(chosen)
    work = bill["total"] - bill["egress"] - bill["archives"]
    shown = (bill["egress"], bill["archives"], work, bill["total"])

    assert " | ".join(f"{dollars:,.2f}" for dollars in shown) in PAGE.read_text()
