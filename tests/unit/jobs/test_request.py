"""A request as it is kept beside its job."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.jobs.request import ExportRequest

texts = st.text(min_size=1)
ids = st.lists(st.integers(10_000, 10**8), min_size=1, unique=True).map(tuple)
keys = st.lists(texts, min_size=1, unique=True).map(tuple)
whats = st.one_of(
    st.fixed_dictionaries({"file_ids": ids}),
    st.fixed_dictionaries({"keys": keys}),
    st.fixed_dictionaries({"prefix": texts}),
)


@st.composite
def requests(draw: st.DrawFn) -> ExportRequest:
    return ExportRequest(
        **draw(whats),
        filename=draw(st.none() | texts),
        on_missing=draw(st.sampled_from(["fail", "skip"])),
        user_id=draw(texts),
        fresh=draw(st.booleans()),
    )


@given(requests())
def test_a_request_comes_back_as_it_was_kept(request: ExportRequest) -> None:
    assert ExportRequest.from_json(request.to_json()) == request


@given(requests(), requests())
def test_two_requests_have_one_digest_only_if_they_ask_for_the_same(
    one: ExportRequest, other: ExportRequest
) -> None:
    assert (one.digest == other.digest) is (one == other)


@given(requests())
def test_a_digest_does_not_depend_on_how_the_request_came_about(request: ExportRequest) -> None:
    assert replace(request).digest == request.digest
    assert ExportRequest.from_json(request.to_json()).digest == request.digest


def test_a_digest_is_short_and_fit_for_a_key() -> None:
    digest = ExportRequest(prefix="a/").digest

    assert len(digest) == 16
    assert int(digest, 16) >= 0


@pytest.mark.parametrize(
    ("request_", "files"),
    [
        (ExportRequest(file_ids=(10_001, 10_002)), 2),
        (ExportRequest(keys=("a",)), 1),
        (ExportRequest(prefix="a/"), 0),
    ],
)
def test_what_was_asked_for_is_counted(request_: ExportRequest, files: int) -> None:
    assert request_.total_files == files


def test_what_was_not_given_is_not_kept() -> None:
    assert json.loads(ExportRequest(prefix="a/").to_json()) == {
        "prefix": "a/",
        "on_missing": "skip",
        "user_id": "anonymous",
        "fresh": False,
    }
