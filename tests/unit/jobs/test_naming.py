"""The name of an archive, from what was asked for."""

from typing import Any

import pytest

from chalicelib.jobs import naming
from chalicelib.jobs.request import ExportRequest, Wanted
from tests.unit.samples import DAY, JOB_ID, NOW, a_job

DATE = "2023-11-14"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"prefix": "in/photos/"}, "photos"),
        ({"prefix": ""}, "all-files"),
        ({"prefix": "", "source": "films"}, "films"),
        ({"keys": ("in/March.pdf",)}, "March"),
        ({"keys": ("in/March.pdf", "in/b", "c")}, "March-and-2-more"),
        ({"file_ids": (10001,)}, "10001"),
        ({"file_ids": ("a.b", "c")}, "a.b-and-1-more"),
        ({"files": (Wanted(id=10001),)}, "10001"),
        ({"files": (Wanted(id=10001, name="Reports/March.pdf"), Wanted(key="b"))}, "March-and-1-"),
        ({"files": (Wanted(key="in/b.txt"),)}, "b"),
        ({"files": (Wanted(prefix="in/a.b/"),)}, "a.b"),
        ({"files": (Wanted(prefix="in/a/", name="All"),)}, "All"),
        ({"files": (Wanted(prefix="in/a/", name="."),)}, "a"),
        ({"files": (Wanted(prefix="", name="."),), "source": "films"}, "films"),
        ({"keys": ("a",), "filename": " . "}, "a"),
    ],
)
def test_what_nobody_has_named_is_named_after_what_was_chosen(
    asked: dict[str, Any], name: str
) -> None:
    made = naming.filename(ExportRequest(**asked), NOW)

    assert made.startswith(name)
    assert made.removesuffix(f"-{DATE}.zip").removesuffix("more") == name.removesuffix("more")


def test_the_day_is_that_of_utc() -> None:
    asked = ExportRequest(prefix="a/")

    assert naming.filename(asked, NOW + DAY) == "a-2023-11-15.zip"


def test_a_name_that_was_asked_for_is_taken() -> None:
    assert naming.filename(ExportRequest(prefix="a/", filename="März"), NOW) == "März.zip"


@pytest.mark.parametrize(
    ("wanted", "is_now", "given"),
    [
        (None, "a-2023-11-14.zip", None),
        (None, f"longhaul-{JOB_ID[:8]}.zip", None),
        (None, "New.zip", "New.zip"),
        ("Old", "Old.zip", "Old"),
        ("Old", "New.zip", "New.zip"),
    ],
)
def test_a_name_that_somebody_gave_is_known(
    wanted: str | None, is_now: str, given: str | None
) -> None:
    asked = ExportRequest(prefix="a/", filename=wanted)

    assert naming.given(a_job(filename=is_now), asked) == given
