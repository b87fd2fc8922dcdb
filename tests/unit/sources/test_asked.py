"""The names of files that a request asks for."""

import pytest

from chalicelib.jobs.request import Wanted
from chalicelib.named_sources import Source
from chalicelib.s3.objects import ObjectFacts
from chalicelib.sources.asked import Asked, below_prefix, one_file, with_own_names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("All", "All/b/c"),
        ("All/", "All/b/c"),
        ("All\\", "All/b/c"),
        ("Of/it", "Of/it/b/c"),
        (".", "b/c"),
        (None, "a/b/c"),
    ],
)
def test_files_go_to_the_folder_that_the_request_names(name: str | None, shown: str) -> None:
    one, source = Wanted(prefix="in/a/", name=name), Source(name="s", bucket="b", prefix="in/")

    found = below_prefix(one, ObjectFacts("in/a/b/c", 1, '"e"', 0), source)

    assert found.name == shown


SOURCE = Source(name="s", bucket="b", prefix="in/", key_template="in/{file_id}")


def _listed(*keys: str) -> list[Asked]:
    facts = (ObjectFacts(key, 1, '"e"', 0) for key in keys)
    return [below_prefix(Wanted(prefix="in/"), one, SOURCE) for one in facts]


def test_own_names_are_for_files_that_the_request_gives_no_name() -> None:
    wanted = [
        Wanted(key="in/a"),
        Wanted(key="in/a", name="x"),
        Wanted(id=10_001),
        Wanted(id=10_001, name="y"),
    ]
    asked = [*(one_file(one, SOURCE) for one in wanted), *_listed("in/b/c")]

    called = with_own_names(asked, 1)

    assert [one.is_own for one in called] == [True, False, True, False, True]
    assert [one._replace(is_own=False) for one in called] == asked


@pytest.mark.parametrize(("most", "are_own"), [(3, True), (2, False)])
def test_a_prefix_with_too_many_files_gives_all_of_them_the_names_of_keys(
    most: int,
    are_own: bool,  # noqa: FBT001 - a parameter
) -> None:
    asked = [one_file(Wanted(key="in/a"), SOURCE), *_listed("in/1", "in/2", "in/3")]

    called = with_own_names(asked, most)

    assert [one.is_own for one in called] == [True, *[are_own] * 3]
