"""Bugs about the formats of archives, about packs, and about several archives. mutants.py plants
them. "Found here" marks a real bug that the simulation has found."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from chalicelib import deflate
from chalicelib.archive import crc, manifest, packed, packing, tail, tar_format, volumes
from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.packed import Pack, PackedFile
from chalicelib.archive.packing import Span
from chalicelib.archive.plan import Entry
from chalicelib.archive.tail import Counts
from chalicelib.jobs import items, places
from chalicelib.jobs.model import Job, PlanRef, Progress
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline import archive_index, archives, endings, finishing, reuse, steps
from chalicelib.pipeline import packing as making
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.packer import Packer
from chalicelib.pipeline.planned import PlannedJob
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import Queue
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.services import Services
from chalicelib.sources.find import Found
from tests.faults.source_mutants import Change

# -- packs ----------------------------------------------------------------------------------------


def pack_of_the_first_thrown_away() -> Iterator[Change]:
    """Two attempts have made the same pack. The one that was later throws away the other's."""
    delete_all = ArchiveBucket.delete_all

    def thrown(self: ArchiveBucket, keys: Iterable[str]) -> None:
        given = list(keys)
        if len(given) == 2 and given[1] == f"{given[0]}.rows":
            packing_key, _, rest = given[0].rpartition("/pack-")
            known = self.read(f"{packing_key}/packed-{rest.partition('-')[0]}")
            first = packing.Made.from_bytes(known).pack.key if known else given[0]
            given = [first, f"{first}.rows"]
        delete_all(self, given)

    yield ArchiveBucket, "delete_all", thrown


def pack_without_its_attempt() -> Iterator[Change]:
    """Two attempts to make a pack write the same object."""
    pack = places.pack

    def key(job_id: str, digest: str, number: int, _: str) -> str:
        return pack(job_id, digest, number, "")

    yield places, "pack", key


def place_from_where_the_pack_begins() -> Iterator[Change]:
    """A file's place in the archive counts from where its pack begins, and not from its run."""
    made = packed.made

    def far(form: Format, entry: Entry, files: Sequence[PackedFile], *rest: Any) -> Any:
        return made(form, replace(entry, at=0), files, *rest)

    yield packed, "made", far


def rows_off_by_one() -> Iterator[Change]:
    """A run that follows others in its pack has the rows of the files before its own."""
    run = packed.run

    def off(form: Format, pack: Pack, files: Sequence[PackedFile], **where: Any) -> Entry:
        return run(form, pack, files, **{**where, "first": max(where["first"] - 1, 0)})

    yield packed, "run", off


def pieces_in_the_wrong_order() -> Iterator[Change]:
    """The CRC-32 of a large file is combined from its pieces in the wrong order."""

    def combined(pieces: Iterable[tuple[int, int]]) -> int:
        return crc.combined(list(pieces)[::-1])

    yield packing, "crc", SimpleNamespace(combined=combined)


def piece_ends_its_stream() -> Iterator[Change]:
    """Each piece of a large file ends the file's stream of deflate."""
    yield deflate, "FULL_FLUSH", zlib.Z_FINISH


def packs_forgotten() -> Iterator[Change]:
    """Nobody throws packs away."""
    yield places, "is_temporary", lambda key: places.is_segment(key) or places.is_copy(key)
    yield places, "is_pack", lambda _: False


class _Silent:
    """A queue that does not take `plan`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, messages: Sequence[Message], user_id: str) -> None:
        self._queue.send([one for one in messages if one.step is not Step.PLAN], user_id)


def plan_not_sent_after_packing() -> Iterator[Change]:
    """The worker that makes the last pack does not send `plan`. The sweeper still saves the job."""
    pack = making.pack

    def silent(job: Job, message: Message, services: Services, lease: Lease, attempt: int) -> None:
        queue: Any = _Silent(services.queue)
        pack(job, message, replace(services, queue=queue), lease, attempt)

    yield steps, "pack", silent


def packing_without_the_etags() -> Iterator[Change]:
    """A packing does not name the ETags of its files. So what was packed of a file before it
    changed is used after it has changed."""
    right = making._packing_of

    def packing_of(packs: Sequence[Sequence[Span]], slices: Sequence[bytes], *rest: Any) -> Any:
        named = repr([[(s.entry.name, s.start, s.length) for s in spans] for spans in packs])
        digest = hashlib.sha256(named.encode()).hexdigest()[:16]
        return replace(right(packs, slices, *rest), digest=digest)

    yield making, "_packing_of", packing_of


def pack_of_any_version() -> Iterator[Change]:
    """The chunks of a file that is packed are read without its ETag."""
    chunk = Packer._chunk

    def read(self: Packer, entry: Entry, start: int, length: int) -> bytes:
        return chunk(self, replace(entry, etag=""), start, length)

    yield Packer, "_chunk", read


def progress_of_packing_in_a_planned_job() -> Iterator[Change]:
    """Found here: a worker that was slow to pack wrote its progress when the job was planned."""
    report: Any = JobStore.report

    def late(self: JobStore, job_id: str, *said: Any) -> bool:
        *rest, plan = said
        job = self.get(job_id)
        own = job.plan.digest if job and job.plan else None
        return bool(report(self, job_id, *rest, plan or own))

    yield JobStore, "report", late


def progress_begins_anew_for_the_slow() -> Iterator[Change]:
    """Found here: a worker that was slow to plan had the progress of its twins begin anew."""
    set_packing = JobStore.set_packing

    def slow(self: JobStore, job: Job, now: int, size: int, files: int) -> Job | None:
        there = self.get(job.job_id)
        if there is None or there.plan or there.packing == job.packing:
            return set_packing(self, job, now, size, files)
        anew = items.progress_attributes(Progress())
        self.table.change(job.job_id, "write the job", anew, condition="attribute_exists(jobId)")
        return there

    yield JobStore, "set_packing", slow


def packs_of_a_job_that_got_another_archive() -> Iterator[Change]:
    """Found here: a job packed its files, and then completed with another job's archive. Its packs
    were left until that archive expired."""
    complete_with = endings.complete_with

    def late(services: Services, job: Job, built_by: Job, plan: PlanRef, *, wake_at: int) -> Any:
        is_packed = job.packing and not (job.was_replanned or job.changes)
        wake_at = built_by.expires_at if is_packed else wake_at
        return complete_with(services, job, built_by, plan, wake_at=wake_at)

    yield endings, "complete_with", late


def empty_packs_kept() -> Iterator[Change]:
    """Found here: packs that had nothing, because S3 could copy all files, were left over."""

    def complete(planned: PlannedJob) -> None:
        right(replace(planned, job=replace(planned.job, packing=0)))

    right = finishing.complete
    yield finishing, "complete", complete
    yield steps, "complete", complete


# -- formats --------------------------------------------------------------------------------------


def form_not_in_the_fingerprint() -> Iterator[Change]:
    """Who asks for a tar gets the ZIP of the same files."""
    fingerprint = reuse.fingerprint

    def mark(user_id: str, source: str, found: Found, _: tuple[object, ...]) -> str:
        return fingerprint(user_id, source, found)

    yield reuse, "fingerprint", mark


def index_after_the_archive() -> Iterator[Change]:
    """The index of a tar is written when the archive is there."""
    write, complete = archive_index.write, finishing.complete
    waiting: dict[str, tuple[Any, ...]] = {}

    def later(key: str, length: int, chunks: Iterator[bytes], lease: Lease) -> None:
        waiting[lease.job_id] = key, length, iter([b"".join(chunks)]), lease

    def completed(planned: PlannedJob) -> None:
        complete(planned)
        if planned.job.job_id in waiting:
            write(*waiting.pop(planned.job.job_id))

    yield archive_index, "write", later
    yield finishing, "complete", completed
    yield steps, "complete", completed


def index_leads_to_the_bytes() -> Iterator[Change]:
    """A row of a tar's index says where the bytes of a file begin, in the place of its header."""
    record = tar_format.record

    def shifted(member: Member, crc32: int, offset: int) -> bytes:
        row, _, at = record(member, crc32, offset).rpartition(b"@")
        begins = b"%d\n" % (offset + tar_format.header_length(member))
        return row + b"@" + begins.rjust(len(at), b"0")

    yield tar_format, "record", shifted


# -- several archives -----------------------------------------------------------------------------


def directory_of_another_archive() -> Iterator[Change]:
    """One of several archives has the directory of another one."""
    render_bare = tail.render_bare
    first: list[tuple[Counts, bytes]] = []

    def wrong(form: Format, start: int, counts: Counts, records: bytes) -> Iterator[bytes]:
        first.append((counts, records))
        same = next(one for one in first if len(one[1]) == len(records))
        return render_bare(form, start, *same)

    yield tail, "render_bare", wrong


def archives_numbered_from_0() -> Iterator[Change]:
    """The manifest says in which archive a file is, but counts from 0."""
    of_archive = manifest.of_archive
    yield (
        manifest,
        "of_archive",
        lambda number: of_archive(None if number is None else number - 1),
    )


def large_file_torn() -> Iterator[Change]:
    """Found here: the end of a large file, which lay in a pack with other files, went to the next
    archive with them."""
    yield volumes, "_ending_first", lambda entry, *_: ([], entry)


def archives_before_the_last_kept() -> Iterator[Change]:
    """If several archives are thrown away, only the last one is."""
    yield (
        archives,
        "delete",
        lambda services, job: services.archive.delete(job.archive_key),
    )


RARE_FORMAT_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    packing_without_the_etags,
    pack_of_any_version,
    empty_packs_kept,
)
"""In the first two, a file must change at one moment of its packing. Neither was found in a
thousand seeds on rough ground. For the third, all files must be large, and such that they cannot be
compressed: test_mutants.py has such files."""

FORMAT_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    pack_of_the_first_thrown_away,
    pack_without_its_attempt,
    place_from_where_the_pack_begins,
    rows_off_by_one,
    pieces_in_the_wrong_order,
    piece_ends_its_stream,
    packs_forgotten,
    plan_not_sent_after_packing,
    progress_of_packing_in_a_planned_job,
    progress_begins_anew_for_the_slow,
    packs_of_a_job_that_got_another_archive,
    form_not_in_the_fingerprint,
    index_after_the_archive,
    index_leads_to_the_bytes,
    directory_of_another_archive,
    archives_numbered_from_0,
    large_file_torn,
    archives_before_the_last_kept,
)
