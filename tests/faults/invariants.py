"""Checks what must be true when a run is over."""

from collections import Counter
from contextlib import suppress

from chalicelib.errors import NotFound
from chalicelib.http import exports
from chalicelib.http.calls import Call
from chalicelib.jobs import places
from chalicelib.jobs.items import to_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline.accepting import named_id
from tests.faults import announced_kept, asked, contents, days, failures, volumes
from tests.faults.deployed import ARCHIVE
from tests.faults.kinds import Kind
from tests.faults.wishes import USERS
from tests.faults.world import (
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
        world.spans.check(job, world.witness.last[job.job_id])
        if world.witness.taken[job.job_id] > job.changes and not world.faults.counts[Kind.DEPLOYED]:
            says(f"{job.job_id}: planned again for nothing that was counted")
    for url, queue in world.sqs.queues.items():
        if queue.messages:
            says(f"{len(queue.messages)} messages are left in {url}")
    if world.open_jobs():
        says(f"{world.open_jobs()} are counted as open jobs of their users")
    _check_homes(world, jobs)
    sizes = {
        job.job_id: asked.size(asked.rows(_request(world, job), world.files), world.files)
        for job in live
    }
    days.check(world, live, sizes, is_all=len(live) == len(jobs))
    _check_wishes(world, {job.job_id for job in jobs})
    _check_told(world, jobs)
    _check_leftovers(world, live)


def _check_deleted(world: World, job: Job, live: list[Job]) -> None:
    """Nobody sees a deleted job. Nothing is left of it but what a job has that is not deleted."""
    says = world.witness.says
    if not world.people.deletions:
        says(f"{job.job_id}: deleted, and nobody requested that")
    if job.short_request is not None:
        says(f"{job.job_id}: deleted, and its record has what was asked for")
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
    if contents.request_of(world, job, ARCHIVE) is None:
        world.witness.says(f"{job.job_id}: its request is lost")
        return
    for text in failures.wrong_changes(world, job, _request(world, job)):
        world.witness.says(f"{job.job_id}: {text}")
    if job.status is Status.COMPLETED:
        for text in contents.wrong(world, job, ARCHIVE):
            world.witness.says(f"{job.job_id}: {text}")
    elif job.status is Status.FAILED:
        for text in failures.wrong(world, job, _request(world, job)):
            world.witness.says(f"{job.job_id}: failed with {job.failure}: {text}")
    elif job.status is Status.CANCELLED and not world.people.cancels:
        world.witness.says(f"{job.job_id}: cancelled, and nobody requested that")


def _request(world: World, job: Job) -> ExportRequest:
    request = contents.request_of(world, job, ARCHIVE)
    assert request is not None, f"the request of {job.job_id} is lost"
    return request


def _check_homes(world: World, jobs: list[Job]) -> None:
    """No two jobs have built the same archive: only one job may take over an upload."""
    built = [job for job in jobs if job.status is Status.COMPLETED and not job.reused_from]
    for home, times in Counter(job.home for job in built).items():
        if times > 1:
            world.witness.says(f"{times} jobs have built the archive of {home}")


def _check_time(world: World, job: Job) -> None:
    few = world.faults.few
    begun = job.created_at if few else max(job.created_at, world.healed_at)
    took = world.witness.ended[job.job_id] - begun
    bound = TERMINAL_BOUND_OF_FEW if few else TERMINAL_BOUND
    bound += TURN * (len(world.witness.begun) + _packed(world))
    if job.packing and world.ground.restless:
        bound *= 2  # all files are packed again whenever one of them has changed
    if took > bound:
        world.witness.says(f"{job.job_id}: took {took / MINUTE:.0f} minutes")


def _packed(world: World) -> int:
    """Returns how many jobs had their files packed. Each of them is planned twice, and one slow
    worker makes some twenty packs in a few minutes."""
    items = world.table.items.items()
    return sum(to_job(item).packing > 0 for key, item in items if places.is_record(key))


def _check_wishes(world: World, job_ids: set[str]) -> None:
    for wish in world.people.wishes:
        if wish.jobs - job_ids:
            world.witness.says(f"an accepted job is not on record: {wish.jobs - job_ids}")
        if wish.key and wish.jobs - {named_id([wish.body["user_id"]], wish.key)}:
            world.witness.says(f"the key {wish.key} made {wish.jobs}")


def _check_told(world: World, jobs: list[Job]) -> None:
    """Everybody was told what they wanted to be told of, and nothing else."""
    asked: dict[str, set[str]] = {job.job_id: set() for job in jobs}
    for job in jobs:
        if not job.is_deleted and contents.request_of(world, job, ARCHIVE):
            notify = _request(world, job).notify
            named = (notify.url, notify.email) if notify else ()
            asked[job.job_id] |= {to for to in named if to}
    announced_kept.check(world.announced, jobs, asked)
    if world.due_announcements():
        world.witness.says(f"{world.due_announcements()} are left in the index of announcements")


def _check_leftovers(world: World, jobs: list[Job]) -> None:
    """Nothing is left in S3 that nobody can download."""
    for upload_id, upload in world.s3.uploads.items():
        world.witness.says(f"upload {upload_id} of {upload.key} is left over")
    completed = [job for job in jobs if job.status is Status.COMPLETED]
    archives = {key for job in completed for key in (*volumes.keys(job), *volumes.indexes(job))}
    for key in world.s3.objects[ARCHIVE]:
        is_of_work = any(part in key for part in ("/segment-", "/pack-", "/kept/"))
        if is_of_work or (key.startswith("archives/") and key not in archives):
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
