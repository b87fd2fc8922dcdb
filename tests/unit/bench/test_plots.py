"""That the pictures of the bench can be read."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from bench import plots
from bench.__main__ import WHOLE
from bench.results import RESULTS, Results


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, and not saved."""
    drawn: list[Figure] = []

    def keep(figure: Figure, *_: Any, **__: Any) -> None:
        figure.draw_without_rendering()
        drawn.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)
    return drawn


def test_the_titles_of_the_bars_do_not_touch(figures: list[Figure]) -> None:
    found = Results.from_json((RESULTS / "ministack.json").read_text())

    plots.bars(found, WHOLE.cases, Path("unused.png"))

    (figure,) = figures
    titles = [place.title for place in figure.axes if place.title.get_text()]
    assert len(titles) == len(WHOLE.cases)
    for one, other in combinations(titles, 2):
        assert not one.get_window_extent().overlaps(other.get_window_extent()), other.get_text()
