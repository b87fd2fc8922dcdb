"""Which files are copied aside, and what of them goes into the archive."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.errors import SourceChanged
from chalicelib.jobs import places
from chalicelib.pipeline import keeping
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services
from tests.unit.samples import JOB_ID, NOW, a_job, some_services

JOB = a_job(changes=1)
NEW = Entry("a", "in/a", '"1"', 10, 7, NOW // 1000)


@dataclass
class Shelf:
    """Stands for both buckets. `newer` are the facts that the file has at the next looks."""

    newer: list[ObjectFacts] = field(default_factory=list)
    held: dict[str, ObjectFacts] = field(default_factory=dict)
    copied: list[tuple[str, str, str | None]] = field(default_factory=list)

    def head(self, key: str, **_: str | None) -> ObjectFacts | None:
        return self.held.get(key) if places.is_copy(key) else self.newer.pop(0)

    def copy_aside(
        self, key: str, etag: str, to_key: str, *, version: str | None, **_: object
    ) -> ObjectFacts:
        if self.newer:
            raise SourceChanged(f"{key} was overwritten", key=key)
        self.copied.append((key, etag, version))
        self.held[to_key] = ObjectFacts(to_key, 10, '"copy"', NOW // 1000 + 9, crc32=8)
        return self.held[to_key]


def _kept(shelf: Shelf, *entries: Entry) -> keeping.Kept:
    return keeping.keep(entries, None, JOB, _services(shelf), lambda: None)


def _services(shelf: Shelf) -> Services:
    services = some_services()
    bucket = cast("Any", shelf)
    return replace(services, archive=bucket, sources=dict.fromkeys(services.sources, bucket))


def test_a_file_that_is_younger_than_the_job_is_read_from_its_copy() -> None:
    shelf = Shelf()

    kept = _kept(shelf, NEW)

    (key,) = shelf.held
    assert kept.seen == (NEW,)
    assert kept.entries == (replace(NEW, etag='"copy"', crc32=8, copy=key),)
    assert key.startswith(places.copies(JOB_ID))


@pytest.mark.parametrize(
    "entry",
    [
        replace(NEW, modified=NOW // 1000 - 3),
        replace(NEW, size=0, crc32=0),
        replace(NEW, size=keeping.COPY_MAX + 1),
        replace(NEW, version="3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"),
    ],
    ids=["older than the job", "empty", "over 5 GB", "bound to a version"],
)
def test_these_files_are_read_where_they_are(entry: Entry) -> None:
    shelf = Shelf()

    kept = _kept(shelf, entry)

    assert kept.seen == kept.entries == (entry,)
    assert shelf.copied == []


def test_a_file_of_about_the_jobs_own_time_is_copied_as_clocks_differ() -> None:
    shelf = Shelf()

    _kept(shelf, replace(NEW, modified=-(-(NOW - 2000) // 1000)))

    assert len(shelf.copied) == 1


def test_the_version_null_is_copied_and_the_others_of_its_key_are_not() -> None:
    null, old = replace(NEW, version="null"), replace(NEW, name="old", version="1", etag='"0"')
    shelf = Shelf()

    kept = _kept(shelf, null, old)

    assert shelf.copied == [("in/a", '"1"', "null")]
    assert [bool(entry.copy) for entry in kept.entries] == [True, False]
    assert kept.entries[1] == old


def test_a_file_under_two_names_is_copied_once() -> None:
    shelf = Shelf()

    kept = _kept(shelf, NEW, replace(NEW, name="b"))

    assert len(shelf.copied) == 1
    assert [entry.name for entry in kept.entries] == ["a", "b"]
    assert len({entry.copy for entry in kept.entries}) == 1


def test_a_copy_that_was_made_before_is_not_made_again() -> None:
    shelf = Shelf()

    first, second = _kept(shelf, NEW), _kept(shelf, NEW)

    assert first == second
    assert len(shelf.copied) == 1


def test_a_file_that_changes_meanwhile_is_in_the_archive_as_it_was_copied() -> None:
    facts = ObjectFacts("in/a", 11, '"2"', NOW // 1000 + 1)
    last = replace(facts, etag='"3"', size=10, modified=NOW // 1000 + 2)
    shelf = Shelf([facts, last])

    kept = _kept(shelf, NEW)

    assert shelf.copied == [("in/a", '"3"', None)]
    (seen,), (entry,) = kept.seen, kept.entries
    assert (seen.etag, seen.size, seen.modified, seen.crc32) == ('"3"', 10, last.modified, None)
    assert (entry.size, entry.modified, entry.crc32) == (10, last.modified, 8)


def test_a_file_that_does_not_rest_is_given_up_after_a_few_looks() -> None:
    shelf = Shelf([ObjectFacts("in/a", 9, f'"{number}"', NOW // 1000) for number in range(99)])

    with pytest.raises(SourceChanged, match="in/a") as caught:
        _kept(shelf, NEW)

    assert caught.value.key == "in/a"
    assert len(shelf.newer) == 99 - (1 + keeping.LOOKS)


def test_a_file_that_became_empty_is_not_copied() -> None:
    shelf = Shelf([ObjectFacts("in/a", 0, '"e"', NOW // 1000)])

    kept = _kept(shelf, NEW)

    (entry,) = kept.entries
    assert (entry.size, entry.crc32, entry.copy) == (0, 0, None)
