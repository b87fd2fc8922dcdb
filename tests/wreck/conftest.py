"""A stack whose services and workers can be made to fail, for all tests of this folder.

TARGET says which emulator to start (by default ministack). With `--numprocesses 2 --dist loadfile`
there are two stacks: one process kills workers, and the other runs the other tests.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.e2e import deployment
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.wreck.deployment import Rigged
from tests.wreck.deployment import rigged as rigged_stack
from tests.wreck.jobs import Job, Jobs
from tests.wreck.orphans import made
from tests.wreck.report import Record, lines, recorder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--times", type=int, default=2, help="how often a worker of each step is killed"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "time" in metafunc.fixturenames:
        metafunc.parametrize("time", range(metafunc.config.getoption("times")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])
    ]
    summary = lines(it for report in reports for it in report.user_properties)
    if summary:
        terminalreporter.section(
            "how long jobs took after a failure, and how much longer for a kill"
        )
        terminalreporter.write_line("\n".join(summary))


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Record:
    return recorder(record_property)


@pytest.fixture(scope="session")
def rigged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigged]:
    """The stack, and the proxies between its functions and its services."""
    with rigged_stack(deployment.target_name(), tmp_path_factory.mktemp("stack")) as own:
        yield own


@pytest.fixture(scope="session")
def api(rigged: Rigged) -> Iterator[Api]:
    opened = Api(rigged.outputs.api_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def backstage(rigged: Rigged) -> Backstage:
    return Backstage(rigged.outputs)


@pytest.fixture(scope="session")
def sources(backstage: Backstage) -> Sources:
    return Sources(backstage)


@pytest.fixture(scope="session")
def jobs(api: Api, backstage: Backstage, sources: Sources) -> Jobs:
    return Jobs(api, backstage, sources)


@pytest.fixture(scope="session")
def orphans(rigged: Rigged, jobs: Jobs, backstage: Backstage) -> Sequence[Job]:
    """Jobs that only the sweeper can find. They are made first, because that takes minutes."""
    return made(rigged, jobs, backstage)
