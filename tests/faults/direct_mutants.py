"""Bugs in what goes past the queue, and in the ETags that are kept. See mutants.py."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from chalicelib.jobs.model import Job
from chalicelib.pipeline import finishing, sending, steps
from chalicelib.pipeline.assembly import Upload
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.pipeline.planned import PlannedJob
from chalicelib.queue.direct import Direct
from chalicelib.queue.messages import Message
from chalicelib.services import Services
from tests.faults.source_mutants import Change


def no_net() -> Iterator[Change]:
    """Segments go to workers directly, and no `watch` is sent for them. The sweeper still saves the
    jobs."""
    yield sending, "_send_watch", lambda *_: None


def watched_once() -> Iterator[Change]:
    """`watch` looks only once at a job at which somebody is at work."""
    watch = sending.watch

    def once(job: Job, message: Message, services: Services) -> None:
        if services.now() - job.updated_at >= LEASE_SECONDS * 1000:
            watch(job, message, services)

    yield steps, "watch", once


def refusals_forgotten() -> Iterator[Change]:
    """What Lambda has not taken is not sent to the queue, and nothing watches."""
    send = Direct.send

    def forgotten(self: Direct, messages: Sequence[Message]) -> list[Message]:
        send(self, messages)
        return []

    yield Direct, "send", forgotten
    yield sending, "_send_watch", lambda *_: None


def older_etags_alone() -> Iterator[Change]:
    """An upload is completed by the ETags that were kept, also if a twin has uploaded a part again
    since then."""
    complete_upload = finishing.complete_upload

    def by_kept(
        planned: PlannedJob, upload: Upload, known: Sequence[str], expected: int, size: int
    ) -> None:
        if len(known) == expected:
            numbered = list(enumerate(known, start=1))
            upload.bucket.complete_upload(upload.key, upload.id, numbered)
        else:
            complete_upload(planned, upload, known, expected, size)

    yield finishing, "complete_upload", by_kept


DIRECT_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    no_net,
    watched_once,
    refusals_forgotten,
)
