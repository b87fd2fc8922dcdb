"""What can be done about a failure."""

import re
from typing import Any, Final

import pytest

from chalicelib.archive.manifest import Skipped
from chalicelib.jobs.model import Failure, Job, PlanRef
from chalicelib.jobs.remedies import blamed, remedies
from chalicelib.jobs.states import Status
from infra.paths import REPOSITORY
from tests.unit.samples import a_job

WORD: Final = re.compile("`([a-z-]+)`")

GONE_VERSION = Skipped("a", "missing", "there is no version 1")
ARCHIVED = Skipped("b", "archived", "in GLACIER")
PLAN = PlanRef("0123456789abcdef", "upload", 4)


def failed(slug: str, **facts: Any) -> Job:
    return a_job(status=Status.FAILED, failure=Failure(slug, "Title", "detail"), **facts)


def missing(*files: int | str, unreadable: tuple[Skipped, ...] = (), **facts: Any) -> Job:
    counts = {"missing_count": len(files), "unreadable_count": len(unreadable)}
    return failed("source-missing", missing=files, unreadable=unreadable, **{**counts, **facts})


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (a_job(), []),
        (missing(10001), ["skip-missing", "edit"]),
        (missing(10001, unreadable=(ARCHIVED,)), ["skip-missing", "skip-unreadable", "edit"]),
        (missing(10001, unreadable=(GONE_VERSION,)), ["skip-missing", "edit"]),
        (missing(unreadable=(GONE_VERSION,)), ["skip-missing", "edit"]),
        (
            failed("source-missing", missing_count=7, missing=None, unreadable=()),
            ["skip-missing", "edit"],
        ),
        (
            failed("source-missing", missing_count=7, unreadable_count=1, unreadable=None),
            ["skip-missing", "skip-unreadable", "edit"],
        ),
        (failed("source-missing"), ["skip-missing", "edit"]),
        (failed("source-unreadable"), ["skip-unreadable", "edit"]),
        (failed("source-changed"), ["retry", "edit"]),
        (failed("given-up"), ["retry", "edit"]),
        (failed("access-denied"), ["retry", "edit"]),
        (failed("storage-refused"), ["retry", "edit"]),
        (failed("nothing-to-export"), ["edit"]),
        (failed("limit-exceeded"), ["edit"]),
        (failed("quota-exceeded"), ["edit"]),
        (failed("of-a-later-version"), ["edit"]),
    ],
)
def test_a_failure_has_remedies(job: Job, expected: list[str]) -> None:
    assert list(remedies(job)) == expected


@pytest.mark.parametrize(
    ("total", "expected"),
    [(3, ["skip-missing", "edit"]), (2, ["edit"]), (0, ["skip-missing", "edit"])],
)
def test_nothing_is_skipped_where_nothing_would_be_left(total: int, expected: list[str]) -> None:
    assert list(remedies(missing(10001, 10002, total_files=total))) == expected


@pytest.mark.parametrize(
    ("job", "count", "files"),
    [
        (a_job(), 0, []),
        (
            missing(10001, unreadable=(ARCHIVED,)),
            2,
            [Skipped(10001, "missing", "does not exist"), ARCHIVED],
        ),
        (failed("source-missing", missing_count=7, missing=None), 7, None),
        (
            failed("source-missing", missing_count=0, unreadable_count=7, unreadable=None),
            7,
            None,
        ),
        # An older version has not kept them.
        (failed("source-missing"), 0, None),
        (failed("given-up"), 0, []),
        # What the plan leaves out is not to blame.
        (failed("given-up", plan=PLAN, missing_count=1, missing=(10001,)), 0, []),
        (failed("source-changed", plan=PLAN, missing_count=1, missing=(10001,)), 1, None),
    ],
)
def test_the_files_that_are_to_blame_are_known(
    job: Job, count: int, files: list[Skipped] | None
) -> None:
    assert blamed(job) == (count, files)


def test_the_documentation_has_the_remedies_of_each_failure() -> None:
    """docs/problems.md. It also says when there is one more."""
    table = (REPOSITORY / "docs/problems.md").read_text().partition("| type | what happened |")[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    told = {slug.strip("`"): WORD.findall(of.partition(";")[0]) for slug, _, of in rows}

    assert told == {slug: list(remedies(failed(slug))) for slug in told}
    assert told.keys() >= {"source-missing", "source-unreadable", "given-up"}
