"""The names of files that a request finds below a prefix."""

import pytest

from chalicelib.jobs.request import Wanted
from chalicelib.named_sources import Source
from chalicelib.s3.objects import ObjectFacts
from chalicelib.sources.asked import below_prefix


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
