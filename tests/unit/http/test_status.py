"""The status of a job, with and without a wait for a change."""

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from chalicelib.archive.manifest import Skipped
from chalicelib.errors import NotFound, Unavailable
from chalicelib.http import progress
from chalicelib.http.calls import Call, Reply
from chalicelib.jobs.model import PlanRef
from chalicelib.jobs.states import Status
from tests.unit.http.story import CONTEXT, Story, story_of
from tests.unit.samples import JOB_ID, NOW, a_job


def test_a_status_that_the_caller_has_is_not_sent_again() -> None:
    story = story_of(a_job())
    etag = _status(story).headers["ETag"]

    again = _status(story, etag)

    assert (again.status, again.content) == (304, None)
    assert again.headers["ETag"] == etag


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x",W/{} , "y"', "*"])
def test_a_tag_matches_in_any_form_that_http_gives_it(form: str) -> None:
    story = story_of(a_job())
    etag = _status(story).headers["ETag"]

    assert _status(story, form.format(etag)).status == 304


@pytest.mark.parametrize("if_none_match", ["", '"x"', 'W/"x"', ",", '"*"'])
def test_another_tag_does_not_match(if_none_match: str) -> None:
    assert _status(story_of(a_job()), if_none_match).status == 200


def test_a_job_that_has_moved_has_another_tag() -> None:
    before = _status(story_of(a_job()))
    after = _status(story_of(a_job(updated_at=NOW + 1)))

    assert before.headers["ETag"] != after.headers["ETag"]


@pytest.mark.parametrize("status", Status)
def test_only_an_open_job_says_when_to_look_again(status: Status) -> None:
    reply = _status(story_of(a_job(status=status)))

    is_open = status in (Status.QUEUED, Status.PROCESSING)
    assert ("Retry-After" in reply.headers) is is_open


@pytest.mark.parametrize("job_id", ["x", JOB_ID.upper(), f"{JOB_ID}/segments", "\ud800" * 100])
def test_what_is_no_job_id_is_not_found(job_id: str) -> None:
    with pytest.raises(NotFound) as caught:
        progress.status(Call(CONTEXT, {}, {}, b""), story_of(a_job()).services(), job_id)

    assert caught.value.detail.encode()


def test_an_expired_job_with_a_long_list_of_missing_files_still_has_a_status() -> None:
    job = a_job(
        status=Status.COMPLETED,
        expires_at=NOW - 1,
        plan=PlanRef("0123456789abcdef", "upload", 1),
        missing_count=5_000,
        missing=None,
    )

    reply = _status(story_of(job))

    assert reply.content
    assert reply.content["status"] == Status.EXPIRED


class Plan:
    """The archive bucket, with the index of a plan."""

    def read(self, _: str) -> bytes:
        left_out = {"missing": [10_007], "unreadable": [["a/b", "denied", "S3 denies it"]]}
        return json.dumps(left_out).encode()


@pytest.mark.parametrize(
    ("missing", "unreadable", "skipped"),
    [
        ((), None, ["a/b"]),
        (None, (), [10_007]),
        (None, None, [10_007, "a/b"]),
        ((10_009,), (Skipped("c", "denied", "S3 denies it"),), [10_009, "c"]),
    ],
)
def test_a_list_that_is_too_long_for_the_record_is_read_from_the_plan(
    missing: Any, unreadable: Any, skipped: list[Any]
) -> None:
    job = a_job(
        status=Status.COMPLETED,
        plan=PlanRef("0123456789abcdef", "upload", 1),
        missing=missing,
        unreadable=unreadable,
    )
    services = replace(story_of(job).services(), archive=cast("Any", Plan()))

    reply = progress.status(Call(CONTEXT, {}, {}, b""), services, JOB_ID)

    assert reply.content
    assert [one["file"] for one in reply.content["result"]["skipped"]] == skipped


def test_lists_that_are_too_long_for_lambda_are_left_to_the_manifest() -> None:
    why = Skipped("k" * 900, "archived", "in GLACIER; restore it first")
    job = a_job(status=Status.COMPLETED, unreadable_count=8_000, unreadable=(why,) * 8_000)

    reply = _status(story_of(job))

    assert reply.content
    result = reply.content["result"]
    assert (result["missing"], result["skipped"]) == (None, None)


def test_what_was_skipped_changes_the_tag() -> None:
    job = a_job(status=Status.COMPLETED)
    skipped = replace(job, unreadable=(Skipped("a", "denied", "S3 denies it"),))

    tags = {_status(story_of(one)).headers["ETag"] for one in (job, skipped)}

    assert len(tags) == 2


# -- Prefer: wait ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 0),
        ("wait=10", 10),
        ("WAIT = 10", 10),
        ('wait="10"', 10),
        ("wait=10;foo=bar", 10),
        ("respond-async, wait=10", 10),
        ("handling=lenient; wait=3, wait=10", 10),
        ('foo="a, wait=3", wait=10', 10),
        ("wait=10, wait=20", 10),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=\u0661", 0),
        ("await=10", 0),
        ('"', 0),
    ],
)
def test_a_preference_is_read_as_rfc_7240_has_it_or_ignored(prefer: str, seconds: int) -> None:
    assert progress.asked_wait(prefer) == seconds


def test_who_asks_to_wait_for_ever_waits_as_long_as_is_set() -> None:
    story = story_of(a_job())

    reply = _status(story, prefer="wait=" + "9" * 5_000)

    assert reply.headers["Preference-Applied"] == "wait=2"
    assert story.seconds == 2


def test_without_a_preference_nobody_waits() -> None:
    story = story_of(a_job())

    reply = _status(story)

    assert "Preference-Applied" not in reply.headers
    assert story.pauses == []


@pytest.mark.parametrize(("hold", "prefer"), [("0", "wait=5"), ("5", "wait=0")])
def test_a_wait_of_no_time_is_none(hold: str, prefer: str) -> None:
    story = story_of(a_job())

    reply = _status(story, prefer=prefer, PROGRESS_HOLD_SECONDS=hold)

    assert "Preference-Applied" not in reply.headers
    assert story.pauses == []


def test_the_first_change_ends_the_wait() -> None:
    story = story_of(a_job(), (0.1, a_job(updated_at=NOW + 100)), (0.3, a_job(files_done=9)))

    reply = _status(story, prefer="wait=1")

    assert reply.status == 200
    assert reply.content
    assert reply.content["updatedAt"] == "2023-11-14T22:13:20.100Z"
    assert story.seconds == 0.25


def test_without_a_change_the_answer_comes_after_the_wait() -> None:
    story = story_of(a_job())

    reply = _status(story, prefer="wait=1")

    assert (reply.status, story.seconds) == (200, 1)
    assert reply.headers["Retry-After"] == "1"


def test_what_the_caller_has_is_not_sent_after_the_wait_either() -> None:
    story = story_of(a_job())
    etag = _status(story).headers["ETag"]

    reply = _status(story, etag, prefer="wait=1")

    assert (reply.status, reply.content, story.seconds) == (304, None, 1)
    assert reply.headers["Preference-Applied"] == "wait=1"


def test_what_the_caller_has_is_waited_to_change() -> None:
    story = story_of(a_job(), (0.5, a_job(updated_at=NOW + 500)))
    etag = _status(story).headers["ETag"]

    reply = _status(story, etag, prefer="wait=2")

    assert (reply.status, story.seconds) == (200, 0.75)
    assert reply.headers["ETag"] != etag


def test_who_does_not_know_the_present_state_does_not_wait() -> None:
    story = story_of(a_job())

    assert _status(story, '"another"', prefer="wait=2").status == 200
    assert story.pauses == []


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.QUEUED, Status.PROCESSING}))
def test_nobody_waits_for_a_job_that_has_ended(status: Status) -> None:
    story = story_of(a_job(status=status))

    reply = _status(story, prefer="wait=2")

    assert reply.status == 200
    assert story.pauses == []


def test_an_end_ends_the_wait_of_who_takes_anything_for_known() -> None:
    story = story_of(a_job(), (1, a_job(status=Status.CANCELLED)))

    assert _status(story, "*", prefer="wait=2").status == 304
    assert story.seconds < 2


def test_a_look_that_fails_ends_the_wait_with_what_was_seen_before() -> None:
    story = story_of(a_job(), (0.1, Unavailable("could not read the job: Throttled")))

    reply = _status(story, prefer="wait=2")

    assert (reply.status, story.looks) == (200, 2)


def _status(
    story: Story, if_none_match: str | None = None, prefer: str | None = None, **settings: str
) -> Reply:
    given = {"if-none-match": if_none_match, "prefer": prefer}
    headers = {name: value for name, value in given.items() if value is not None}
    return progress.status(Call(CONTEXT, headers, {}, b""), story.services(**settings), JOB_ID)
