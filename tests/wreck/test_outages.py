"""Services fail for a while, and all jobs still complete."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import product

import pytest

from tests.e2e.api import Api
from tests.wreck import failures
from tests.wreck.asked import SERVICES, Service
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Flock, Jobs
from tests.wreck.proxy import Fault
from tests.wreck.report import Record

OUTAGE_SECONDS = 60
RECOVERED_SECONDS = 180

_EACH_SECONDS = 8


def failing(rigged: Rigged, services: Iterable[Service], failure: Fault, seconds: float) -> None:
    """Makes the services fail for this time."""
    with ExitStack() as outage:
        for service in services:
            outage.enter_context(rigged.proxies[service].failing(failure))
        time.sleep(seconds)  # how long the outage is


def pause(process: int, seconds: float) -> None:
    """Stops the process for this time."""
    os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(seconds)  # how long it is stopped
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.fixture
def flock(rigged: Rigged, jobs: Jobs) -> Flock:
    """Jobs that have started, on services that are slow."""
    flock = jobs.flock()
    with ExitStack() as outage:
        for service in SERVICES:
            outage.enter_context(rigged.proxies[service].failing(failures.slow))
        flock.start()
        time.sleep(_EACH_SECONDS)  # how long they are slow
    return flock


def test_jobs_survive_a_minute_in_which_all_services_fail_in_all_ways(
    rigged: Rigged, flock: Flock, record: Record
) -> None:
    for failure in failures.FAILURES:
        failing(rigged, SERVICES, failure, _EACH_SECONDS)

    record("after a bad minute", flock.seconds(RECOVERED_SECONDS))
    flock.check()


def test_the_api_answers_503_in_time_if_a_service_never_answers(rigged: Rigged, api: Api) -> None:
    with ExitStack() as outage:
        for service in SERVICES:
            outage.enter_context(rigged.proxies[service].failing(failures.black_hole))
        answer = api.post("/v1/export", {"file_ids": [10001]})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "urn:problem-type:longhaul:unavailable"


@pytest.mark.long
@pytest.mark.parametrize(
    ("service", "failure"), list(product(SERVICES, failures.FAILURES)), ids=failures.name_of
)
def test_jobs_survive_the_outage_of_a_service(
    rigged: Rigged, flock: Flock, record: Record, *, service: Service, failure: Fault
) -> None:
    failing(rigged, [service], failure, OUTAGE_SECONDS)

    about = f"after {service}: {failures.name_of(failure)}"
    record(about, flock.seconds(RECOVERED_SECONDS))
    flock.check()


@pytest.mark.long
def test_jobs_survive_a_minute_in_which_the_emulator_is_stopped(
    rigged: Rigged, flock: Flock, record: Record
) -> None:
    pause(rigged.emulator, OUTAGE_SECONDS)

    record("after a pause of the emulator", flock.seconds(RECOVERED_SECONDS))
    flock.check()
