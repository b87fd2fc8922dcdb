"""What Longhaul relies on, tested on each service that stands for AWS.

These are the services in memory of the simulation, moto, and the emulator. The marks `fake` and
`emulator` select them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from moto import mock_aws

from tests.targets.contracts import made
from tests.targets.contracts.bound import Bound


@pytest.fixture(
    params=[
        pytest.param("memory", marks=pytest.mark.fake),
        pytest.param("moto", marks=pytest.mark.fake),
        pytest.param("emulator", marks=pytest.mark.emulator),
    ]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Any]]:
    """A function that returns the client of a service."""
    if kind == "memory":
        yield made.memory
    elif kind == "emulator":
        yield partial(made.emulator, cloud=request.getfixturevalue("cloud"))
    else:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        with mock_aws():
            yield made.moto


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Bound:
    """An empty bucket."""
    return made.bucket(client("s3"))


@pytest.fixture
def queues(client: Callable[[str], Any]) -> tuple[Bound, Bound]:
    return made.queue(client("sqs"))


@pytest.fixture
def queue(queues: tuple[Bound, Bound]) -> Bound:
    """A queue that hides received messages for 30 s. After 2 receives they are dead letters."""
    return queues[0]


@pytest.fixture
def dead_letters(queues: tuple[Bound, Bound]) -> Bound:
    """The queue for its dead letters."""
    return queues[1]


@pytest.fixture
def table(client: Callable[[str], Any]) -> Bound:
    """An empty table, like that of the stack."""
    return made.table(client("dynamodb"))
