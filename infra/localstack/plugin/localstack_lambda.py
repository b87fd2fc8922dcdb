"""LocalStack's Lambda executor for LAMBDA_RUNTIME_EXECUTOR=host. See `environment`."""

# LocalStack's packages are not installed where mypy runs, and have no types where they are.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import logging
import os
import sys
import tempfile
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import (
    LambdaRuntimeException,
    RuntimeExecutor,
)

from .environment import Environment
from .process import Function
from .runtime_api import Invocation

LOG = logging.getLogger(__name__)

PYTHON_SETTING = "LONGHAUL_LAMBDA_PYTHON"
"""The path of the interpreter that runs functions. By default, the one that runs LocalStack."""

RUNTIME_SETTING = "LONGHAUL_LAMBDA_RUNTIME_DIR"
"""The directory of `awslambdaric`, boto3 and what they need, installed for that interpreter."""

_HOST = "127.0.0.1"


class HostExecutorPlugin(RuntimeExecutorPlugin):
    """Makes the executor known to LocalStack, which loads it only when it needs it."""

    name = "host"

    def load(self) -> type[RuntimeExecutor]:
        return HostExecutor


class HostExecutor(RuntimeExecutor):
    """One of LocalStack's execution environments, run as a process on this machine."""

    def __init__(self, environment_id: str, function_version: FunctionVersion) -> None:
        super().__init__(environment_id, function_version)
        self._environment: Environment | None = None

    def start(self, env_vars: dict[str, object]) -> None:
        variables = {name: str(value) for name, value in env_vars.items()}
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{self.function_version.config.runtime}"
        scratch = Path(tempfile.gettempdir(), "environments", self.id)
        self._environment = Environment(_function(self.function_version), variables, scratch)
        self._environment.start()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        if self._environment is None:
            raise LambdaRuntimeException(f"The environment {self.id} was not started.")
        outcome = self._environment.invoke(
            Invocation(
                request_id=payload["invoke-id"],
                function_arn=payload["invoked-function-arn"],
                payload=payload["payload"].encode(),
                trace_id=payload["trace-id"],
            )
        )
        return InvocationResult(
            request_id=payload["invoke-id"],
            payload=outcome.payload,
            is_error=outcome.failed,
            logs=outcome.logs,
        )

    def stop(self) -> None:
        if self._environment:
            self._environment.stop()

    def get_logs(self) -> str:
        return self._environment.logs() if self._environment else ""

    def get_address(self) -> str:
        return _HOST

    def get_endpoint_from_executor(self) -> str:
        return _HOST

    def get_runtime_endpoint(self) -> str:
        # Only LocalStack's own process inside a container would call back there.
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        settings = function_version.config
        if settings.package_type != "Zip" or settings.layers:
            raise LambdaRuntimeException("Without Docker, neither images nor layers can be run.")
        if not str(settings.runtime).startswith("python"):
            raise LambdaRuntimeException(f"Without Docker, {settings.runtime} cannot be run.")
        settings.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Does nothing: LocalStack itself deletes the unpacked code."""


def _function(version: FunctionVersion) -> Function:
    settings = version.config
    runtime = os.environ.get(RUNTIME_SETTING)
    if not runtime:
        raise LambdaRuntimeException(f"{RUNTIME_SETTING} is not set.")
    return Function(
        handler=settings.handler,
        code=settings.code.get_unzipped_code_location(),
        version=version.id.qualifier,
        timeout_seconds=float(settings.timeout),
        memory_mb=int(settings.memory_size),
        python=os.environ.get(PYTHON_SETTING) or sys.executable,
        runtime=Path(runtime),
    )
