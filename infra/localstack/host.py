"""Host mode: LocalStack as a process of this machine, without Docker and without an account."""

import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from infra import daemon
from infra.daemon import HOST, Daemon
from infra.errors import EmulatorError
from infra.localstack.install import Installation, ensure_installed

USUAL_PORT = 4566
"""LocalStack's own port. The first start takes it if it is free."""

_START_LIMIT_SECONDS = 60.0
_LOG_TAIL_LINES = 15

_STOP_SECONDS = 4.0
"""It ends its functions and its database in two or three. Then it idles for as long again."""

# The only variables of ours that LocalStack gets. So no other one reaches a function.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "JAVA_HOME", "DEBUG", "LS_LOG")


def start(root: Path, state: Path, *, lambda_python: str = sys.executable) -> str:
    """Starts LocalStack unless it runs already. Returns its endpoint URL.

    `root` is the directory of the installation, which is made if it is missing. Any number of
    instances may share it. `state` is the directory of this instance. `lambda_python` runs the
    functions. Raises EmulatorError if it cannot be installed, or does not start.
    """
    installation = ensure_installed(root, lambda_python=lambda_python)
    state = state.resolve()
    with daemon.exclusively(state / "lock"):
        known = daemon.recall(_file(state))
        if known is not None and known.is_alive:
            return _url(known)
        _forget_last_run(state)
        log_file(state).unlink(missing_ok=True)
        _temporary(state).mkdir(parents=True)
        # The last one first: a bookmark of the page goes on to work.
        with daemon.listen([known.port if known else USUAL_PORT, USUAL_PORT, 0]) as listener:
            child = _spawn(installation, state, listener, lambda_python)
        try:
            daemon.remember(child, _file(state))
            wait_until_healthy(child, state)
        except BaseException:
            # After Ctrl-C too: an emulator that is not ready must not be left running.
            child.stop()
            raise
        return _url(child)


def stop(state: Path) -> bool:
    """Stops the LocalStack of this directory, and all it started. False if none was running."""
    state = state.resolve()
    with daemon.exclusively(state / "lock"):
        known = daemon.recall(_file(state))
        if known is None or not known.is_alive:
            return False
        known.stop(patience=_STOP_SECONDS)
        _forget_last_run(state)
        return True


def endpoint(state: Path) -> str | None:
    """Returns the endpoint URL of the LocalStack of this directory. None if none runs."""
    known = daemon.recall(_file(state.resolve()))
    return _url(known) if known is not None and known.is_alive else None


def log_file(state: Path) -> Path:
    """Returns the file that this LocalStack logs to.

    Functions write to their log groups instead.
    """
    return state / "localstack.log"


def wait_until_healthy(child: Daemon, state: Path) -> None:
    """Returns once LocalStack answers.

    Raises EmulatorError, with the end of its log, if it does not.
    """
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while time.monotonic() < deadline and child.is_alive:
        try:
            # Our socket accepts the connection long before LocalStack answers. Hence the long wait.
            urllib.request.urlopen(f"{_url(child)}/_localstack/health", timeout=30).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    tail = log_file(state).read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    raise EmulatorError("LocalStack did not start. The end of its log:\n\n" + "\n".join(tail))


def _spawn(
    installation: Installation, state: Path, listener: socket.socket, lambda_python: str
) -> Daemon:
    port: int = listener.getsockname()[1]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        # Its URLs, above all those of queues, have this address. By default they need public DNS.
        "LOCALSTACK_HOST": f"{HOST}:{port}",
        "SQS_ENDPOINT_STRATEGY": "path",
        # Our plugin's server, which takes over the socket: see plugin/localstack_gateway.py.
        "GATEWAY_SERVER": "loopback",
        "LONGHAUL_LISTEN_FD": str(listener.fileno()),
        "LAMBDA_RUNTIME_EXECUTOR": "host",
        "LONGHAUL_LAMBDA_PYTHON": lambda_python,
        "LONGHAUL_LAMBDA_RUNTIME_DIR": str(installation.runtime),
        # Seconds between two looks into a queue. AWS never stops looking. With LocalStack's own 1
        # and 10, a short job would wait for most of its time.
        "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.05",
        "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.2",
        "LONGHAUL_DYNAMODB_LOCAL_DIR": str(installation.dynamodb),
        "DYNAMODB_IN_MEMORY": "1",
        # Links that have expired or were changed are refused, as on AWS.
        "S3_SKIP_SIGNATURE_VALIDATION": "0",
        # No call leaves the machine, and no name server is started on it.
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DNS_ADDRESS": "0",
        # If this machine is a container, LocalStack would write to system directories.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(state / "filesystem"),
        "TMPDIR": str(_temporary(state)),
        "CONFIG_DIR": str(state / "config"),
        "XDG_CACHE_HOME": str(installation.cache),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return daemon.spawn(
        [str(installation.python), "-m", "localstack.runtime.main"],
        port=port,
        environment=environment,
        log=log_file(state),
        inherit=[listener.fileno()],
    )


def _forget_last_run(state: Path) -> None:
    """Deletes all of the last run but its log, which may say why it ended."""
    for directory in (_temporary(state), state / "filesystem", state / "config"):
        shutil.rmtree(directory, ignore_errors=True)


def _url(child: Daemon) -> str:
    return f"http://{HOST}:{child.port}"


def _file(state: Path) -> Path:
    return state / "process.json"


def _temporary(state: Path) -> Path:
    return state / "tmp"
