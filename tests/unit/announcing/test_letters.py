"""What a mail says of a job that has ended."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.announcing.letters import Letter, letter, one_line, size_in_words, time_in_words
from chalicelib.jobs.model import Failure
from chalicelib.jobs.states import Status
from tests.unit.samples import DAY, NOW, a_job

PAGE = "https://api.example.com/api/#/jobs/1"
STOP = "https://api.example.com/api/unsubscribe/0a.b-_"
READY = {
    "status": Status.COMPLETED,
    "filename": "reports.zip",
    "files_done": 118,
    "bytes_total": 193_456_789,
}


def about(**facts: Any) -> Letter:
    """The letter about a job that has just ended."""
    return letter(a_job(**{**READY, **facts}), NOW, page=PAGE, stop=STOP)


class Shown(HTMLParser):
    """What a reader sees of HTML, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_completed_export_says_what_there_is_until_when_and_where() -> None:
    made = about()

    assert made.subject == "The export is ready: reports.zip"
    assert made.text.splitlines()[:8] == [
        "The export is ready.",
        "",
        "reports.zip",
        "118 files, 193.5 MB.",
        "It is there until 21 November 2023, 22:13 UTC.",
        "",
        "Download it:",
        PAGE,
    ]


def test_several_archives_are_counted_and_the_page_has_them_all() -> None:
    made = about(archives=3)

    assert made.text.splitlines()[3:8] == [
        "118 files, 193.5 MB, in 3 archives.",
        "They are there until 21 November 2023, 22:13 UTC.",
        "",
        "Download the 3 archives:",
        PAGE,
    ]
    assert "Download the 3 archives" in Shown(made.html).text


def test_several_archives_that_have_expired_are_gone() -> None:
    made = about(archives=3, expires_at=NOW)

    assert "They were there until 14 November 2023, 22:13 UTC, and are deleted now." in made.text


@pytest.mark.parametrize(
    ("missing", "unreadable", "said"),
    [
        (0, 1, "1 file was left out: it is missing, or cannot be read."),
        (2, 1, "3 files were left out: they are missing, or cannot be read."),
        (1200, 0, "1,200 files were left out: they are missing, or cannot be read."),
    ],
)
def test_what_was_left_out_is_counted(missing: int, unreadable: int, said: str) -> None:
    made = about(missing_count=missing, unreadable_count=unreadable)

    assert said in made.text.splitlines()
    assert said in Shown(made.html).text


def test_nothing_is_said_of_files_left_out_if_there_are_none() -> None:
    assert "left out" not in about(missing_count=0).text


def test_a_failed_export_says_why() -> None:
    failure = Failure("file-missing", "A file is missing", "there is no file in/a.txt")

    made = about(status=Status.FAILED, failure=failure)

    assert made.subject == "The export failed: reports.zip"
    assert "A file is missing.\nthere is no file in/a.txt.\n" in made.text
    assert "ready" not in made.text
    assert "UTC" not in made.text


def test_a_failed_export_without_a_reason_says_that_it_failed() -> None:
    assert about(status=Status.FAILED).text.startswith("The export failed.\n\nreports.zip\n\n")


def test_a_cancelled_export_says_so() -> None:
    made = about(status=Status.CANCELLED)

    assert made.subject == "The export was cancelled: reports.zip"
    assert PAGE in made.text


def test_an_archive_that_expired_before_the_mail_went_is_not_called_ready() -> None:
    made = letter(a_job(**READY, expires_at=NOW), NOW, page=PAGE, stop=STOP)

    assert made.subject == "The export has expired: reports.zip"
    assert "It was there until 14 November 2023, 22:13 UTC, and is deleted now." in made.text


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_both_parts_link_to_the_page_and_to_the_opt_out_and_nowhere_else(status: Status) -> None:
    made = about(status=status)

    assert re.findall(r"https?://\S+", made.text) == [PAGE, STOP]
    assert Shown(made.html).links == [PAGE, STOP]


def test_the_html_has_no_images_scripts_forms_or_files_of_others() -> None:
    tags = set(Shown(about().html).tags)

    assert not tags & {"img", "script", "link", "form", "iframe", "object", "svg"}
    assert "url(" not in about().html


def test_the_html_says_its_language_and_takes_dark_and_light() -> None:
    html = about().html

    assert '<html lang="en">' in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_what_looks_like_a_host_in_a_filename_is_broken_up_for_clients_that_make_links() -> None:
    made = about(filename="evil.example.zip")

    assert "evil.example" not in made.html
    assert "evil.example.zip" in Shown(made.html).text


@given(
    filename=st.text(min_size=1, max_size=260),
    title=st.text(max_size=80),
    detail=st.text(max_size=400),
)
def test_any_filename_and_reason_stay_text_of_one_line(
    filename: str, title: str, detail: str
) -> None:
    failure = Failure("given-up", title, detail)

    made = about(status=Status.FAILED, filename=filename, failure=failure)

    plain = about(status=Status.FAILED, failure=Failure("given-up", "t", "d"))
    shown, known = Shown(made.html), Shown(plain.html)
    assert [tag for tag in shown.tags if tag not in ("span", "p")] == [
        tag for tag in known.tags if tag not in ("span", "p")
    ]
    assert shown.links == [PAGE, STOP]
    assert one_line(filename) in shown.text
    assert made.text.split("\n")[2] == one_line(filename)
    assert len(made.subject.splitlines()) == 1
    assert len(made.subject.encode()) <= 145


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\u2028b", "a\x85b", "a\x00b", "a\u202eb", "a\ud800b", "a\x0bb"]
)
def test_what_would_end_a_line_or_turn_it_around_is_taken_out(text: str) -> None:
    line = one_line(text)

    assert re.fullmatch("a +b", line)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_people_read(count: int, words: str) -> None:
    assert size_in_words(count) == words


def test_a_time_is_said_in_utc() -> None:
    assert time_in_words(NOW + 20 * DAY) == "4 December 2023, 22:13 UTC"
