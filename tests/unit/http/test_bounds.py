"""For which files a caller may ask."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Forbidden
from chalicelib.http import bounds
from chalicelib.http.callers import Caller
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.named_sources import Source
from tests.unit.samples import some_settings

SETTINGS = replace(
    some_settings(),
    sources=(
        Source(name="default", bucket="a", key_template="users/ann/{file_id}"),
        Source(name="old", bucket="b", key_template="users/bob/{file_id}"),
    ),
)
ANN = Caller(user_id="ann", prefixes=("users/ann/", "shared/"))
MINE = Wanted(key="users/ann/a")


@pytest.mark.parametrize(
    "asked",
    [
        {"files": (MINE, Wanted(id=7), Wanted(prefix="shared/"), Wanted(prefix="users/ann/x"))},
        {"files": (MINE, Wanted(key="shared/b", name="users/bob/b")), "source": "old"},
        {"file_ids": ("a-7",)},
        {"prefix": "shared/", "source": "old"},
    ],
)
def test_what_lies_below_ones_own_prefixes_may_be_asked_for(asked: dict[str, Any]) -> None:
    bounds.check(ANN, ExportRequest(**asked), SETTINGS)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"files": (MINE, Wanted(key="users/bob/b"))}, "files/1/key: 'users/bob/b'"),
        ({"files": (MINE, Wanted(prefix="users/"))}, "files/1/prefix: 'users/'"),
        ({"files": (MINE, Wanted(prefix="users/ann"))}, "files/1/prefix: 'users/ann'"),
        ({"files": (Wanted(id="a-7"),), "source": "old"}, "files/0/id: 'a-7'"),
        ({"files": (Wanted(key="b", name="users/ann/b"),)}, "files/0/key: 'b'"),
        ({"file_ids": (7,), "source": "old"}, "fileIds/0: 7"),
        ({"keys": ("users/bob/b",), "source": "old"}, "keys/0: 'users/bob/b'"),
        ({"prefix": "", "source": "old"}, "prefix: ''"),
    ],
)
def test_what_does_not_is_refused_by_its_pointer(asked: dict[str, Any], named: str) -> None:
    with pytest.raises(Forbidden) as caught:
        bounds.check(ANN, ExportRequest(**asked), SETTINGS)

    assert caught.value.detail == f"{named} is not among the files that you may have"


def test_who_is_not_bound_may_ask_for_all() -> None:
    bounds.check(Caller(), ExportRequest(files=(Wanted(prefix=""),), source="old"), SETTINGS)


@pytest.mark.parametrize(
    ("of_source", "of_caller", "own"),
    [
        ("", None, None),
        ("in/", None, None),
        ("", (), ()),
        ("", ("u/ann/", "shared/"), ("u/ann/", "shared/")),
        ("u/", ("u/ann/", "shared/"), ("u/ann/",)),
        ("u/ann/x/", ("u/ann/", "u/"), ("u/ann/x/",)),
        ("in/", ("u/ann/",), ()),
    ],
)
def test_the_longer_prefix_counts_of_a_source_and_a_caller(
    of_source: str, of_caller: tuple[str, ...] | None, own: tuple[str, ...] | None
) -> None:
    source = Source(name="default", bucket="b", prefix=of_source)

    assert bounds.own_prefixes(Caller(prefixes=of_caller), source) == own
