"""Bugs about what is told of jobs, and to whom. mutants.py plants them."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any, Final
from uuid import UUID

from chalicelib.announcing import bus, delivery, events, outcomes
from chalicelib.announcing.outcomes import NotDelivered
from chalicelib.errors import LonghaulError
from chalicelib.jobs import store
from chalicelib.jobs.attributes import Item
from chalicelib.jobs.model import Job, PlanRef, Progress
from chalicelib.jobs.notices import Notice, NoticeStore, State
from chalicelib.jobs.states import Status
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline import endings, sweeper
from chalicelib.services import Services
from chalicelib.settings import JobEvent
from tests.faults.source_mutants import Change


def told_before_the_notices_are_claimed() -> Iterator[Change]:
    """The record says that all is told before the notices are claimed. After a crash in between,
    nobody sends them, if the message is lost too."""
    bus_tell = bus.tell

    def tell(job: Job, services: Services) -> None:
        bus_tell(job, services)
        if job.untold:
            services.jobs.told(job)

    yield bus, "tell", tell


def announcements_not_swept() -> Iterator[Change]:
    """A step `announce` that was lost is not sent again."""
    yield sweeper, "_announce_due", lambda *_: None


def outcome_written_before_the_try() -> Iterator[Change]:
    """A notice counts as sent before it is."""
    send = delivery.send

    def first_written(job: Job, mine: tuple[Notice, ...], base: str, services: Services) -> None:
        for notice in mine:
            delivery._keep(job, notice, outcomes.sent(notice), services)
        send(job, mine, base, services)

    yield delivery, "send", first_written


def event_id_by_chance() -> Iterator[Change]:
    """An event that is told twice has two ids."""
    numbers = count()
    yield events, "event_id", lambda *_: str(UUID(int=next(numbers)))


def end_written_alone() -> Iterator[Change]:
    """The write that ends a job does not say that this is untold: a second one does."""
    untold, ended = JobStore._untold, endings._ended

    def without_an_end(self: JobStore, event: JobEvent, now: int) -> Item:
        return {} if event == "ended" else untold(self, event, now)

    def later(services: Services, job: Job | None) -> Job | None:
        if job:
            values = untold(services.jobs, "ended", job.updated_at)
            condition = "attribute_exists(jobId)"
            services.jobs.table.change(job.job_id, "say so", values, condition=condition)
        return ended(services, job)

    yield JobStore, "_untold", without_an_end
    yield endings, "_ended", later


def end_told_before_it_is_written() -> Iterator[Change]:
    """The bus is told of an end that nobody can read yet, and that may not come."""
    complete = endings.complete

    def told_first(
        services: Services,
        job: Job,
        plan: PlanRef,
        done: Progress,
        *,
        expires_at: int,
        wake_at: int,
    ) -> Job | None:
        end = dataclasses.replace(job, status=Status.COMPLETED, untold=(("ended", services.now()),))
        with suppress(LonghaulError):
            bus.tell(end, services)
        return complete(services, job, plan, done, expires_at=expires_at, wake_at=wake_at)

    yield endings, "complete", told_first


def notices_of_an_open_job_sent() -> Iterator[Change]:
    """Notices are sent whenever anything is announced of a job."""
    yield delivery, "OPEN", frozenset()


def claim_without_an_end() -> Iterator[Change]:
    """A notice that was claimed by an announcer that died is nobody's."""

    def claimed(known: tuple[Notice, ...], now: int) -> tuple[Notice, ...]:
        mine = outcomes.claimed(known, now)
        return tuple(
            dataclasses.replace(one, next_at=None) if one not in known else one for one in mine
        )

    yield delivery, "claimed", claimed


def notices_of_a_deleted_job_sent() -> Iterator[Change]:
    """A deleted job still has its notices, and whoever waits for them is told."""
    kept = tuple(name for name in store._OF_THE_USER if name != "notices")
    yield store, "_OF_THE_USER", kept
    yield NoticeStore, "forget", lambda *_: None


def user_of_a_deleted_job_told() -> Iterator[Change]:
    """Whoever announces a job remembers its user."""
    users: dict[str, str] = {}
    create, tell = JobStore.create, bus.tell

    def remembered(self: JobStore, job: Job, **more: Any) -> bool:
        users[job.job_id] = job.user_id
        return create(self, job, **more)

    def told(job: Job, services: Services) -> None:
        tell(dataclasses.replace(job, user_id=users[job.job_id]), services)

    yield JobStore, "create", remembered
    yield bus, "tell", told


def failed_claim_forgotten() -> Iterator[Change]:
    """If the notices cannot be claimed, the record says that all is told, and nobody sends them."""
    claim = delivery.claim

    def perhaps(job: Job, services: Services) -> tuple[str, tuple[Notice, ...]]:
        try:
            return claim(job, services)
        except LonghaulError:
            return "", ()

    yield delivery, "claim", perhaps


def refused_event_forgotten() -> Iterator[Change]:
    """An event that the bus has refused counts as told."""
    tell = bus.tell

    def not_told(job: Job, services: Services) -> None:
        with suppress(LonghaulError):
            tell(job, services)

    yield bus, "tell", not_told


def gone_receiver_told_again() -> Iterator[Change]:
    """A receiver that wants no more is tried again like any other."""

    def not_sent(tried: Notice, error: NotDelivered, now: int, random: Random) -> Notice:
        again = NotDelivered(error.reason, state=State.RETRYING, retry_after=error.retry_after)
        return outcomes.not_sent(tried, again, now, random)

    yield delivery, "not_sent", not_sent


ANNOUNCING_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    failed_claim_forgotten,
    announcements_not_swept,
    outcome_written_before_the_try,
    event_id_by_chance,
    end_written_alone,
    end_told_before_it_is_written,
    notices_of_an_open_job_sent,
    claim_without_an_end,
    notices_of_a_deleted_job_sent,
    user_of_a_deleted_job_told,
    refused_event_forgotten,
    gone_receiver_told_again,
)
