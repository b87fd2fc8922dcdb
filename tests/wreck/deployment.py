"""Starts a stack whose functions reach S3, DynamoDB and SQS through one proxy each."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra import daemon
from infra.outputs import Outputs
from infra.targets import TargetName
from tests.e2e import deployment
from tests.e2e.backstage import Backstage
from tests.wreck.asked import SERVICES, Service
from tests.wreck.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Rigged:
    """A stack, its proxies by service, and the process id of its emulator."""

    outputs: Outputs
    proxies: Mapping[Service, Proxy]
    emulator: int


@contextmanager
def rigged(name: TargetName, state: Path) -> Iterator[Rigged]:
    """Starts the stack, and stops it after the body."""
    with deployment.started(name, state) as outputs:
        known = daemon.recall(state / "process.json")
        assert known is not None, "only an emulator that the tests started can be wrecked"
        with rig(outputs, known.pid) as own:
            yield own


@contextmanager
def rig(outputs: Outputs, emulator: int) -> Iterator[Rigged]:
    """Puts proxies between the functions of a stack and its services, for the body. `emulator` is
    its process id."""
    assert outputs.endpoint_url is not None
    with ExitStack() as opened:
        endpoint = outputs.endpoint_url
        proxies = {it: opened.enter_context(Proxy(it, endpoint)) for it in SERVICES}
        _use_proxies(proxies, Backstage(outputs))
        yield Rigged(outputs, proxies, emulator)


def _use_proxies(proxies: Mapping[Service, Proxy], backstage: Backstage) -> None:
    """Sets each function's endpoints to the proxies. botocore reads them from the environment."""
    functions: LambdaClient = backstage.session.client("lambda")
    addresses = {f"AWS_ENDPOINT_URL_{it.upper()}": proxy.url for it, proxy in proxies.items()}
    for function in backstage.functions().values():
        now = functions.get_function_configuration(FunctionName=function)
        functions.update_function_configuration(
            FunctionName=function,
            Environment={"Variables": now["Environment"]["Variables"] | addresses},
        )
        functions.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 1}
        )
