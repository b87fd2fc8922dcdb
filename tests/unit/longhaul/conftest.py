"""A client of a stub, and pauses that take no time."""

import sys
from collections.abc import Iterator

import pytest

from longhaul import Client, retries
from longhaul.cli import inforce
from tests.unit.longhaul.stub import Stub, serving

NOWHERE = "http://127.0.0.1:1/local"
"""Where no stack of this machine is."""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as server:
        yield server


@pytest.fixture
def client(stub: Stub) -> Iterator[Client]:
    with Client(stub.url) as opened:
        yield opened


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of the client, in seconds. None of them takes any time."""
    made: list[float] = []
    monkeypatch.setattr(retries, "_sleep", made.append)
    return made


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Unsets the variables that this machine may have set. Nobody is signed in, and there is no
    keyring: a test must not open that of this machine."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(inforce, "LOCAL_URL", NOWHERE)
    for name in ("URL", "USER", "TOKEN", "PROFILE"):
        monkeypatch.delenv(f"LONGHAUL_{name}", raising=False)
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
