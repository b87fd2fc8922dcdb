"""Bugs about source files that change, cannot be read, or have versions. mutants.py plants them.
The simulation finds each on rough ground."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import chalicelib.aws
import chalicelib.s3.answers
import chalicelib.s3.archive_bucket
import chalicelib.sources.asked
from chalicelib.archive.plan import Entry
from chalicelib.jobs import checksums, places
from chalicelib.jobs.attributes import Item, number
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline import keeping, planning, runs
from chalicelib.pipeline.keeping import Kept
from chalicelib.s3.access import Access
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services
from chalicelib.sources import find as finding
from chalicelib.sources.asked import Asked, Which
from chalicelib.sources.find import Found
from chalicelib.sources.looking import Looks, Place, Unreadable

Change = tuple[Any, str, Any]
"""What is patched: the owner, the name of the attribute, and its new value."""


def version_not_passed_to_a_read() -> Iterator[Change]:
    """The newest version of a file is read, and not the planned one."""
    read_once = Bucket._read_once

    def read(
        self: Bucket, buffer: memoryview, key: str, start: int, etag: str | None, _: str | None
    ) -> None:
        read_once(self, buffer, key, start, etag, None)

    yield Bucket, "_read_once", read


def version_not_passed_to_a_copy() -> Iterator[Change]:
    """The newest version of a file is copied, and not the planned one."""

    def origin(source: Bucket, key: str, version: str | None) -> Any:
        del version
        return {"Bucket": source.name, "Key": key}

    yield chalicelib.s3.archive_bucket, "_origin", origin


def version_asked_for_ignored() -> Iterator[Change]:
    """The newest version of a file is exported, whichever was asked for."""
    head = Bucket.head

    def head_newest(
        self: Bucket, key: str, *, checksum: bool = True, version: str | None = None
    ) -> ObjectFacts | None:
        del version
        return head(self, key, checksum=checksum)

    yield Bucket, "head", head_newest


def listing_without_versions() -> Iterator[Change]:
    """Files that were found by a prefix are not bound to their versions."""
    yield Bucket, "is_versioned", lambda _: False


def changes_not_counted() -> Iterator[Change]:
    """A job is planned again without being counted, every other time. (If it were never counted,
    a run would have no end.)"""
    counted = JobStore.plan_again

    def plan_again(
        self: JobStore, job: Job, plan: PlanRef | None, now: int, mark: str
    ) -> Job | None:
        return (
            self.unplan(job, plan, now) if plan and now % 2 else counted(self, job, plan, now, mark)
        )

    yield JobStore, "plan_again", plan_again


def nothing_copied_aside() -> Iterator[Change]:
    """A file that has changed is read where it is, and may change once more."""

    def keep(entries: tuple[Entry, ...], *_: object) -> Kept:
        return Kept(entries, entries)

    yield keeping, "keep", keep


def copies_left_behind() -> Iterator[Change]:
    """What was copied aside is not thrown away with a job that has failed or was cancelled."""
    yield places, "is_copy", lambda _: False


def unreadable_files_swallowed() -> Iterator[Change]:
    """What cannot be read is left out, even if the job should fail then."""
    check = finding._check

    def swallow(
        request: ExportRequest,
        asked: int,
        missing: tuple[Which, ...],
        unreadable: Mapping[Which, Unreadable],
        *,
        is_any_left: bool,
    ) -> None:
        del unreadable
        check(request, asked, missing, {}, is_any_left=is_any_left)

    yield finding, "_check", swallow


def suspects_ignored() -> Iterator[Change]:
    """A job that is planned again looks no closer than the first time."""
    find = finding.find

    def carelessly(
        request: ExportRequest, services: Services, tick: Callable[[], None], **_: object
    ) -> Found:
        return find(request, services, tick)

    yield planning, "find", carelessly


def archived_files_taken_for_readable() -> Iterator[Change]:
    """The storage class of a file is not looked at."""
    yield chalicelib.s3.answers, "is_cold", lambda *_: False


def throttled_key_taken_for_unusable() -> Iterator[Change]:
    """A file whose key is throttled for a while is left out, or fails its job."""
    error_code = chalicelib.aws.error_code

    def other_code(error: Exception) -> str:
        return error_code(error).replace("KMS.Throttling", "KMS.Other")

    yield chalicelib.aws, "error_code", other_code


def payer_not_named_in_a_copy() -> Iterator[Change]:
    """A copy from a bucket whose requesters pay does not say who pays."""
    yield Access, "of_copy", lambda _: {}


def file_under_two_names_read_as_one() -> Iterator[Change]:
    """Found here: what was read of a file that is in the archive under two names, or in two
    versions, was taken for the runs of one file."""
    yield runs, "identity", lambda entry: (entry.key, "", None)
    yield runs.Run, "identity", property(lambda run: (run.key, "", None))


def checksum_of_other_bytes_trusted() -> Iterator[Change]:
    """The CRC-32 that is kept of a file is used, whichever ETag the file has by now."""

    def crc32(item: Item, *_: object) -> int | None:
        return number(item, "crc32")

    yield checksums, "_crc32", crc32


def own_names_forgotten() -> Iterator[Change]:
    """Files are called by their keys, whatever the request says."""
    yield chalicelib.sources.asked, "with_own_names", lambda asked, _: asked


def own_names_not_looked_up() -> Iterator[Change]:
    """Only small folders are looked up for the own names of their files."""
    to_look_at = finding._to_look_at

    def by_facts_alone(asked: list[Asked], looks: Looks) -> Iterator[Place]:
        return to_look_at([one._replace(is_own=False) for one in asked], looks)

    yield finding, "_to_look_at", by_facts_alone


def reason_forgotten() -> Iterator[Change]:
    """What cannot be read is told as missing."""
    find = finding.find

    def forgetful(*args: Any, **more: Any) -> Found:
        found = find(*args, **more)
        missing = (*found.missing, *(one.file for one in found.unreadable))
        return dataclasses.replace(found, missing=missing, unreadable=())

    yield planning, "find", forgetful


SOURCE_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    version_not_passed_to_a_read,
    version_not_passed_to_a_copy,
    version_asked_for_ignored,
    listing_without_versions,
    changes_not_counted,
    nothing_copied_aside,
    copies_left_behind,
    unreadable_files_swallowed,
    suspects_ignored,
    archived_files_taken_for_readable,
    throttled_key_taken_for_unusable,
    payer_not_named_in_a_copy,
    file_under_two_names_read_as_one,
    checksum_of_other_bytes_trusted,
    own_names_forgotten,
    own_names_not_looked_up,
    reason_forgotten,
)
