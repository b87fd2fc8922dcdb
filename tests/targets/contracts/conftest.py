"""What Longhaul relies on, held against each service that stands for AWS's: the simulation's own in
memory, moto, and the emulator.

The marks `fake` and `emulator` choose among them.
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
    """Gives a service's client."""
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
    """A bucket, empty."""
    return made.bucket(client("s3"))


@pytest.fixture
def queues(client: Callable[[str], Any]) -> tuple[Bound, Bound]:
    return made.queue(client("sqs"))


@pytest.fixture
def queue(queues: tuple[Bound, Bound]) -> Bound:
    """A queue that hides messages for 30 s and gives them up after 2 receipts."""
    return queues[0]


@pytest.fixture
def dead_letters(queues: tuple[Bound, Bound]) -> Bound:
    """Its dead letters."""
    return queues[1]


@pytest.fixture
def table(client: Callable[[str], Any]) -> Bound:
    """A table as the stack has it, empty."""
    return made.table(client("dynamodb"))
