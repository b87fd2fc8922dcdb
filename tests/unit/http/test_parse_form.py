"""What an archive is to be like: its format, its compression, and the most bytes of one of
several."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest
from chalicelib.http import parse, schemas
from chalicelib.http.schemas import COMPRESSIONS, SPLIT_MAX, SPLIT_MIN
from chalicelib.jobs.model import ArchiveFormat
from chalicelib.jobs.request import Compression, ExportRequest
from tests.unit.samples import some_settings

SETTINGS = some_settings()
FORMATS = get_args(ArchiveFormat)
WAYS = get_args(Compression)


def test_every_format_and_every_compression_can_be_asked_for() -> None:
    assert tuple(COMPRESSIONS) == FORMATS
    assert {way for ways in COMPRESSIONS.values() for way in ways} == set(WAYS)


def test_without_a_word_it_is_one_zip_that_stores_its_files() -> None:
    asked = _asked({})

    assert (asked.format, asked.compressing, asked.split) == ("zip", "none", None)
    assert asked.compression is None


@pytest.mark.parametrize("name", FORMATS)
def test_without_a_compression_a_format_has_its_usual_one(name: ArchiveFormat) -> None:
    assert _asked({"format": name}).compressing == COMPRESSIONS[name][0]


@given(
    st.sampled_from(FORMATS),
    st.none() | st.sampled_from(WAYS),
    st.none() | st.integers(SPLIT_MIN, SPLIT_MAX),
)
def test_what_is_asked_for_is_kept_or_refused_by_its_name(
    name: ArchiveFormat, compression: Compression | None, split: int | None
) -> None:
    said = {"format": name, "compression": compression, "split": split}
    body = {field: value for field, value in said.items() if value is not None}

    if compression is None or compression in COMPRESSIONS[name]:
        asked = _asked(body)
        assert asked == ExportRequest(prefix="a/", **said)  # type: ignore[arg-type]  # by name
        assert ExportRequest.from_json(asked.to_json()) == asked
    else:
        assert [error.pointer for error in _errors(body)] == ["/compression"]


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        (
            {"format": "tar", "compression": "deflate"},
            "/compression",
            '"deflate" is not for a tar, which takes none; zip and tar.gz can be had with deflate',
        ),
        (
            {"format": "tar.gz", "compression": "none"},
            "/compression",
            '"none" is not for a tar.gz, which takes deflate or auto; zip and tar can be had with '
            "none",
        ),
        ({"format": "rar"}, "/format", '"rar" must be one of zip, tar, tar.gz'),
        ({"format": "ZIP"}, "/format", '"ZIP" must be one of zip, tar, tar.gz'),
        ({"format": None}, "/format", "null must be one of zip, tar, tar.gz"),
        ({"compression": "best"}, "/compression", '"best" must be one of none, deflate, auto'),
        ({"split": SPLIT_MIN - 1}, "/split", "1048575 must be bigger than or equal to 1048576"),
        (
            {"split": SPLIT_MAX + 1},
            "/split",
            "5497558138881 must be smaller than or equal to 5497558138880",
        ),
        ({"split": 2097152.5}, "/split", "2097152.5 must be integer"),
        ({"split": "4GB"}, "/split", '"4GB" must be integer'),
        ({"split": True}, "/split", "true must be integer"),
        ({"split": None}, "/split", "null must be integer"),
    ],
)
def test_what_cannot_be_is_named_with_its_value(
    body: dict[str, Any], pointer: str, detail: str
) -> None:
    (error,) = _errors(body)

    assert (error.pointer, error.detail) == (pointer, detail)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_a_split_is_a_whole_number_of_bytes_or_refused(split: Any) -> None:
    is_whole = not isinstance(split, str) and split == int(split)

    if is_whole and SPLIT_MIN <= split <= SPLIT_MAX:
        assert _asked({"split": split}).split == int(split)
    else:
        assert {error.pointer for error in _errors({"split": split})} == {"/split"}


def test_a_whole_number_with_a_point_is_a_split() -> None:
    split = parse.export_request(b'{"prefix": "a/", "split": 2097152.0}', None, SETTINGS).split

    assert (split, type(split)) == (2_097_152, int)


def test_a_retry_may_change_each() -> None:
    body = {"format": "tar.gz", "compression": "auto", "split": 2_097_152.0}

    changes = parse.changes_request(json.dumps(body).encode(), None, "retry", SETTINGS)

    assert changes == {"format": "tar.gz", "compression": "auto", "split": 2_097_152}
    assert type(changes["split"]) is int


@pytest.mark.parametrize(
    "body", [{"format": "tar", "compression": "auto"}, {"format": "7z"}, {"split": 0}]
)
def test_a_retry_may_change_them_to_nothing_impossible(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.changes_request(json.dumps(body).encode(), None, "retry", SETTINGS)

    assert caught.value.errors[0].pointer.lstrip("/") in body


@pytest.mark.parametrize("named", ["export", "retry"])
def test_the_description_names_the_same_choices(named: str) -> None:
    properties = schemas.requests(schemas.NUMBER, ["default"])[named]["properties"]

    assert properties["format"]["enum"] == [*FORMATS]
    assert properties["compression"]["enum"] == [*WAYS]


def _asked(body: dict[str, Any]) -> ExportRequest:
    return parse.export_request(json.dumps({"prefix": "a/", **body}).encode(), None, SETTINGS)


def _errors(body: dict[str, Any]) -> tuple[Any, ...]:
    with pytest.raises(InvalidRequest) as caught:
        _asked(body)
    return caught.value.errors
