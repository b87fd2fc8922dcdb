"""Starts AWS's DynamoDB Local for LocalStack, from the npm package instead of a download."""

# LocalStack's packages are not installed where mypy runs, and have no types where they are.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import logging
import os
import sys

from localstack.runtime import hooks
from localstack.services.dynamodb.server import DynamodbServer
from localstack.utils.run import ShellCommandThread
from localstack.utils.threads import FuncThread

LOG = logging.getLogger(__name__)

DIRECTORY_SETTING = "LONGHAUL_DYNAMODB_LOCAL_DIR"
"""The directory of DynamoDBLocal.jar and DynamoDBLocal_lib. If unset, LocalStack downloads it."""


@hooks.on_infra_start()
def use_dynamodb_local() -> None:
    """Replaces LocalStack's way of starting the server with ours."""
    if os.environ.get(DIRECTORY_SETTING):
        DynamodbServer.do_start_thread = _start


def _start(server: DynamodbServer) -> FuncThread:
    module = f"{__package__}.dynamodb_local"
    arguments = [os.environ[DIRECTORY_SETTING], str(server.port), server.db_path or ""]
    # A leash needs a thread that lives as long as the process. This one does.
    thread = ShellCommandThread(
        [sys.executable, "-m", module, str(os.getpid()), server.heap_size, *arguments],
        env_vars={"DDB_LOCAL_TELEMETRY": "0"},
        auto_restart=True,
        log_listener=lambda line, **_: LOG.debug(line.rstrip()),
        name="dynamodb-local",
    )
    thread.start()
    return thread
