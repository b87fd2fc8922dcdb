"""Listing a bucket: by the fast path and by botocore, with keys of every kind."""

from dataclasses import replace

import pytest

from chalicelib.errors import AccessDenied
from tests.integration.stack import Stack
from tests.integration.wire import DENIED, answering

KEYS = ["in/ a", "in/%41", "in/+", "in/1", "in/&<>", "in/\x01", "in/é", "in/日本", "in/😀"]


def test_the_fast_path_and_botocore_list_the_same(stack: Stack) -> None:
    for key in KEYS:
        stack.put_file(key, key.encode())
    fast = stack.services.source()

    by_client = replace(fast, fast=None).list_page("in/")

    assert fast.fast is not None
    assert fast.fast.list_page(fast.name, "in/", "") == by_client
    assert sorted(fact.key for fact in by_client.facts) == sorted(KEYS)


# moto repeats the key without the encoding of URLs, and fails on characters that XML does not have.
@pytest.mark.parametrize("after", [key for key in KEYS if key.isprintable()])
def test_a_page_begins_after_the_given_key(stack: Stack, after: str) -> None:
    for key in KEYS:
        stack.put_file(key, b"")

    page = stack.services.source().list_page("in/", after)

    assert [fact.key for fact in page.facts] == sorted(key for key in KEYS if key > after)


def test_a_listing_that_is_denied_raises_access_denied(stack: Stack) -> None:
    denied = pytest.raises(AccessDenied, match="not allowed to list 'in/'")

    with answering(DENIED, "ListObjectsV2"), denied:
        stack.services.source().list_page("in/")
