"""The bench runs: each contender builds an archive, and the report contains all of them."""

from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.cases import Case
from bench.contenders import CONTENDERS
from bench.place import opened
from infra.outputs import Outputs
from tests.e2e.deployment import target_name

MIB = 1024**2
TINY = bench.Bench(
    cases=(Case("e2e", "a large file and some small ones", (17 * MIB, *(1000,) * 120)),),
    rounds=1,
    series={"bytes": (10_000, 100_000), "files": (1, 10)},
    tuned=("e2e",),
    quick=True,
)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_each_contender_builds_an_archive_and_is_in_the_report(
    outputs: Outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.power.SETTINGS", (1769, 3008))

    with opened(target_name(), outputs) as place:
        found = bench.measured(TINY, place)
    page = bench.written(found, TINY, tmp_path).read_text()

    assert all(contender.title in page for contender in CONTENDERS)
    assert [run.contender for run in found.runs] == [one.name for one in CONTENDERS]
    worker = found.of("e2e", "longhaul")[0].usage
    assert worker.requests["s3:UploadPartCopy"] == 1
    assert worker.bytes_out < 17 * MIB
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".md", ".png"}
    assert (tmp_path / f"{target_name()}-power.png").stat().st_size > 10_000
