"""Fixtures of the integration tests: the real code on an AWS in this process (moto)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

import app as app_module
from chalicelib import aws
from chalicelib.archive.scale import SCALE
from chalicelib.s3 import clients
from chalicelib.services import Services, services
from chalicelib.settings import settings
from tests.clock import START, Clock
from tests.integration import cloud, wire
from tests.integration.changes import FILES
from tests.integration.gateway import cancel, export
from tests.integration.listeners import BOTH, Bus, Hooks, listen
from tests.integration.receiving import Receiver, announce
from tests.integration.stack import MIB, UNIT, Stack
from tests.integration.wire import MotoWire, Requests, listening


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Lambda's environment. The clients take long to make, so all tests share them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in cloud.UNSET:
            patch.delenv(name, raising=False)
        for name, value in cloud.ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr(BotocoreStubber, "process_request", wire.process)
        _forget_clients()
        yield
    _forget_clients()


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def stack(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A new stack. The app's routes and handlers work with it too."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        cloud.create()
        settings.cache_clear()
        services.cache_clear()
        stack = Stack(_on_moto(services(), clock), clock)
        monkeypatch.setattr(app_module, "services", lambda: stack.services)
        monkeypatch.setattr(app_module, "now_us", lambda: clock() * 1000)
        yield stack
    settings.cache_clear()
    services.cache_clear()


@pytest.fixture
def requests(stack: Stack) -> Iterator[Requests]:
    """Records every request to AWS from here on."""
    requests = Requests()
    with listening(requests):
        yield requests


@pytest.fixture
def receiver(stack: Stack) -> Receiver:
    """A stack that may tell some hosts and addresses. The receiver takes all webhooks."""
    client: Any = aws.secrets_manager()
    client.create_secret(
        Name="longhaul/webhooks", SecretString='{"1": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}'
    )
    stack.services.webhook_keys.secret = "longhaul/webhooks"
    stack.configure(
        webhook_hosts=("hooks.example.com", "alerts.example.com"),
        mail_from="longhaul@example.com",
        mail_to=("@example.org",),
    )
    receiver = Receiver()
    stack.services = replace(stack.services, outbound=receiver)
    return receiver


@pytest.fixture
def ended(stack: Stack, receiver: Receiver) -> str:
    """The id of a job that has ended, and that nobody is told of."""
    job_id = export(file_ids=[10001])
    cancel(job_id)
    announce(stack)
    return job_id


@pytest.fixture
def listeners(stack: Stack) -> tuple[Bus, Hooks]:
    """The stack tells a bus and the webhooks of a host."""
    return listen(stack)


@pytest.fixture
def bus(listeners: tuple[Bus, Hooks]) -> Bus:
    return listeners[0]


@pytest.fixture
def hooks(listeners: tuple[Bus, Hooks]) -> Hooks:
    return listeners[1]


@pytest.fixture
def untold(stack: Stack, bus: Bus) -> str:
    """The id of a job that has completed. Nobody was told yet."""
    stack.put_file("downloads/10001", b"one")
    job_id = export(**BOTH)
    assert stack.run_steps() == []
    assert stack.job(job_id).status == "completed"
    return job_id


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore retries at once."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


@pytest.fixture
def small_layout(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layout at 1/64: a UNIT stands for a MiB. It is for tests of steps, where the size of a
    part does not matter."""
    small = MIB // UNIT
    stack.lay_out_with(
        min_part=SCALE.min_part // small,
        stream_part=SCALE.stream_part // small,
        copy_part=SCALE.copy_part // small,
        copy_min=SCALE.copy_min // small,
    )
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", SCALE.min_part // small)


@pytest.fixture
def small_segments(stack: Stack, small_layout: None) -> None:
    """The small layout, with one part in each segment."""
    stack.lay_out_with(most_segment_seconds=0.0001)


@pytest.fixture
def aged(stack: Stack, small_layout: None) -> None:
    """The files of changes.py. They are older than any job."""
    stack.put_files(FILES)
    stack.age_files()


@pytest.fixture
def planned(stack: Stack, small_segments: None, aged: None) -> str:
    """The id of a planned job of these files, whose segments wait."""
    job_id = export(prefix="in/")
    stack.send(stack.planned())
    return job_id


def _on_moto(made: Services, clock: Clock) -> Services:
    """Returns the services with the test's time, and with moto behind the fast path too."""
    wire: Any = MotoWire()
    ours = made.source().fast
    fast = ours and replace(ours, wire=wire)
    return replace(
        made,
        sources={name: replace(one, fast=fast) for name, one in made.sources.items()},
        archive=replace(made.archive, fast=fast),
        now=clock,
        pause=clock.pause,
        checksums=replace(made.checksums, pause=clock.pause),
    )


def _forget_clients() -> None:
    for cached in (
        aws.session,
        clients.client,
        clients.fast,
        clients.for_links,
        aws.dynamodb,
        aws.sqs,
        aws.events,
        aws.ses,
        aws.secrets_manager,
        aws.ses,
    ):
        cached.cache_clear()
