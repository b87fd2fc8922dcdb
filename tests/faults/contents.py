"""Checks what a completed job has made: its archive, manifest and counters."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from chalicelib.errors import Reason
from chalicelib.jobs import places
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import plans
from chalicelib.s3.bucket import Bucket
from tests.faults import asked, gzips, seen, volumes
from tests.faults.asked import Row, Window
from tests.faults.files import Files, unreadable
from tests.faults.held import Broken
from tests.faults.stored import Stored
from tests.faults.volumes import Volumes

if TYPE_CHECKING:
    from tests.faults.world import World


def request_of(world: "World", job: Job, archive: str) -> ExportRequest | None:
    """Returns what the job was asked for; None if it is lost."""
    if job.short_request is not None:
        return ExportRequest.from_text(job.short_request)
    stored = world.s3.objects[archive].get(job.request_key)
    return ExportRequest.from_json(stored.body) if stored else None


def wrong(world: "World", job: Job, archive: str) -> Iterator[str]:
    """Yields what is wrong with the archives of a completed job. `archive` is the archive bucket's
    name."""
    objects = world.s3.objects[archive]
    request = request_of(world, job, archive)
    if job.plan is None or any(key not in objects for key in volumes.keys(job)):
        yield "completed, and there is no archive"
        return
    if request is None:
        yield "what it was asked for is lost"
        yield "completed, and there is no archive"
        return
    bucket = world.s3.bucket(archive)
    written = json.loads(objects[places.index(job.home, job.plan.digest)].body)
    index = plans.load(bucket, job.home, job.plan.digest, version=written["version"])
    try:
        made = volumes.read(objects, job)
    except Broken as broken:
        yield str(broken)
        return
    try:
        planned = _planned(bucket, job, index)
    except plans.PlanUnusable:
        yield "its plan is lost"
        return
    entries = _entries(planned, made, _etags(objects, planned))
    head = index.head
    names = [one.name for _, one in made.files]
    if names != [entry.name for entry in entries] or made.last.name != head.name:
        yield f"holds {names}, {made.last.name} instead of {[entry.name for entry in entries]}"
        return
    contents = {one.name: one.content for _, one in made.files}
    window = world.witness.begun[job.job_id], world.witness.ended[job.job_id]
    told = _Told(world.files, request, entries, contents, window)
    yield from told.wrong_files(most_looked_up=world.ground.look_up_max)
    yield from told.wrongly_left_out(head)
    yield from volumes.wrong(objects, job, request, made)
    yield from _wrong_manifest(made, index, entries, job)
    yield from _wrongly_shared(world, job, request)
    left_out = len(head.missing) + len(head.unreadable)
    total = len(entries) + left_out
    counted = (job.files_done, job.total_files, job.bytes_done, job.bytes_total)
    if counted != (len(entries), total, *[made.size] * 2):
        yield f"its counters are {counted}"
    if (job.missing_count, job.unreadable_count) != (len(head.missing), len(head.unreadable)):
        yield f"it counts {job.missing_count} missing, {job.unreadable_count} unreadable files"
    if job.missing is not None and job.missing != head.missing:
        yield f"missing is {job.missing} instead of {head.missing}"
    if job.unreadable is not None and job.unreadable != head.unreadable:
        yield f"unreadable is {job.unreadable} instead of {head.unreadable}"
    world.seen.update(seen.of(job, request, planned, index))


class _Told:
    """What an archive tells of the files that were asked for."""

    def __init__(
        self,
        files: Files,
        request: ExportRequest,
        entries: list[Entry],
        contents: dict[str, bytes],
        window: Window,
    ) -> None:
        self._files = files
        self._request = request
        self._entries = entries
        self._window = window
        self._rows = asked.rows(request, files)
        self._of_row: dict[Row, list[tuple[Entry, Stored]]] = {row: [] for row in self._rows}
        self._of_entry: dict[Entry, list[tuple[Row, Stored]]] = {}
        for entry in entries:
            matches = self._of_entry.setdefault(entry, [])
            for row in self._of_row:
                for stored in self._meant(row, entry, contents[entry.name]):
                    matches.append((row, stored))
                    self._of_row[row].append((entry, stored))

    def _meant(self, row: Row, entry: Entry, content: bytes) -> Iterator[Stored]:
        """Yields what the row meant at some time while the job was open, if these are its bytes."""
        if row.is_prefix or row.key != entry.key:
            return
        for stored in self._files.states(row.key, *self._window, row.version):
            if stored is None or stored.body != content or not self._is_of(stored, entry):
                continue
            if (entry.copy and not entry.etag) or stored.etag == entry.etag:
                yield stored

    def _named(self, row: Row, stored: Stored, entry: Entry) -> list[Stored]:
        """Returns what may have given a file its name. A file that was copied aside, or has
        lost its bytes just then, may have its name from before. It never has a later one."""
        if entry.size and not entry.copy:
            return [stored]
        states = list(self._files.states(row.key, *self._window, row.version))
        last = max(at for at, one in enumerate(states) if one is stored)
        before = states[: last + 1]
        return [one for one in before if one and asked.encoding(one) == asked.encoding(stored)]

    def _is_of(self, stored: Stored, entry: Entry) -> bool:
        return not self._files.is_bound or entry.version == stored.version

    def wrong_files(self, *, most_looked_up: int) -> Iterator[str]:
        """Yields the entries that nobody has asked for, and wrong names. `most_looked_up`: so many
        listed files are looked up one by one. A file below two prefixes counts twice."""
        is_looked_up = sum(row.is_listed for row in self._rows) <= most_looked_up
        possible = {}
        for entry, rows in self._of_entry.items():
            each = [
                asked.names(row, named, is_looked_up=is_looked_up)
                for row, stored in rows
                for named in self._named(row, stored, entry)
            ]
            own = [names for names in each if entry.name in names]
            possible[entry] = {name for names in own or each for name in names}
        counts = Counter(name.casefold() for names in possible.values() for name in names)
        for entry, names in possible.items():
            if not names:
                yield f"{entry} was not asked for, or has never had these bytes"
            encodings = {
                encoding
                for row, stored in self._of_entry[entry]
                for encoding in asked.encodings(row, stored, is_looked_up=is_looked_up)
            }
            if names and entry.encoding not in encodings:
                yield f"{entry} has another encoding: {encodings}"
            is_clear = all(
                asked.is_plain(name)
                and counts[name.casefold()] == 1
                and not _is_beside(name, counts)
                for name in names
            )
            if names and is_clear and entry.name not in names:
                yield f"{entry.name} should have one of the names {names}"
        if len({name.casefold() for name in map(_name, self._entries)}) < len(self._entries):
            yield f"two entries have the same name: {list(map(_name, self._entries))}"
        for key, count in Counter(entry.key for entry in self._entries).items():
            least, most = self._times(key)
            if not least <= count <= most:
                yield f"{key} is there {count} times instead of {least} to {most}"

    def _times(self, key: str) -> tuple[int, int]:
        """Returns how often a file must and may be there. If it has changed meanwhile, two requests
        may have found different versions of it."""
        rows = [row for row in self._rows if row.key == key and not row.is_prefix]
        states = [*self._files.states(key, *self._window)]
        if len(states) != 1 or states[0] is None or unreadable(states[0]):
            return 1, len(rows)
        named = {
            frozenset(asked.names(row, states[0], is_looked_up=True))
            for row in rows
            if row.version is None and self._of_row[row]
        }
        # What was found by a listing alone is called as if it had no encoding.
        is_encoded = bool(states[0].encoding)
        most = len(rows) if is_encoded else len({(row.version, row.name) for row in rows})
        return max(len(named), 1), most

    def wrongly_left_out(self, head: Head) -> Iterator[str]:
        """Yields what is left out for no good reason, or is not told of. A version that does not
        exist is told beside what cannot be read: its file may be there."""
        reasons = {one.reason for one in head.unreadable}
        if self._request.on_missing == "fail" and (head.missing or Reason.MISSING in reasons):
            yield f"completed without {head.missing}, {head.unreadable}"
        if self._request.on_unreadable == "fail" and reasons - {Reason.MISSING}:
            yield f"completed without {head.unreadable}"
        told = [(label, Reason.MISSING, False) for label in head.missing]
        told += [(one.file, Reason(one.reason), True) for one in head.unreadable]
        if len({*head.missing}) < len(head.missing):
            yield f"missing has repeats: {head.missing}"
        for label, why, is_beside in told:
            if not any(
                why in asked.reasons(row, self._files, self._window)
                for row in self._rows
                if row.label == label and _may_be_told(row, why, is_beside=is_beside)
            ):
                yield f"{label} is left out: {why}, and that was never true"
        for row in self._rows:
            every = {why for label, why, _ in told if label == row.label}
            is_right = bool(every & asked.reasons(row, self._files, self._window))
            is_there = bool(self._of_row[row])
            if not (is_there or is_right or asked.may_be_absent(row, self._files, self._window)):
                yield f"{row} is neither there nor left out"


def _may_be_told(row: Row, why: Reason, *, is_beside: bool) -> bool:
    """Whether a row may be told as left out: as missing, or beside what is missing."""
    if why is Reason.MISSING:
        return not row.is_listed and is_beside is (row.version is not None)
    return is_beside


def _is_beside(name: str, counts: Counter[str]) -> bool:
    """Whether another name is a folder of this one, or this one of another."""
    own = name.casefold()
    return any(own.startswith(f"{one}/") or one.startswith(f"{own}/") for one in counts)


def _name(entry: Entry) -> str:
    return entry.name


def _planned(bucket: Bucket, job: Job, index: plans.Index) -> list[Entry]:
    """Returns every entry of the plan once, in archive order."""
    found: dict[int, Entry] = {}
    for number in range(len(index.segments)):
        of = plans.load_slice(bucket, job.home, index, number)
        # An entry that is in two segments is in both slices.
        found |= dict(enumerate(of.entries, of.first_entry))
    return [found[i] for i in sorted(found)]


def _entries(planned: list[Entry], made: Volumes, etags: dict[str, set[str]]) -> list[Entry]:
    """Returns the entries of the plan, with those of packed files in the place of their runs. What
    a plan says of packed files is not looked at: the manifest says it too."""
    own = [replace(entry, etag="") if entry.copy else entry for entry in planned]
    if not any(entry.packed for entry in planned):
        return own
    plain = {entry.name: entry for entry in own if not entry.packed}
    return [
        plain.get(row["name"]) or _packed(row, etags.get(row["name"], set()))
        for row in made.manifest["files"]
    ]


def _packed(row: dict[str, Any], etags: set[str]) -> Entry:
    return Entry(
        row["name"],
        row["key"],
        etag=etags.pop() if len(etags) == 1 else "",
        size=row["size"],
        crc32=None,
        modified=0,
        version=row.get("versionId"),
        encoding=row.get("contentEncoding"),
        copy="a pack",
    )


def _etags(objects: Mapping[str, Stored], planned: list[Entry]) -> dict[str, set[str]]:
    """Returns the ETags that packed files had, by name, in the lists of what was to be packed. One
    pack alone has no list. A file that was copied aside has an empty ETag: its copy has another
    one."""
    found: dict[str, set[str]] = {}
    packings = {entry.packed.rows.rsplit("/", 1)[0] for entry in planned if entry.packed}
    for packing in packings:
        stored = objects.get(f"{packing}/packs")
        for part in gzips.members(stored.body) if stored else ():
            for name, _, etag, *_, copy, _, _ in json.loads(part):
                found.setdefault(name, set()).add("" if copy else etag)
    return found


def _wrong_manifest(
    made: Volumes, index: plans.Index, entries: list[Entry], job: Job
) -> Iterator[str]:
    manifest = made.manifest
    listed = [
        {
            "name": entry.name,
            "key": entry.key,
            "size": entry.size,
            "crc32": f"{zlib.crc32(held.content):08x}",
            **({"contentEncoding": entry.encoding} if entry.encoding else {}),
            **({"versionId": entry.version} if entry.version else {}),
            **({"archive": number} if len(made.each) > 1 else {}),
        }
        for entry, (number, held) in zip(entries, made.files, strict=True)
    ]
    if any(
        entry.size != len(held.content)
        for entry, (_, held) in zip(entries, made.files, strict=True)
    ):
        yield "files have other sizes than the manifest says"
    if manifest["files"] != listed or manifest["missing"] != list(index.head.missing):
        yield f"the manifest is {manifest}"
    skipped = [(file, Reason.MISSING) for file in index.head.missing]
    skipped += [(one.file, Reason(one.reason)) for one in index.head.unreadable]
    if [(one["file"], one["reason"]) for one in manifest["skipped"]] != skipped:
        yield f"the manifest says that it skips {manifest['skipped']} instead of {skipped}"
    if manifest["jobId"] != job.home:
        yield "the manifest is another job's"


def _wrongly_shared(world: "World", job: Job, request: ExportRequest) -> Iterator[str]:
    """Yields what is wrong with an archive that was built for another job."""
    if job.reused_from is None:
        return
    builder = to_job(world.table.items[job.reused_from])
    is_others = not builder.is_deleted and builder.user_id != job.user_id
    if is_others or builder.archive_key != job.archive_key or request.fresh:
        yield f"it has the archive of {builder.job_id}"
    if builder.expires_at != job.expires_at:
        yield f"its archive expires at {builder.expires_at}, and it at {job.expires_at}"
