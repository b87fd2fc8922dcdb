"""Listing a bucket: by the fast path and by botocore, with keys of every kind."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import AccessDenied
from tests.integration.stack import Stack
from tests.integration.wire import listening, s3_error

KEYS = ["in/ a", "in/%41", "in/+", "in/1", "in/&<>", "in/\x01", "in/é", "in/日本", "in/😀"]


def test_both_ways_tell_the_same(stack: Stack) -> None:
    for key in KEYS:
        stack.put_file(key, key.encode())
    fast = stack.services.source

    by_client = replace(fast, fast=None).list_page("in/")

    assert fast.fast is not None
    assert fast.fast.list_page(fast.name, "in/", "") == by_client
    assert sorted(fact.key for fact in by_client.facts) == sorted(KEYS)


# moto repeats what it was asked without the URL's encoding, and fails on what XML has not.
@pytest.mark.parametrize("after", [key for key in KEYS if key.isprintable()])
def test_a_page_begins_behind_the_key_that_is_given(stack: Stack, after: str) -> None:
    for key in KEYS:
        stack.put_file(key, b"")

    page = stack.services.source.list_page("in/", after)

    assert [fact.key for fact in page.facts] == sorted(key for key in KEYS if key > after)


def test_a_refused_listing_says_so(stack: Stack) -> None:
    def refuse(operation: str, _: dict[str, Any]) -> Any:
        return s3_error(403, "AccessDenied") if operation == "ListObjectsV2" else None

    with listening(refuse), pytest.raises(AccessDenied, match="not allowed to list 'in/'"):
        stack.services.source.list_page("in/")
