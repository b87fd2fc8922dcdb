"""One stack that takes selections, each example as `make example` starts it, and Chromium.

Without Chromium these tests fail: tests/run.py decides whether they run at all.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from infra import bucket, targets
from infra.access import SELECTIONS_VARIABLE
from infra.examples import catalog, installing, stage
from infra.examples.catalog import Example
from infra.examples.serving import port, serving
from infra.outputs import Outputs
from tests.browser import chromium
from tests.examples.visits import PATIENCE_MS, Shop, Visitor, visiting

EXAMPLES = catalog.examples()
_AT_ONCE = 2
"""How many examples are installed and built at a time: half of that is waiting."""


@pytest.fixture(scope="session")
def installed() -> Iterator[dict[str, "Future[dict[str, str]]"]]:
    """The environment of each example's server, by its name, as soon as it is installed and built.

    All begin at once, while the stack starts.
    """

    def made(example: Example) -> dict[str, str]:
        environment = installing.install(example)
        installing.build(example)
        return environment

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {example.name: pool.submit(made, example) for example in EXAMPLES}


@pytest.fixture(scope="session")
def deployed(installed: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """The stack, with the sample files."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(SELECTIONS_VARIABLE, "make")
        with stage.staged(tmp_path_factory.mktemp("stack")) as made:
            yield made


@pytest.fixture(scope="session", params=[example.name for example in EXAMPLES])
def shop(
    request: pytest.FixtureRequest,
    installed: dict[str, "Future[dict[str, str]]"],
    deployed: Outputs,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """The server of an example, which runs."""
    example = catalog.named(request.param)
    log: Path = tmp_path_factory.mktemp(example.name) / "server.log"
    environment = installed[example.name].result() | stage.variables(deployed)
    with serving(example, environment, port(None), log) as server:
        yield Shop(example.name, server.url, deployed.endpoint_url or "")


@pytest.fixture
def no_archives(deployed: Outputs) -> None:
    """Takes all archives away. Otherwise an export that was made before is ready at once."""
    target = targets.named("ministack").at(deployed.endpoint_url or "")
    bucket.empty(target.session().client("s3"), deployed.archive_bucket)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium.launched() as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, shop: Shop) -> Iterator[Visitor]:
    """A browser in the shop, where nobody has signed in. Fails on a script error, a violation of
    the page's policy, or a request to a host that is neither the shop nor the stack."""
    with visiting(browser, shop) as opened:
        yield opened
