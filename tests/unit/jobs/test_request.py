"""A request as it is kept beside its job."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.jobs.model import ArchiveFormat
from chalicelib.jobs.request import Compression, ExportRequest, Wanted

texts = st.text(min_size=1)
an_id = st.integers(10_000, 10**8) | texts
ids = st.lists(an_id, min_size=1, unique=True).map(tuple)
keys = st.lists(texts, min_size=1, unique=True).map(tuple)
perhaps = st.none() | texts
wanted = st.one_of(
    st.builds(Wanted, id=an_id, name=perhaps, version=perhaps),
    st.builds(Wanted, key=texts, name=perhaps, version=perhaps),
    st.builds(Wanted, prefix=texts, name=perhaps),
)
whats = st.one_of(
    st.fixed_dictionaries({"files": st.lists(wanted, min_size=1, unique=True).map(tuple)}),
    st.fixed_dictionaries({"file_ids": ids}),
    st.fixed_dictionaries({"keys": keys}),
    st.fixed_dictionaries({"prefix": texts}),
)


@st.composite
def requests(draw: st.DrawFn) -> ExportRequest:
    return ExportRequest(
        **draw(whats),
        filename=draw(st.none() | texts),
        source=draw(perhaps),
        on_missing=draw(st.sampled_from(["fail", "skip"])),
        on_unreadable=draw(st.sampled_from(["fail", "skip"])),
        names=draw(st.sampled_from(["key", "own"])),
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
        (ExportRequest(files=(Wanted(key="a"), Wanted(id="a"))), 2),
        (ExportRequest(files=(Wanted(key="a"), Wanted(prefix="a"))), 0),
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


def test_files_are_kept_with_what_is_said_of_them() -> None:
    files = Wanted(id=7, name="a/b", version="v"), Wanted(prefix="c/")
    request = ExportRequest(files=files, source="old", on_unreadable="skip")

    assert json.loads(request.to_json()) == {
        "files": [{"id": 7, "name": "a/b", "version": "v"}, {"prefix": "c/"}],
        "source": "old",
        "on_missing": "skip",
        "on_unreadable": "skip",
        "user_id": "anonymous",
        "fresh": False,
    }


def test_a_request_that_asks_for_own_names_is_another_one() -> None:
    by_key, own = ExportRequest(prefix="a/"), ExportRequest(prefix="a/", names="own")

    assert json.loads(own.to_json())["names"] == "own"
    assert by_key.digest != own.digest
    # One that was stored before there was a choice.
    assert ExportRequest.from_json(b'{"prefix": "a/"}').names == "key"


def test_the_usual_compression_is_the_same_request_said_or_not() -> None:
    def digest(form: ArchiveFormat, compression: Compression | None = None) -> str:
        return ExportRequest(prefix="a/", format=form, compression=compression).digest

    assert digest("zip", "none") == digest("zip")
    assert digest("tar.gz", "deflate") == digest("tar.gz")
    assert digest("zip", "deflate") not in {digest("zip"), digest("tar.gz"), digest("zip", "auto")}
    assert digest("tar.gz", "auto") != digest("tar.gz")
