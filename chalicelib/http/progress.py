"""GET /v1/export/{jobId} and its events: how far a job is, and the wait for its next state.

docs/progress.md is the contract. It also says what waiting costs.
"""

import json
from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.archive.manifest import Skipped
from chalicelib.errors import Unavailable
from chalicelib.http import answers, events
from chalicelib.http.callers import base_url, unknown_job
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.etags import etag_of, matches
from chalicelib.http.exports import find_job
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.services import Services

AFTER_FAILURE_MS: Final = 5_000
"""When a watcher may come back if its job could not be read."""

MOVING_MS: Final = 10_000
"""A request does not wait for a job that has not moved for this long. If the queue is stuck, each
waiting request would keep a function busy, and the workers need these functions."""

ANSWER_MAX: Final = 3_000_000
"""The most characters of a status. Lambda takes answers of 6 MB, in which each quote and each
backslash counts twice: the status is a text within JSON.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks at a job. A key of DynamoDB takes 3,000 reads a second, so a job can
have that many watchers.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""


def status(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}. Raises NotFound."""
    job = find_job(call, services, job_id)
    base = base_url(call.context, services.settings)
    known = call.headers.get("if-none-match", "")
    headers = {"Cache-Control": "no-cache"}
    wait = min(asked_wait(call.headers.get("prefer", "")), services.settings.progress_hold_seconds)
    if wait:
        before = _notifications(call, job, services)

        def tag(seen: Job) -> str:
            content = answers.job_answer(
                seen, services.now(), base, seen.missing or (), seen.unreadable or ()
            )
            return etag_of(json.dumps(content | before))

        old = known or tag(job)
        job = _awaited(job, wait, lambda seen: not matches(old, tag(seen)), services)
        headers["Preference-Applied"] = f"wait={wait}"
    content, text = as_json(call, job, services)
    headers["ETag"] = etag_of(text)
    after = job.check_after
    if after is not None:
        headers["Retry-After"] = str(after)
    if matches(known, headers["ETag"]):
        return Reply(304, None, headers)
    return Reply(200, content, headers)


def as_json(call: Call, job: Job, services: Services) -> tuple[answers.Answer, str]:
    """Returns the answer that tells the caller of the job, and its text."""
    base, now = base_url(call.context, services.settings), services.now()
    told = _notifications(call, job, services)
    content = answers.job_answer(job, now, base, *_left_out(job, now, services)) | told
    text = json.dumps(content)
    if len(text) > ANSWER_MAX:  # the manifest has the lists
        content = answers.job_answer(job, now, base, None, None) | told
        text = json.dumps(content)
    return content, text


def stream(call: Call, services: Services, job_id: str) -> Reply:
    """GET /v1/export/{jobId}/progress. Raises NotFound.

    EventSource comes back after a 200 or a lost connection, and never after any other status. So it
    is no error here if a job cannot be read just now.
    """
    seen = call.headers.get("last-event-id") or call.query.get("lastEventId")
    try:
        job = find_job(call, services, job_id)
    except Unavailable as error:
        services.log.warning("progress not read", jobId=job_id, reason=error.detail)
        return _told(None, AFTER_FAILURE_MS, "the job cannot be read just now")
    if services.now() - job.updated_at < MOVING_MS:
        hold = services.settings.progress_hold_seconds
        job = _awaited(job, hold, lambda j: answers.state_id(j, services.now()) != seen, services)
    now = services.now()
    state = answers.state_id(job, now)
    longest = services.settings.progress_retry_seconds * 1000
    retry_ms = answers.reconnect_after(job, now, longest)
    if state != seen:
        base = base_url(call.context, services.settings)
        content = answers.job_answer(job, now, base, job.missing, job.unreadable)
        data = json.dumps(content, ensure_ascii=False)
        return _told(events.Event(state, job.status_at(now), data), retry_ms)
    if job.status in OPEN:
        return _told(None, retry_ms, "nothing new")
    return Reply(204, None, uncached())


def asked_wait(prefer: str) -> int:
    """Returns the seconds that the header Prefer asks to wait. 0 if it asks for no wait, or cannot
    be read: a preference is never refused (RFC 7240, section 2)."""
    if not prefer:
        return 0
    from urllib.request import parse_http_list

    for preference in parse_http_list(prefer):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":  # only the first one counts
            seconds = value.strip().strip('"')
            return int(seconds[:9]) if seconds.isascii() and seconds.isdigit() else 0
    return 0


def pauses(seconds: float) -> Iterator[float]:
    """Yields the pauses between two looks, `seconds` in all. Short ones come first, because most
    changes come soon."""
    pause = _FIRST_PAUSE
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(pause * 2, _LONGEST_PAUSE)


def _awaited(job: Job, seconds: int, is_news: Callable[[Job], bool], services: Services) -> Job:
    """Returns the job when it is news, when it has ended, or after that many seconds. Raises
    NotFound if it was deleted meanwhile."""
    deadline = services.now() + seconds * 1000
    for pause in pauses(seconds):
        # Looks take time too. And if the clock is set back, the pauses still come to an end.
        if job.status not in OPEN or is_news(job) or services.now() >= deadline:
            break
        services.pause(pause)
        try:
            job = services.jobs.get(job.job_id) or job
        except Unavailable:
            break  # the job as it was last seen is an answer too
        if job.is_deleted:
            raise unknown_job(job.job_id)
    return job


def _told(event: events.Event | None, retry_ms: int, comment: str = "") -> Reply:
    text = events.stream(event, retry_ms, comment)
    return Reply(200, None, {"Content-Type": events.CONTENT_TYPE, **uncached()}, text)


def _notifications(call: Call, job: Job, services: Services) -> answers.Answer:
    """Returns who is told of the job's end, if anybody is, and if the caller may know."""
    if call.caller.reads_only or not job.has_notices:
        return {}
    from chalicelib.http import notifications

    return {"notifications": notifications.of_job(job, services)}


def _left_out(
    job: Job, now: int, services: Services
) -> tuple[tuple[int | str, ...], tuple[Skipped, ...]]:
    """Returns the whole lists of the files that are missing, and of those that cannot be read. If
    the record has no room for a list, it is stored with the plan, and is gone with the plan when
    the archive expires."""
    missing, unreadable = job.missing, job.unreadable
    is_stored = missing is None or unreadable is None
    if is_stored and job.plan and job.status_at(now) is Status.COMPLETED:
        from chalicelib.pipeline import plans  # 5 ms of a cold start, for a few jobs

        stored = services.archive, job.home, job.plan.digest
        missing = plans.missing(*stored) if missing is None else missing
        unreadable = plans.unreadable(*stored) if unreadable is None else unreadable
    return missing or (), unreadable or ()
