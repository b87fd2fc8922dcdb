"""Every error is a problem document of its own."""

import json
from collections import Counter

import pytest

from chalicelib import errors
from chalicelib.errors import FieldError, InvalidRequest, LonghaulError, NotReady
from chalicelib.http import faults
from chalicelib.http.problems import CONTENT_TYPE, problem, type_uri


def _all_of(kind: type[LonghaulError]) -> list[type[LonghaulError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _all_of(child))]


EVERY_KIND = _all_of(LonghaulError)
RAISED = [kind for kind in EVERY_KIND if kind is not errors.JobFailed]  # that one only groups


@pytest.mark.parametrize("field", ["slug", "title"])
def test_each_kind_of_error_has_its_own(field: str) -> None:
    of_their_own = [kind for kind in RAISED if kind is not errors.QuotaUsedUp]
    counted = Counter(vars(kind)[field] for kind in of_their_own if field in vars(kind))

    assert [value for value, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("kind", RAISED)
def test_a_kind_of_error_is_fit_for_a_problem_document(kind: type[LonghaulError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.title
    assert not kind.title.endswith(".")
    assert kind.slug == "-".join(kind.slug.lower().split())
    assert type_uri(kind.slug) == f"urn:problem-type:longhaul:{kind.slug}"


@pytest.mark.parametrize("kind", RAISED)
def test_only_what_passes_by_itself_is_worth_another_try(
    kind: type[LonghaulError],
) -> None:
    assert kind.retryable is issubclass(kind, errors.Unavailable | errors.PlanReplaced)


@pytest.mark.parametrize("kind", [kind for kind in RAISED if not kind.retryable])
def test_an_error_becomes_a_problem_document(kind: type[LonghaulError]) -> None:
    response = problem(kind("über"), "request-1")

    assert response.status_code == kind.status
    assert response.headers["Content-Type"] == CONTENT_TYPE
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.body) == {
        "type": type_uri(kind.slug),
        "title": kind.title,
        "status": kind.status,
        "detail": "über",
        "requestId": "request-1",
    }


def test_bad_input_is_pointed_at() -> None:
    error = InvalidRequest("two things", (FieldError("/a", "is bad"), FieldError("", "is worse")))

    assert json.loads(problem(error, "r").body)["errors"] == [
        {"pointer": "/a", "detail": "is bad"},
        {"pointer": "", "detail": "is worse"},
    ]


def test_where_a_retry_can_help_the_answer_says_when() -> None:
    response = problem(errors.Unavailable("could not read the job: ThrottlingException"), "r")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert json.loads(response.body)["detail"].endswith("; ask again in 5 seconds")


def test_one_second_is_not_several() -> None:
    response = problem(errors.Unavailable("soon", headers={"Retry-After": "1"}), "r")

    assert json.loads(response.body)["detail"] == "soon; ask again in 1 second"


def test_a_value_is_shown_as_it_is_read_and_what_nobody_sees_is_escaped() -> None:
    assert faults.shown("1\N{EN DASH}2 ü 日") == '"1\N{EN DASH}2 ü 日"'
    assert faults.shown('a"\n\x7f\u202e\u200b\ud800\U000e0001') == (
        r'"a\"\n\u007f\u202e\u200b\ud800\udb40\udc01"'
    )


def test_an_errors_headers_are_the_answers() -> None:
    response = problem(NotReady("soon", headers={"Retry-After": "3"}), "r")

    assert response.headers["Retry-After"] == "3"
