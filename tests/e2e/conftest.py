"""One deployed stack for all tests of this folder, which use it over HTTP, as its users do.

TARGET says which emulator to start (by default ministack). If LONGHAUL_OUTPUTS names the
outputs.json of a running stack, the tests use that stack and start none.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.outputs import Outputs
from tests.e2e import deployment, fixtures, handmade
from tests.e2e.backstage import Backstage
from tests.e2e.receivers import Receivers, receiving
from tests.e2e.sources import Source, Sources

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the stack that these tests start."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def receivers() -> Iterator[Receivers]:
    """Receivers of webhooks on this machine, which the stack that these tests start may tell."""
    with receiving() as made:
        yield made


@pytest.fixture(scope="session")
def outputs(stack_state: Path, receivers: Receivers) -> Iterator[Outputs]:
    """The deployed stack."""
    given = deployment.given_outputs()
    if given is not None:
        yield given
        return
    with ExitStack() as opened:
        # For the deployment alone: some tests load settings of their own from the environment.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("WEBHOOK_HOSTS", receivers.hosts)
            environment.setenv("MAIL_FROM", "longhaul@example.com")
            own = opened.enter_context(deployment.started(deployment.target_name(), stack_state))
        yield own


api = pytest.fixture(scope="session")(fixtures.api)
backstage = pytest.fixture(scope="session")(fixtures.backstage)
sources = pytest.fixture(scope="session")(fixtures.sources)


@pytest.fixture(scope="session")
def abandoned_job(backstage: Backstage, sources: Sources) -> tuple[str, Source]:
    """The id of a job whose message was never sent, and its one file."""
    source = sources.put(b"not forgotten")
    return handmade.abandoned(backstage, source.file_id), source


@pytest.fixture(scope="session")
def expired_job(backstage: Backstage) -> str:
    """The id of a job whose archive has expired."""
    return handmade.expired(backstage)


@pytest.fixture(scope="session", autouse=True)
def _early(request: pytest.FixtureRequest) -> None:
    """Makes the jobs for the sweeper before the other tests, because it runs only once a minute."""
    wanted = [getattr(item, "fixturenames", ()) for item in request.session.items]
    for fixture in ("abandoned_job", "expired_job"):
        if any(fixture in names for names in wanted):
            request.getfixturevalue(fixture)
