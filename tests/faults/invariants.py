"""Checks what must be true when a run is over."""

import io
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.archive.plan import Entry
from chalicelib.errors import NotFound
from chalicelib.http import exports
from chalicelib.http.calls import Call
from chalicelib.jobs import places
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline import plans
from chalicelib.pipeline.accepting import named_id
from chalicelib.s3.bucket import Bucket
from tests.faults import days
from tests.faults.kinds import Kind
from tests.faults.people import USERS
from tests.faults.world import (
    ARCHIVE,
    MINUTE,
    TERMINAL_BOUND,
    TERMINAL_BOUND_OF_FEW,
    TURN,
    World,
)


def check(world: World, *, in_time: bool = True) -> None:
    """Reports what is not true to the world's witness. With `in_time`, no job may take long."""
    says = world.witness.says
    jobs = [to_job(item) for key, item in world.table.items.items() if places.is_record(key)]
    live = [job for job in jobs if not job.is_deleted]
    for job in jobs:
        if job.status in OPEN:
            says(f"{job.job_id}: still {job.status}, {job.stage}")
            continue
        if job.is_deleted:
            _check_deleted(world, job, live)
        else:
            _check_ended(world, job)
        if in_time:
            _check_time(world, job)
    for url, queue in world.sqs.queues.items():
        if queue.messages:
            says(f"{len(queue.messages)} messages are left in {url}")
    if world.open_jobs():
        says(f"{world.open_jobs()} are counted as open jobs of their users")
    _check_homes(world, jobs)
    sizes = {job.job_id: _size(world, job) for job in live}
    days.check(world, live, sizes, is_all=len(live) == len(jobs))
    _check_wishes(world, {job.job_id for job in jobs})
    _check_leftovers(world, live)


def _check_deleted(world: World, job: Job, live: list[Job]) -> None:
    """Nobody sees a deleted job. Nothing is left of it but what a job has that is not deleted."""
    says = world.witness.says
    if not world.people.deletions:
        says(f"{job.job_id}: deleted, and nobody requested that")
    with suppress(NotFound):
        exports.find_job(Call({}, {}, {}, b""), world.services, job.job_id)
        says(f"{job.job_id}: deleted, and somebody sees it")
    for user_id in USERS:
        page = world.services.user_jobs.page(user_id, exports.LIMIT_MAX)
        if any(job.job_id == listed.job_id for listed in page.jobs):
            says(f"{job.job_id}: deleted, and in the list of {user_id}")
    if job.wake_at is not None:
        return  # what others have may be left until the archive expires
    homes = {job.home for job in live}
    folder = places.folder(job.job_id)
    for key in world.s3.objects[ARCHIVE]:
        if key.startswith(folder) and (places.is_request(key) or job.job_id not in homes):
            says(f"{key} is left of a deleted job")
    for key, item in world.table.items.items():
        is_beside = key.startswith(f"{job.job_id}/")
        # A DELETE that comes again at the last moment says once more that the owner is gone.
        is_empty = item.keys() <= {"jobId", "ttl", "ownerGone"}
        if is_beside and job.job_id not in homes and not is_empty:
            says(f"{key} is left of a deleted job: {item}")


def _check_ended(world: World, job: Job) -> None:
    if job.request_key not in world.s3.objects[ARCHIVE]:
        world.witness.says(f"{job.job_id}: its request is lost")
        return
    if job.status is Status.COMPLETED:
        for text in _wrong_archive(world, job):
            world.witness.says(f"{job.job_id}: {text}")
    elif job.status is Status.FAILED:
        _check_failure(world, job)
    elif job.status is Status.CANCELLED and not world.people.cancels:
        world.witness.says(f"{job.job_id}: cancelled, and nobody requested that")


def _unzipped(body: bytes) -> dict[str, bytes]:
    """Returns the name and the content of each entry, in order. A broken archive has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, OSError):
        return {}


def _planned(bucket: Bucket, job: Job, index: plans.Index) -> list[Entry]:
    """Returns every entry of the plan once, in archive order."""
    found: dict[int, Entry] = {}
    for number in range(len(index.segments)):
        of = plans.load_slice(bucket, job.home, index, number)
        # An entry that is in two segments is in both slices.
        found |= dict(enumerate(of.entries, of.first_entry))
    return [found[i] for i in sorted(found)]


def _wrong_archive(world: World, job: Job) -> Iterator[str]:
    """Yields what is wrong with the archive of a completed job."""
    stored = world.s3.objects[ARCHIVE].get(job.archive_key)
    if stored is None or job.plan is None:
        yield "completed, and there is no archive"
        return
    bucket = world.s3.bucket(ARCHIVE)
    request = ExportRequest.from_json(world.s3.objects[ARCHIVE][job.request_key].body)
    written = json.loads(world.s3.objects[ARCHIVE][places.index(job.home, job.plan.digest)].body)
    index = plans.load(bucket, job.home, job.plan.digest, version=written["version"])
    entries = _planned(bucket, job, index)
    asked = _asked(world, request)
    missing = list(index.head.missing)
    asked_for: set[int | str] = set() if request.prefix is not None else set(missing)
    there = {entry.key: entry.etag for entry in entries}
    if len(asked_for) < len(missing) or not _split(world, job, asked, there, asked_for):
        yield f"asked for {asked}, has {[entry.key for entry in entries]}, missing {missing}"
    contents = _unzipped(stored.body)
    names = [entry.name for entry in entries]
    ours = "manifest (2).json" if "manifest.json" in names else "manifest.json"
    if list(contents) != [*names, ours]:
        yield f"holds {list(contents)} instead of {names}"
        return
    for entry in entries:
        if contents[entry.name] != world.files.content(entry.key, entry.etag):
            yield f"{entry.name} does not have the bytes of {entry.key}, {entry.etag}"
    manifest = json.loads(contents[ours])
    listed = [
        {
            "name": entry.name,
            "key": entry.key,
            "size": entry.size,
            "crc32": f"{zlib.crc32(contents[entry.name]):08x}",
        }
        for entry in entries
    ]
    if manifest["files"] != listed or manifest["missing"] != missing:
        yield f"the manifest is {manifest}"
    if manifest["jobId"] != job.home:
        yield "the manifest is another job's"
    yield from _wrongly_shared(world, job)
    counted = (job.files_done, job.total_files, job.bytes_done, job.bytes_total, job.missing_count)
    right = (len(entries), len(entries) + len(missing), *[len(stored.body)] * 2, len(missing))
    if counted != right:
        yield f"its counters are {counted} instead of {right}"
    if job.missing is not None and list(job.missing) != missing:
        yield f"missing is {job.missing} instead of {missing}"


def _asked(world: World, request: ExportRequest) -> dict[str, int | str]:
    """Returns the keys that a request means, and how it names each."""
    if request.file_ids:
        return {f"downloads/{file_id}": file_id for file_id in request.file_ids}
    if request.keys:
        return {key: key for key in request.keys}
    return {key: key for key in world.files.versions if key.startswith(request.prefix or "")}


def _size(world: World, job: Job) -> int:
    """Returns the bytes of the files that the job asks for, as they were put last."""
    request = ExportRequest.from_json(world.s3.objects[ARCHIVE][job.request_key].body)
    versions = world.files.versions
    return sum(len(versions[key][-1][1]) for key in _asked(world, request) if key in versions)


def _split(
    world: World,
    job: Job,
    asked: dict[str, int | str],
    there: dict[str, str],
    missing: set[int | str],
) -> bool:
    """Whether each requested file is in the archive or missing, as was true at some time while the
    job was open. Files that are missing under a prefix are not listed."""
    time = _time(world, job)
    for key, name in asked.items():
        mark = key.endswith("/")  # a folder mark is left out while it has no bytes
        if key in there and name in missing:
            return False
        if not world.files.was(key, there.get(key), *time) and not mark:
            return False
    return there.keys() <= asked.keys() and missing <= set(asked.values())


def _check_homes(world: World, jobs: list[Job]) -> None:
    """No two jobs have built the same archive: only one job may take over an upload."""
    built = [job for job in jobs if job.status is Status.COMPLETED and not job.reused_from]
    for home, times in Counter(job.home for job in built).items():
        if times > 1:
            world.witness.says(f"{times} jobs have built the archive of {home}")


def _wrongly_shared(world: World, job: Job) -> Iterator[str]:
    """Yields what is wrong with an archive that was built for another job."""
    if job.reused_from is None:
        return
    builder = to_job(world.table.items[job.reused_from])
    asked = ExportRequest.from_json(world.s3.objects[ARCHIVE][job.request_key].body)
    is_others = not builder.is_deleted and builder.user_id != job.user_id
    if is_others or builder.archive_key != job.archive_key or asked.fresh:
        yield f"it has the archive of {builder.job_id}"
    if builder.expires_at != job.expires_at:
        yield f"its archive expires at {builder.expires_at}, and it at {job.expires_at}"


def _time(world: World, job: Job) -> tuple[int, int]:
    """Returns when the job was written, and when it ended."""
    return world.witness.begun[job.job_id], world.witness.ended[job.job_id]


def _check_time(world: World, job: Job) -> None:
    few = world.faults.few
    begun = job.created_at if few else max(job.created_at, world.healed_at)
    took = world.witness.ended[job.job_id] - begun
    bound = TERMINAL_BOUND_OF_FEW if few else TERMINAL_BOUND
    bound += TURN * len(world.witness.begun)
    if took > bound:
        world.witness.says(f"{job.job_id}: took {took / MINUTE:.0f} minutes")


def _check_failure(world: World, job: Job) -> None:
    """A job may fail only for a reason that there was in this run."""
    failure = job.failure
    said = f"{job.job_id}: failed with {failure}"
    if failure is None:
        world.witness.says(said)
        return
    changed, counts = world.files.changed, world.faults.counts
    request = ExportRequest.from_json(world.s3.objects[ARCHIVE][job.request_key].body)
    reasons = {
        "source-missing": True,
        "nothing-to-export": changed or all(key.endswith("/") for key in _asked(world, request)),
        "source-changed": world.files.changed_between(*_time(world, job)),
        "access-denied": counts[Kind.DENIED] > 0,
        "quota-exceeded": days.did_not_fit(world, job, _size(world, job)),
        "limit-exceeded": world.small.max_parts < 10_000,
        "given-up": (not world.faults.few or counts[Kind.TAMPERED] > 0)
        and ("given up" in failure.detail or "several tries" in failure.detail),
    }
    if not reasons.get(failure.slug) or "internal error" in failure.detail:
        world.witness.says(f"{said} after {dict(counts)}")


def _check_wishes(world: World, job_ids: set[str]) -> None:
    for wish in world.people.wishes:
        if wish.jobs - job_ids:
            world.witness.says(f"an accepted job is not on record: {wish.jobs - job_ids}")
        if wish.key and wish.jobs - {named_id([wish.body["user_id"]], wish.key)}:
            world.witness.says(f"the key {wish.key} made {wish.jobs}")


def _check_leftovers(world: World, jobs: list[Job]) -> None:
    """Nothing is left in S3 that nobody can download."""
    for upload_id, upload in world.s3.uploads.items():
        world.witness.says(f"upload {upload_id} of {upload.key} is left over")
    archives = {job.archive_key for job in jobs if job.status is Status.COMPLETED}
    for key in world.s3.objects[ARCHIVE]:
        if places.is_segment(key) or (key.startswith("archives/") and key not in archives):
            world.witness.says(f"{key} is left over")


def check_expired(world: World) -> None:
    """Checks what must be true when the archives have expired: of each job only the request is
    left, and of a deleted one nothing."""
    now = world.schedule.now
    jobs = {key: to_job(item) for key, item in world.table.items.items() if places.is_record(key)}
    live = [job for job in jobs.values() if not job.is_deleted]
    completed = [job for job in live if job.status is Status.COMPLETED]
    for job in jobs.values():
        if job.is_deleted:
            if job.wake_at is not None:
                world.witness.says(f"{job.job_id}: deleted, and due at {job.wake_at}")
            _check_deleted(world, job, live)
    for job in completed:
        if job.status_at(now) is not Status.EXPIRED or job.wake_at is not None:
            world.witness.says(f"{job.job_id}: {job.status_at(now)}, and due at {job.wake_at}")
        for key in world.s3.objects[ARCHIVE]:
            if (job.job_id in key or job.home in key) and not places.is_request(key):
                world.witness.says(f"{key} has outlived its time")
    _check_leftovers(world, [])
