"""A CRC-32 that is kept is found again for the same bytes, and never for others."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Unavailable
from chalicelib.jobs.checksums import ChecksumStore
from chalicelib.jobs.table import Table
from tests.faults.dynamodb import DynamoDB, item_size
from tests.faults.refusals import refused
from tests.unit.samples import NOW, Events

DAYS = 90
FILE = ("in/a", '"e1"', 20_000_000)
CRC32 = 0xCBF43926


class Failing:
    """A client that answers each batch with an error, and counts them."""

    exceptions = DynamoDB.exceptions

    def __init__(self, code: str, status: int) -> None:
        self.asked = 0
        self._error = refused("Batch", code, status)

    def batch_get_item(self, **_: Any) -> Any:
        self.asked += 1
        raise self._error

    batch_write_item = batch_get_item


def in_memory(leaves: Callable[[int], int] = lambda _: 0) -> DynamoDB:
    return DynamoDB("jobs", lambda: NOW, leaves=leaves)


def store(client: Any = None, *, days: int = DAYS, log: Events | None = None) -> ChecksumStore:
    asked: Any = in_memory() if client is None else client
    table = Table(asked, "jobs")
    return ChecksumStore(table, days, lambda _: None, log or Events())


def files(count: int) -> list[tuple[str, str, int]]:
    return [(f"in/{number}", f'"e{number}"', number + 1) for number in range(count)]


def kept(checksums: ChecksumStore, *, bucket: str = "sources") -> ChecksumStore:
    checksums.keep(bucket, [(*FILE, CRC32)], NOW)
    return checksums


def test_what_is_kept_is_found_for_the_same_bytes() -> None:
    assert kept(store()).find("sources", [FILE]) == {("in/a", '"e1"'): CRC32}


@pytest.mark.parametrize(
    ("bucket", "file"),
    [
        ("sources", ("in/a", '"e2"', 20_000_000)),
        ("sources", ("in/a", '"e1"', 20_000_001)),
        ("sources", ("in/b", '"e1"', 20_000_000)),
        ("other", FILE),
        ("sources", ("in/a", "", 20_000_000)),
    ],
    ids=["another ETag", "another size", "another key", "another bucket", "no ETag"],
)
def test_what_is_kept_is_not_found_for_other_bytes(bucket: str, file: tuple[str, str, int]) -> None:
    assert kept(store()).find(bucket, [file]) == {}


def test_a_file_without_an_etag_is_not_kept() -> None:
    memory = in_memory()

    store(memory).keep("sources", [("in/a", '""', 1, 2)], NOW)

    assert memory.items == {}


@given(st.tuples(st.text(min_size=1), st.text(min_size=1)), st.tuples(st.text(), st.text()))
def test_the_items_of_two_files_are_two(one: tuple[str, str], other: tuple[str, str]) -> None:
    # A bucket's name has no NUL.
    (bucket, key), (another, name) = one, other
    checksums = store()
    checksums.keep(bucket.replace("\0", ""), [(key, '"e"', 1, 2)], NOW)

    found = checksums.find(another.replace("\0", ""), [(name, '"e"', 1)])

    is_same = (bucket.replace("\0", ""), key) == (another.replace("\0", ""), name)
    assert bool(found) == is_same


def test_a_newer_etag_replaces_the_one_before() -> None:
    memory = in_memory()
    checksums = kept(store(memory))

    checksums.keep("sources", [("in/a", '"e2"', 7, 1)], NOW + 1)

    assert checksums.find("sources", [FILE]) == {}
    assert checksums.find("sources", [("in/a", '"e2"', 7)]) == {("in/a", '"e2"'): 1}
    assert len(memory.items) == 1


def test_the_versions_of_a_file_are_asked_for_in_one_request() -> None:
    checksums = kept(store())

    found = checksums.find("sources", [FILE, ("in/a", '"older"', 5), FILE])

    assert found == {("in/a", '"e1"'): CRC32}


def test_of_the_versions_of_a_file_the_last_one_is_kept() -> None:
    checksums = store()

    checksums.keep("sources", [("in/a", '"older"', 5, 1), (*FILE, CRC32)], NOW)

    assert checksums.find("sources", [FILE, ("in/a", '"older"', 5)]) == {("in/a", '"e1"'): CRC32}


def test_an_item_is_small_expires_and_names_nothing() -> None:
    memory = in_memory()
    kept(store(memory))

    (item,) = memory.items.values()
    assert item_size(item) < 150
    assert item["ttl"] == {"N": str(NOW // 1000 + DAYS * 24 * 3600)}
    text = json.dumps(item)
    assert "sources" not in text
    assert "in/a" not in text


def test_what_was_computed_without_a_size_is_found_by_the_etag_alone() -> None:
    checksums = store()

    checksums.write("sources", [("in/a", "e1", None, CRC32)], NOW)

    assert checksums.find("sources", [FILE]) == {("in/a", '"e1"'): CRC32}
    assert checksums.find("sources", [("in/a", '"e2"', 20_000_000)]) == {}


def test_a_key_may_have_any_character() -> None:
    checksums = store()
    odd = [("in/\ud800", '"e"', 1), ("in/日本/\n", '"e"', 1)]

    checksums.keep("sources", [(*file, 5) for file in odd], NOW)

    assert set(checksums.find("sources", odd).values()) == {5}


def test_with_no_days_nothing_is_kept_and_nobody_is_asked() -> None:
    client = Failing("InternalServerError", 500)
    checksums = kept(store(client, days=0))

    assert checksums.find("sources", [FILE]) == {}
    assert client.asked == 0


def test_many_files_take_several_requests() -> None:
    checksums = store()
    many = files(257)

    checksums.keep("sources", [(*file, number) for number, file in enumerate(many)], NOW)

    found = checksums.find("sources", many)
    assert [found[key, etag] for key, etag, _ in many] == list(range(257))


def test_what_dynamodb_leaves_is_asked_for_again() -> None:
    checksums = store(in_memory(leaves=lambda count: count // 2))

    checksums.keep("sources", [(*file, 9) for file in files(8)], NOW)

    assert len(checksums.find("sources", files(8))) == 8


def test_what_dynamodb_leaves_again_and_again_is_given_up_and_logged() -> None:
    events = Events()
    memory = in_memory(leaves=lambda _: 1)
    checksums = store(memory, log=events)

    checksums.keep("sources", [(*file, 9) for file in files(8)], NOW)
    found = checksums.find("sources", files(8))

    assert len(memory.items) == 7
    assert 7 >= len(found) >= 5
    assert [event for event, _ in events.kept] == ["checksums not kept", "checksums not found"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
        ("AccessDeniedException", 400),
        ("ValidationException", 400),
        ("ResourceNotFoundException", 400),
    ],
)
def test_an_error_of_dynamodb_is_logged_and_ends_the_search(code: str, status: int) -> None:
    client, events = Failing(code, status), Events()
    checksums = store(client, log=events)

    found = checksums.find("sources", files(1000))
    checksums.keep("sources", [(*file, 1) for file in files(1000)], NOW)

    assert found == {}
    assert client.asked == 2
    assert [event for event, _ in events.kept] == ["checksums not found", "checksums not kept"]


def test_whoever_fills_it_in_bulk_hears_of_errors() -> None:
    checksums = store(Failing("InternalServerError", 500))

    with pytest.raises(Unavailable):
        checksums.write("sources", [("in/a", "e", None, 1)], NOW)
