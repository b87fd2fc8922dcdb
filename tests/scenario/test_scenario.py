"""Slow downloads behind nginx, on a stack that the test starts: which of them nginx cuts."""

from pathlib import Path

import pytest

from infra.scenario import plot, report
from infra.scenario.__main__ import run
from infra.scenario.profiles import Profile, Scale
from infra.scenario.runs import Run

SCALE = Scale(0.2)
"""nginx waits 5.8 s: four times as long as any request to the API takes on a busy machine."""

FAST = Profile("fast", 4)
SLOW = Profile("slow", 48)
"""7.2 s."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return run(SCALE, (FAST, SLOW), tmp_path_factory.mktemp("scenario"))


def test_nginx_cuts_a_slow_request_but_the_same_download_as_a_job_succeeds(
    runs: list[Run],
) -> None:
    fast_request, fast_job, slow_request, _ = runs

    assert [one.succeeded for one in runs] == [True, True, False, True]
    (cut,) = slow_request.requests
    assert cut.status == 504
    assert cut.seconds == pytest.approx(SCALE.timeout_seconds, abs=1.5)
    assert slow_request.worked_until is not None
    assert slow_request.worked_until > cut.end
    assert {one.status for one in (*fast_request.requests, *fast_job.requests)} <= {200, 202, 204}


def test_the_job_reads_from_the_same_slow_storage(runs: list[Run]) -> None:
    slow_job = runs[-1]

    assert slow_job.ended is not None
    assert slow_job.ended - slow_job.began > SCALE.seconds(SLOW) > SCALE.timeout_seconds


def test_no_requests_are_sent_while_the_browser_is_closed(runs: list[Run]) -> None:
    slow_job = runs[-1]
    closed, reopened = slow_job.closed, slow_job.reopened

    assert closed is not None
    assert reopened is not None
    assert reopened - closed > 1
    assert [one for one in slow_job.requests if closed < one.start < reopened] == []
    assert [one for one in slow_job.requests if one.start > reopened] != []
    assert max(one.seconds for one in slow_job.requests) < SCALE.timeout_seconds


def test_the_scenario_ends_with_a_table_and_a_picture(runs: list[Run], tmp_path: Path) -> None:
    picture = plot.save(runs, SCALE, tmp_path / "scenario.png")

    assert picture.read_bytes().startswith(b"\x89PNG")
    assert report.row(runs[2])[2].startswith("[red]504; ")
    assert report.row(runs[3])[2] == "[green]archive, checked[/]"
