"""What a command prints is compared with what a page shows: loosely, where each day is another."""

import pytest

from tests.site import shown

JOB = "66a7a53a-84ad-5ad1-998b-ab4d4ab6887d"
OTHER = "db39793f-4be9-552a-a7d4-2fa7f2e1d7a9"


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("Kept 81,204 checksums.", "Kept 3 checksums."),
        ("5 files, 141.4 MB  3.6 s", "5 files, 98 kB  403 ms"),
        ("✓ Export     5 files", "Export     5 files"),
        ("first\n…\nlast", "first\na\nb\nlast"),
        ('{"a": 1, …, "b": {"c": null}}', '{"a":1,"x":[2],"b":{"c":null}}'),
        ('"status": "queued"', '"status": "completed"'),
        (
            "Export 5 files",
            "\x1b[2KAssembling  96 %  5/5 files\r\n\x1b[32mExport\x1b[0m 5 files\r\n",
        ),
        ("Export 5 files", "Planning          0/5 files\r\nQueued\r\nExport 5 files\r\n"),
        ("done", "1 %\r2 %\rdone\r\n"),
    ],
)
def test_what_is_another_each_day_is_taken(page: str, printed: str) -> None:
    assert shown.ids(page, printed, {}) is not None


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("Kept 3 checksums.", "Kept no checksums."),
        ("Nothing was started.", "Nothing was started"),
        ("first\n…\nlast", "first\na\nb"),
        ('{"a": 1, "b": 2}', '{"a": 1, "c": 2}'),
        ("5 files, 141.4 MB", "5 files, 141.4 s"),
        ("", "something"),
    ],
)
def test_another_text_is_not_taken(page: str, printed: str) -> None:
    assert shown.ids(page, printed, {}) is None


def test_an_id_of_the_page_is_that_of_today_from_then_on() -> None:
    known = shown.ids(f"Job {JOB}, 5 files", f"Job {OTHER}, 5 files", {})

    assert known == {JOB: OTHER}
    assert shown.with_ids(f"longhaul watch {JOB}", known) == f"longhaul watch {OTHER}"
    assert shown.ids(f"Job {JOB}", f"Job {JOB}", known) is None


def test_the_beginning_of_an_id_stands_for_all_of_it() -> None:
    known = shown.ids('{"jobId": "0b0e…", …}', f'{{"jobId": "{OTHER}", "more": 1}}', {})

    assert known == {"0b0e…": OTHER}
    assert shown.with_ids("curl $API/0b0e…/progress", known) == f"curl $API/{OTHER}/progress"


def test_the_same_id_twice_is_the_same_one() -> None:
    assert shown.ids(f"{JOB}\n{JOB}", f"{OTHER}\n{OTHER}", {}) is not None
    assert shown.ids(f"{JOB}\n{JOB}", f"{OTHER}\n{JOB}", {}) is None
