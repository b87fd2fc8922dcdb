"""A bare emulator for all tests of this folder: where it does what AWS does, and where not.

TARGET says which emulator. A test asserts what AWS does. It is expected to fail if its row, in
docs/targets.md, says that the target differs.
"""

import os
from collections.abc import Iterator

import pytest

from infra import emulators, targets
from infra.localstack import ways
from tests.localstack.deployment import Stack, deploy
from tests.targets import ageing
from tests.targets.ageing import Aged
from tests.targets.cloud import Cloud
from tests.targets.rows import TARGETS, differences_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        service = _service_of(item)
        if how := differences_of(getattr(item, "function", None)).get(service):
            # On a target, another error is a new difference. moto itself raises some errors.
            errors = AssertionError if service in TARGETS else Exception
            item.add_marker(pytest.mark.xfail(reason=how, strict=True, raises=errors))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The emulator, which is empty."""
    name = _target_name()
    if name not in TARGETS:
        pytest.exit(f"TARGET={name}: these tests are for {' and '.join(TARGETS)}", 2)
    if name == "localstack" and ways.chosen().name != "host":
        pytest.skip("docs/targets.md describes LocalStack in host mode")
    target, state = targets.named(name), tmp_path_factory.mktemp(name)
    try:
        yield Cloud(emulators.started(target, state))
    finally:
        emulators.stop(target, state)


@pytest.fixture(scope="session")
def stack(cloud: Cloud) -> Stack:
    """A few functions on the emulator, and what calls them."""
    return Stack(cloud.endpoint, deploy(cloud.endpoint, "create", setting="first"))


@pytest.fixture(scope="session")
def aged(cloud: Cloud, stack: Stack) -> Aged:
    """What the emulator should delete by itself. Its schedule must be deployed by then too."""
    return ageing.age(cloud)


@pytest.fixture(scope="session", autouse=True)
def _early(request: pytest.FixtureRequest) -> None:
    """Starts what takes long before the other tests run."""
    if any("aged" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("aged")


def _service_of(item: pytest.Item) -> str:
    """Returns the service that a test runs on: the target, or the parameter of a contract test."""
    kind = item.callspec.params.get("kind") if hasattr(item, "callspec") else None
    return _target_name() if kind in (None, "emulator") else str(kind)


def _target_name() -> targets.TargetName:
    return os.environ.get("TARGET") or "ministack"  # type: ignore[return-value]  # checked when it is looked up
