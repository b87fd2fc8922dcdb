"""S3's answer to ListObjectsV2, as our own parser reads it."""

from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.s3.listing_xml import listed_page, newest_page
from chalicelib.s3.objects import ObjectFacts, ObjectPage


@given(
    keys=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=3),
    more=st.booleans(),
)
def test_a_page_of_a_listing_is_read_as_s3_writes_it(*, keys: list[str], more: bool) -> None:
    items = (
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-11-23T10:00:00.500Z</LastModified>"
        "<ETag>&quot;0a&quot;</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )

    page = listed_page(_listing(f"<IsTruncated>{str(more).lower()}</IsTruncated>{''.join(items)}"))

    facts = tuple(ObjectFacts(key, 7, '"0a"', 1_795_428_000) for key in keys)
    assert page == ObjectPage(facts, more)


def test_a_plus_in_a_key_is_written_as_a_percent_code() -> None:
    page = listed_page(
        _listing(
            "<IsTruncated>false</IsTruncated><Contents><Key>a%2Bb+c</Key><Size>0</Size>"
            "<LastModified>2026-11-23T10:00:00Z</LastModified><ETag>e</ETag></Contents>"
        )
    )

    assert page is not None
    assert [fact.key for fact in page.facts] == ["a+b c"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated>",
        b"<ListBucketResult></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated><Contents/></ListBucketResult>",
    ],
)
def test_what_is_no_listing_is_not_taken_for_one(body: bytes) -> None:
    assert listed_page(body) is None


def _listing(content: str) -> bytes:
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<ListBucketResult xmlns="{space}">{content}</ListBucketResult>'.encode()


@pytest.mark.parametrize("read", [listed_page, newest_page])
def test_an_answer_whose_entities_grow_without_end_is_not_read(
    read: Callable[[bytes], ObjectPage | None],
) -> None:
    names = "abcdefgh"
    each = (f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in pairwise(names))
    entities = f'<!ENTITY a "{"a" * 1000}">{"".join(each)}'

    assert read(f"<!DOCTYPE x [{entities}]><x>&h;</x>".encode()) is None
