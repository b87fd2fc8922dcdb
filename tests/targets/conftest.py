"""A bare emulator for all tests here: what it does as AWS does, and what not (docs/targets.md).

TARGET says which one. A test asserts what AWS does, and is expected to fail where the row that it
stands for says that the target differs.
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
            # Other errors of a target are no difference that we know of; moto breaks on some.
            errors = AssertionError if service in TARGETS else Exception
            item.add_marker(pytest.mark.xfail(reason=how, strict=True, raises=errors))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The emulator, with nothing in it."""
    name = _target_name()
    if name not in TARGETS:
        pytest.exit(f"TARGET={name}: these tests are about {' and '.join(TARGETS)}", 2)
    if name == "localstack" and ways.chosen().name != "host":
        pytest.skip("docs/targets.md tells of LocalStack in host mode")
    target, state = targets.named(name), tmp_path_factory.mktemp(name)
    try:
        yield Cloud(emulators.started(target, state))
    finally:
        emulators.stop(target, state)


@pytest.fixture(scope="session")
def stack(cloud: Cloud) -> Stack:
    """A few functions on it, and what calls them."""
    return Stack(cloud.endpoint, deploy(cloud.endpoint, "create", setting="first"))


@pytest.fixture(scope="session")
def aged(cloud: Cloud, stack: Stack) -> Aged:
    """What the emulator is to delete by itself; it has a schedule to call by then, too."""
    return ageing.age(cloud)


@pytest.fixture(scope="session", autouse=True)
def _early(request: pytest.FixtureRequest) -> None:
    """What takes its time begins before the other tests run."""
    if any("aged" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("aged")


def _service_of(item: pytest.Item) -> str:
    """What the test is about: the target, but for the contracts of what stands for AWS."""
    kind = item.callspec.params.get("kind") if hasattr(item, "callspec") else None
    return _target_name() if kind in (None, "emulator") else str(kind)


def _target_name() -> targets.TargetName:
    return os.environ.get("TARGET") or "ministack"  # type: ignore[return-value]
