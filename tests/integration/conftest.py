"""What the integration tests share: the real code on an in-process AWS (moto)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

import app as app_module
from chalicelib import aws
from chalicelib.archive import layout
from chalicelib.pipeline.collaborators import Collaborators, collaborators
from chalicelib.settings import settings
from tests.integration import cloud, wire
from tests.integration.stack import MIB, UNIT, Clock, Stack
from tests.integration.wire import MotoWire, Requests, listening


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Lambda's environment. The clients, which are dear to make, are made once for it."""
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
    return Clock()


@pytest.fixture
def stack(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A fresh stack, which the app's routes and handlers work with too."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        cloud.create()
        settings.cache_clear()
        collaborators.cache_clear()
        configured = _on_moto(collaborators(), clock)
        monkeypatch.setattr(app_module, "collaborators", lambda: configured)
        yield Stack(configured, clock)
    settings.cache_clear()
    collaborators.cache_clear()


@pytest.fixture
def requests(stack: Stack) -> Iterator[Requests]:
    """Records what is asked of AWS from here on."""
    requests = Requests()
    with listening(requests):
        yield requests


@pytest.fixture
def small_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same layout at 1/64, for tests of steps, which do not care how large a part is: a UNIT
    stands for a MiB."""
    for name in ("MIN_PART", "STREAM_PART", "COPY_PART", "COPY_MIN"):
        monkeypatch.setattr(layout, name, getattr(layout, name) // (MIB // UNIT))
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", layout.MIN_PART)


@pytest.fixture
def small_segments(small_layout: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small layout with each part a segment of its own."""
    monkeypatch.setattr(layout, "SEGMENT_SECONDS", 0.0001)


def _on_moto(made: Collaborators, clock: Clock) -> Collaborators:
    assert made.source.fast is not None
    wire: Any = MotoWire()
    fast = replace(made.source.fast, wire=wire)
    return replace(
        made,
        source=replace(made.source, fast=fast),
        archive=replace(made.archive, fast=fast),
        now=clock,
        pause=clock.pause,
    )


def _forget_clients() -> None:
    for made in (
        aws._session,
        aws.s3,
        aws.s3_fast_path,
        aws.s3_for_links,
        aws.dynamodb,
        aws.sqs,
    ):
        made.cache_clear()
