"""Starts the real host mode. It is slow, and needs what docs/localstack.md says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.localstack import host, install
from tests.localstack.deployment import Eventually, Family, Stack, deploy
from tests.waiting import wait_for

_PAUSE_SECONDS = 0.1


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "localstack: starts LocalStack on the host, and is slow")


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    def wait(look: Callable[[], Any], *, within: float) -> Any:
        return wait_for(look, within, "what the test looks for", pause=_PAUSE_SECONDS)

    return wait


@pytest.fixture(scope="session")
def root() -> Path:
    """The directory where LocalStack is installed, for all tests together."""
    install.ensure_installed(install.default_root())
    return install.default_root()


@pytest.fixture(scope="session")
def family() -> Family:
    """Looks up what runs for the LocalStack of a directory: itself, its database, its functions."""

    def look(state: Path) -> list[str]:
        return [
            " ".join(process.info["cmdline"] or [])
            for process in psutil.process_iter(["cmdline", "environ", "status"])
            if process.info["status"] != psutil.STATUS_ZOMBIE
            and str(state) in (process.info["environ"] or {}).get("TMPDIR", "")
        ]

    return look


@pytest.fixture(scope="session")
def stack(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("host-mode")
    endpoint = host.start(root, state)
    try:
        yield Stack(endpoint, deploy(endpoint, "create", setting="first"))
    finally:
        host.stop(state)


@pytest.fixture
def redeploy(stack: Stack) -> Callable[[str], dict[str, str]]:
    """Updates the stack with another setting."""
    return lambda setting: deploy(stack.endpoint, "update", setting=setting)
