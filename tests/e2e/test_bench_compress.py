"""The bench of compression: each contender makes an archive of text, and every byte is checked."""

import pytest

from bench import compress, results
from bench.cases import KB
from bench.place import opened
from bench.texts import Texts
from infra.outputs import Outputs
from tests.e2e.deployment import target_name

SIZES = (300 * KB, 0, 1, 7 * KB, 120 * KB)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_each_contender_makes_an_archive_and_is_in_the_report(outputs: Outputs) -> None:
    there = compress.installed()

    with opened(target_name(), outputs) as place:
        runs = compress.measured(place, Texts(pool=400 * KB), SIZES, 1, there)
    page = compress.page(results.circumstances("ministack", 1, 0, quick=True), SIZES, runs)

    assert [run.contender for run in runs] == [one.name for one in there]
    assert all(one.title in page for one in there)
    sizes = {run.contender: run.size for run in runs}
    assert sizes["ours-2"] == sizes["ours-1"] < 0.6 * sizes["stored"]
    assert all(run.usage.cpu > 0 and run.usage.seconds > 0 for run in runs)
