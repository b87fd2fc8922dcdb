"""What `make template` writes, once for all tests, and a MiniStack to deploy it to.

Its code is for this machine's processors, as an emulator runs the functions here.
"""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import ministack, parameters, publish, targets
from infra.targets import LOCAL_KEY, LOCAL_REGION, Target

MACHINE = parameters.architecture(platform.machine())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make template` has written."""
    folder = tmp_path_factory.mktemp("written") / "template"
    publish.write(folder, {"ARCHITECTURE": MACHINE})
    return folder


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A MiniStack of its own."""
    state = tmp_path_factory.mktemp("ministack")
    yield targets.named("ministack").at(ministack.start(state))
    ministack.stop(state)


@pytest.fixture(scope="session")
def variables(emulator: Target, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which every tool of AWS talks to the emulator."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": emulator.endpoint_url or "",
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def locally(emulator: Target) -> dict[str, str]:
    """The parameters that only an emulator needs: without them, it would be taken for AWS."""
    return {
        "PublicEndpointUrl": emulator.endpoint_url or "",
        "ApiUrlTemplate": emulator.api_url_template,
        "DeletionProtection": "false",
    }
