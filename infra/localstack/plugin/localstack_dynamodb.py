"""Starts AWS's DynamoDB Local for LocalStack, from the npm package instead of a download."""

# LocalStack's packages are not where this is checked, and have no types where they are.
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
"""Directory with DynamoDBLocal.jar and DynamoDBLocal_lib; unset, LocalStack downloads its own."""


@hooks.on_infra_start()
def use_dynamodb_local() -> None:
    """Puts our way of starting the server in the place of LocalStack's."""
    if os.environ.get(DIRECTORY_SETTING):
        DynamodbServer.do_start_thread = _start


def _start(server: DynamodbServer) -> FuncThread:
    module = f"{__package__}.dynamodb_local"
    arguments = [os.environ[DIRECTORY_SETTING], str(server.port), server.db_path or ""]
    # The thread lives as long as the process does, as a leash needs it.
    thread = ShellCommandThread(
        [sys.executable, "-m", module, str(os.getpid()), server.heap_size, *arguments],
        env_vars={"DDB_LOCAL_TELEMETRY": "0"},
        auto_restart=True,
        log_listener=lambda line, **_: LOG.debug(line.rstrip()),
        name="dynamodb-local",
    )
    thread.start()
    return thread
