"""Requests that name files with names, versions and a source, and ids of any form."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest, LonghaulError
from chalicelib.http import parse
from chalicelib.http.schemas import FILES_MAX, KEY_MAX, NAME_MAX_BYTES, VERSION_MAX
from chalicelib.jobs.request import ExportRequest, FileId, Wanted
from chalicelib.named_sources import Source
from chalicelib.settings import Settings
from tests.unit.samples import some_settings

SETTINGS = some_settings()
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
AN_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
WITH_UUIDS = some_settings(FILE_ID_PATTERN=UUID)
WITH_ANY_ID = some_settings(FILE_ID_PATTERN=".*")
TWO_SOURCES = replace(
    SETTINGS,
    sources=(
        Source(name="default", bucket="b", prefix="in/"),
        Source(name="old", bucket="c", prefix="out/", key_template="out/{file_id}"),
    ),
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
nearly_files = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(9_999, 10_010) | values,
        "key": st.text() | values,
        "prefix": st.text() | values,
        "name": st.text() | values,
        "version": st.text() | values,
        "unknown/~field": values,
    },
)
near_misses = st.fixed_dictionaries(
    {"files": st.lists(nearly_files | values, max_size=4)},
    optional={
        "source": st.just("default") | values,
        "on_unreadable": st.just("skip") | values,
        "names": st.just("own") | values,
    },
)


@given(near_misses, st.sampled_from([SETTINGS, WITH_UUIDS, WITH_ANY_ID, TWO_SOURCES]))
def test_any_files_are_a_request_or_a_problem_that_can_be_told(
    content: dict[str, Any], settings: Settings
) -> None:
    outcome = _outcome(content, settings)

    if isinstance(outcome, LonghaulError):
        assert 400 <= outcome.status < 500
        assert 0 < len(outcome.detail.encode()) < 1_000
    else:
        assert ExportRequest.from_json(outcome.to_json()) == outcome


def test_files_keep_what_is_said_of_them() -> None:
    asked = _asked(
        {
            "files": [
                {"id": 10_001, "name": "März/Bericht.pdf", "version": "3/L4kqtJlcpXroDTDm"},
                {"key": "a/b"},
                {"prefix": "c/", "name": "."},
            ],
            "source": "default",
            "on_unreadable": "skip",
        }
    )

    assert asked.files == (
        Wanted(id=10_001, name="März/Bericht.pdf", version="3/L4kqtJlcpXroDTDm"),
        Wanted(key="a/b"),
        Wanted(prefix="c/", name="."),
    )
    assert (asked.source, asked.on_unreadable, asked.on_missing) == ("default", "skip", "skip")


def test_what_is_not_said_has_its_default() -> None:
    asked = _asked({"files": [{"key": "a"}]})

    assert (asked.source, asked.on_unreadable) == (None, "fail")


def test_the_same_file_in_the_same_way_counts_once() -> None:
    files = [
        {"key": "b"},
        {"id": 10_001},
        {"key": "b", "name": "x"},
        {"key": "b"},
        {"id": 10_001.0},
        {"key": "b", "name": "x", "version": "1"},
        {"prefix": "b"},
        {"key": "b", "name": "x"},
    ]

    assert _asked({"files": files}).files == (
        Wanted(key="b"),
        Wanted(id=10_001),
        Wanted(key="b", name="x"),
        Wanted(key="b", name="x", version="1"),
        Wanted(prefix="b"),
    )


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ([{"key": f"k{n}"} for n in range(FILES_MAX)], FILES_MAX),
        ([{"key": "a"}, {"key": "a", "name": "b"}], 2),
        ([{"key": "a"}, {"prefix": "b"}], 0),
    ],
)
def test_files_are_counted_unless_a_prefix_is_listed_later(files: list[Any], count: int) -> None:
    assert _asked({"files": files}).total_files == count


@pytest.mark.parametrize(
    ("files", "pointers"),
    [
        ([], ["/files"]),
        ("a", ["/files"]),
        ({"key": "a"}, ["/files"]),
        ([{"key": "a"}] * (FILES_MAX + 1), ["/files"]),
        ([{}], ["/files/0"]),
        ([{"name": "a"}], ["/files/0"]),
        (["a", 10_001, None, [], {"key": "a"}], [f"/files/{n}" for n in range(4)]),
        ([{"key": "a"}, {"id": 10_001, "key": "a"}], ["/files/1"]),
        ([{"key": "a", "prefix": "a"}], ["/files/0"]),
        ([{"id": 10_001, "key": "a", "prefix": "a"}], ["/files/0"]),
        ([{"prefix": "a", "version": "1"}], ["/files/0/version"]),
        ([{"key": "a", "path": "b"}], ["/files/0/path"]),
        ([{"key": "a", "b/c~d": 1}], ["/files/0/b~1c~0d"]),
        ([{"id": 9_999}], ["/files/0/id"]),
        ([{"id": "10001"}], ["/files/0/id"]),
        ([{"id": True}], ["/files/0/id"]),
        ([{"key": ""}], ["/files/0/key"]),
        ([{"key": 1}], ["/files/0/key"]),
        ([{"key": "é" * (KEY_MAX // 2 + 1)}], ["/files/0/key"]),
        ([{"prefix": ""}], ["/files/0/prefix"]),
        ([{"prefix": "é" * (KEY_MAX // 2 + 1)}], ["/files/0/prefix"]),
        (
            [{"key": "a"}] * 3 + [{"key": "a", "name": "é" * (NAME_MAX_BYTES // 2 + 1)}],
            ["/files/3/name"],
        ),
        ([{"key": "a", "name": ""}], ["/files/0/name"]),
        ([{"key": "a", "name": "a\nb"}], ["/files/0/name"]),
        ([{"key": "a", "name": "a\n"}], ["/files/0/name"]),
        ([{"key": "a", "name": "a\x7f"}], ["/files/0/name"]),
        ([{"key": "a", "name": "\ud800"}], ["/files/0/name"]),
        ([{"key": "a", "name": ["a"]}], ["/files/0/name"]),
        ([{"key": "\udfff"}, {"key": "a"}], ["/files/0/key"]),
        ([{"key": "a", "version": ""}], ["/files/0/version"]),
        ([{"key": "a", "version": "a\rb"}], ["/files/0/version"]),
        ([{"key": "a", "version": "v" * (VERSION_MAX + 1)}], ["/files/0/version"]),
        ([{"key": "a", "version": None}], ["/files/0/version"]),
    ],
)
def test_each_thing_wrong_with_a_file_is_pointed_at(files: object, pointers: list[str]) -> None:
    assert _pointers({"files": files}) == pointers


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        ({"files": [{"key": "a"}], "keys": ["a"]}, [""]),
        ({"files": [{"key": "a"}], "prefix": "a"}, [""]),
        ({"files": [{"key": "a"}], "on_unreadable": "ignore"}, ["/on_unreadable"]),
        ({"files": [{"key": "a"}], "on_unreadable": None}, ["/on_unreadable"]),
        ({"keys": ["a"], "names": "Own"}, ["/names"]),
        ({"keys": ["a"], "names": None}, ["/names"]),
        ({"keys": ["a"], "names": ["own"]}, ["/names"]),
        ({"files": [{"key": "a"}], "source": "nowhere"}, ["/source"]),
        ({"files": [{"key": "a"}], "source": ["default"]}, ["/source"]),
        ({"files": [{"key": "a"}], "source": None}, ["/source"]),
        ({"files": [{"key": "a"}], "source": ""}, ["/source"]),
    ],
)
def test_each_thing_wrong_beside_the_files_is_pointed_at(
    content: dict[str, Any], pointers: list[str]
) -> None:
    assert _pointers(content) == pointers


@pytest.mark.parametrize("value", ["n" * NAME_MAX_BYTES, "é" * (NAME_MAX_BYTES // 2), "\ud7ff/🎈"])
def test_a_name_may_be_as_long_as_the_limit(value: str) -> None:
    (file,) = (
        _asked({"files": [{"key": "a", "name": value, "version": "v" * VERSION_MAX}]}).files or ()
    )

    assert (file.name, file.version) == (value, "v" * VERSION_MAX)


def test_a_million_files_are_refused_before_anything_looks_at_them() -> None:
    settings = some_settings(MAX_BODY_BYTES=str(4 * 1024**2))
    body = b'{"files":[%s0]}' % (b"0," * 1_000_000)
    began = time.process_time()

    with pytest.raises(InvalidRequest) as caught:
        parse.export_request(body, None, settings)

    assert [error.pointer for error in caught.value.errors] == ["/files"]
    assert "has 1000001" in caught.value.detail
    assert time.process_time() - began < 2


@pytest.mark.parametrize("depth", [10, 500, 800, 1_000])
def test_no_depth_of_nesting_breaks_the_parser(depth: int) -> None:
    for opened, closed in ((b"[", b"]"), (b'{"key":', b"}")):
        body = b'{"files":[%s1%s]}' % (opened * depth, closed * depth)
        with pytest.raises(LonghaulError) as caught:
            parse.export_request(body, None, SETTINGS)
        assert caught.value.status == 400


# -- sources --------------------------------------------------------------------------------------


def test_an_unknown_source_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidRequest, match=r"source: .*nowhere.* one of default, old"):
        _asked({"keys": ["in/a"], "source": "nowhere"}, TWO_SOURCES)


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        ({"keys": ["in/a", "out/a"]}, ["/keys/1"]),
        ({"keys": ["in/a", "out/a"], "source": "old"}, ["/keys/0"]),
        ({"prefix": "in/", "source": "old"}, ["/prefix"]),
        (
            {"files": [{"key": "in/a"}, {"prefix": "in/"}, {"key": "out/a"}], "source": "old"},
            ["/files/0/key", "/files/1/prefix"],
        ),
    ],
)
def test_keys_and_prefixes_begin_as_the_source_says(
    content: dict[str, Any], pointers: list[str]
) -> None:
    assert _pointers(content, TWO_SOURCES) == pointers


@pytest.mark.parametrize(("given", "name"), [(None, "default"), ("old", "old")])
def test_a_query_names_a_source(given: str | None, name: str) -> None:
    assert parse.source(given, TWO_SOURCES).name == name


@pytest.mark.parametrize("given", ["", "Old", "old\n", "x" * 10_000, "\udc80"])
def test_a_query_with_an_unknown_source_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest, match="known are default, old") as caught:
        parse.source(given, TWO_SOURCES)

    assert [error.pointer for error in caught.value.errors] == ["source"]
    assert len(caught.value.detail.encode()) < 200


# -- ids ------------------------------------------------------------------------------------------


def test_an_id_may_be_any_text_that_matches_the_pattern() -> None:
    asked = _asked({"file_ids": [AN_ID], "source": "default"}, WITH_UUIDS)

    assert asked.file_ids == (AN_ID,)
    assert _asked({"files": [{"id": AN_ID}]}, WITH_UUIDS).files == (Wanted(id=AN_ID),)
    assert _check({"file_id": AN_ID}, WITH_UUIDS) == parse.Check(
        "file_id", "file_id", (AN_ID,), None
    )


@pytest.mark.parametrize("wrong", [AN_ID[:-1], AN_ID + "0", AN_ID.upper(), "x" + AN_ID, 10_001, 0])
def test_an_id_that_does_not_match_is_refused_with_the_pattern(wrong: FileId) -> None:
    for content, pointer in (
        ({"file_ids": [AN_ID, wrong]}, "/file_ids/1"),
        ({"files": [{"id": AN_ID}, {"id": wrong}]}, "/files/1/id"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            _asked(content, WITH_UUIDS)
        (error,) = caught.value.errors
        assert error.pointer == pointer
        assert error.detail == f"{json.dumps(wrong)} is not an id: all of it must match {UUID}"
    with pytest.raises(InvalidRequest, match="is not an id"):
        _check({"file_id": wrong}, WITH_UUIDS)
    with pytest.raises(InvalidRequest, match=r"file_ids/1: .* is not an id"):
        _check({"file_ids": [AN_ID, wrong]}, WITH_UUIDS)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "a\nb", "a\n", "\x00", "\x7f", "\ud800", "x" * 256, "é" * 128),
        *(10**255, True, None, 1.5, ["a"], {"a": 1}),
    ],
)
def test_no_pattern_makes_an_id_of_what_can_be_none(wrong: object) -> None:
    assert _pointers({"file_ids": ["a", wrong]}, WITH_ANY_ID) == ["/file_ids/1"]
    assert _pointers({"files": [{"id": wrong}]}, WITH_ANY_ID) == ["/files/0/id"]
    with pytest.raises(InvalidRequest):
        _check({"file_id": wrong}, WITH_ANY_ID)


def test_a_whole_number_is_the_same_id_as_its_digits() -> None:
    asked = _asked({"file_ids": [7, "7", 7.0, "07", -7]}, some_settings(FILE_ID_PATTERN=r"-?\d+"))

    assert asked.file_ids == (7, "07", -7)


def test_an_id_is_kept_as_it_came() -> None:
    asked = _asked({"files": [{"id": "7"}, {"id": 7}]}, WITH_ANY_ID)

    assert asked.files == (Wanted(id="7"),)


def test_a_text_is_never_matched_if_it_is_too_long() -> None:
    # Each more letter would double the time that this pattern takes.
    settings = some_settings(FILE_ID_PATTERN="(a+)+")
    began = time.process_time()

    assert _pointers({"file_ids": ["a" * 100_000 + "b"]}, settings) == ["/file_ids/0"]
    assert time.process_time() - began < 2


def test_an_id_whose_key_would_be_too_long_is_refused() -> None:
    template = "d" * (KEY_MAX - 255) + "{file_id}"
    settings = some_settings(FILE_ID_PATTERN=".+", SOURCE_KEY_TEMPLATE=template)

    assert _asked({"file_ids": ["a" * 255]}, settings).total_files == 1
    doubled = some_settings(FILE_ID_PATTERN=".+", SOURCE_KEY_TEMPLATE=template + "{file_id}")
    assert _pointers({"file_ids": ["a", "a" * 255]}, doubled) == ["/file_ids/1"]
    assert _pointers({"files": [{"id": "a" * 255}]}, doubled) == ["/files/0/id"]


@pytest.mark.parametrize(
    ("given", "taken"), [(10_001, 10_001), (10_001.0, 10_001), (10_000, 10_000)]
)
def test_without_a_pattern_an_id_is_a_number(given: float, taken: int) -> None:
    assert _check({"file_id": given}, SETTINGS) == parse.Check("file_id", "file_id", (taken,), None)
    assert _asked({"files": [{"id": given}]}).files == (Wanted(id=taken),)


def test_a_check_names_its_source() -> None:
    assert _check({"file_id": 10_001, "source": "old"}, TWO_SOURCES) == parse.Check(
        "file_id", "file_id", (10_001,), "old"
    )
    with pytest.raises(InvalidRequest, match="one of default, old"):
        _check({"file_id": 10_001, "source": "new"}, TWO_SOURCES)


def _asked(content: dict[str, Any], settings: Settings = SETTINGS) -> ExportRequest:
    return parse.export_request(json.dumps(content).encode(), None, settings)


def _outcome(content: dict[str, Any], settings: Settings) -> ExportRequest | LonghaulError:
    try:
        return _asked(content, settings)
    except LonghaulError as error:
        return error


def _check(content: dict[str, Any], settings: Settings) -> parse.Check:
    return parse.check_request(json.dumps(content).encode(), None, settings)


def _pointers(content: dict[str, Any], settings: Settings = SETTINGS) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        _asked(content, settings)
    return [error.pointer for error in caught.value.errors]
