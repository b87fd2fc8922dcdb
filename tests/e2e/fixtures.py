"""Fixtures of any deployed stack. Who has a stack gives them its scope:
`api = pytest.fixture(scope="module")(fixtures.api)`."""

from collections.abc import Iterator
from contextlib import closing

from infra.outputs import Outputs
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources


def api(outputs: Outputs) -> Iterator[Api]:
    with closing(Api(outputs.api_url)) as opened:
        yield opened


def backstage(outputs: Outputs) -> Backstage:
    return Backstage(outputs)


def sources(backstage: Backstage) -> Sources:
    return Sources(backstage)
