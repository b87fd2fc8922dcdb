"""The pipeline keeps its promises, whatever goes wrong.

A seed that fails is printed with the command that shows what happens in it.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest

from chalicelib.settings import JOB_EVENTS
from tests.faults.audience import Mood
from tests.faults.forms import Form
from tests.faults.kinds import Kind
from tests.faults.simulate import REPLAY, Report, run_each, run_parallel, run_seed

pytestmark = pytest.mark.faults

WAYS = ("zip, none", "zip, deflate", "zip, auto", "tar, none", "tar.gz, deflate", "tar.gz, auto")
SEEN = {
    *(f"{way}{more}" for way in WAYS for more in ("", ", split", ", of another job")),
    *("zip, nested", "tar, nested", "tar.gz, nested"),
    "packed in one pack",
    "packed in several packs",
    "a large file in several packs, its header apart",
    "a run without a header of a file",
    "packed, and some files left as they are",
    "packed, and copied by S3",
    "packed, and planned again",
}
"""What archives are like in the first 2000 seeds."""

FORMS: tuple[Form, ...] = (
    {"compression": "deflate"},
    {"format": "tar.gz"},
    {"format": "tar"},
    {"split": 6_500},
)
"""The files of seed 1 come to several packs, parts and archives."""

HARD = (Kind.LATE, Kind.RESENT, Kind.CRASH_AFTER)
"""The faults that find the most. All of them would take minutes for each form."""


def test_none_of_2000_seeds_breaks_a_promise() -> None:
    report = Report()
    for part in run_parallel(range(2000), min(2, os.cpu_count() or 1)):
        report.merge(part)

    failing = [f"{REPLAY.format(seed)}: {found}" for seed, found in report.violations.items()]
    assert not failing, "\n".join(failing)
    assert report.seeds == 2000
    assert report.faults.keys() == set(Kind)
    assert report.statuses.keys() == {"completed", "failed", "cancelled"}
    assert report.reuses.keys() == {"finished archive", "upload of a failed job", "request"}
    told = {f"event{more}: {event}" for more in ("", " once more") for event in JOB_EVENTS}
    told |= {f"webhook: {mood}" for mood in Mood}
    assert report.told.keys() >= told | {"notice: sent", "notice: given-up"}
    assert report.seen.keys() >= SEEN


def test_none_of_1000_seeds_on_rough_ground_breaks_a_promise() -> None:
    report = Report()
    for part in run_parallel(range(1000), min(2, os.cpu_count() or 1), rough=True):
        report.merge(part)

    failing = [f"{seed} --rough: {found}" for seed, found in report.violations.items()]
    assert not failing, "\n".join(failing)
    assert report.seeds == 1000
    assert report.faults.keys() == set(Kind)
    assert report.left_out.keys() == {"missing", "archived", "denied", "encrypted", "key-unusable"}
    assert report.events["planned again"] > 100
    assert report.events["files copied aside"] > 50


@pytest.mark.parametrize("seed", [1, 4])
def test_a_job_completes_with_any_one_fault_at_any_place(seed: int) -> None:
    statuses = Counter[str]()
    broken = []
    for place, kind, ended in run_each(seed):
        statuses.update(ended.statuses)
        if ended.violations:
            broken.append((place, kind, ended.violations))

    assert not broken
    assert statuses.keys() == {"completed"}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_job_of_each_form_completes_with_a_hard_fault_at_any_place(form: Form) -> None:
    statuses = Counter[str]()
    broken = []
    for place, kind, ended in run_each(1, HARD, form):
        statuses.update(ended.statuses)
        if ended.violations:
            broken.append((place, kind, ended.violations))

    assert not broken
    assert statuses.keys() == {"completed"}
    assert statuses["completed"] > 300


@pytest.mark.parametrize(("seed", "more"), [(1, []), (12, []), (12, ["--rough"])])
def test_a_seed_replays_exactly_in_another_process(seed: int, more: list[str]) -> None:
    here = run_seed(seed, trace=True, rough=bool(more)).trace

    command = [sys.executable, "-m", "tests.faults.simulate", "--seed", str(seed), "--trace", *more]
    hashed = {**os.environ, "PYTHONHASHSEED": "12345"}
    there = subprocess.run(command, capture_output=True, text=True, check=True, env=hashed)

    assert len(here) > 50
    assert there.stdout.splitlines()[: len(here)] == here
