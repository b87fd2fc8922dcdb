"""MiniStack, the embedded target: AWS's services as one child process, on this machine only.

It starts empty each time. MiniStack can keep its state, but saves it only when it is stopped in
good order. So a crash would bring an older stack back. And with objects on disk it reads the whole
object for each range (a hundred reads of 1 MB from 50 MB: 3.5 s instead of 0.4 s).
"""

import os
import resource
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from infra import daemon
from infra.console import say
from infra.daemon import HOST, Daemon
from infra.errors import EmulatorError
from infra.targets import LOCAL_KEY, LOCAL_REGION

USUAL_PORT = 4566
"""The usual port of AWS emulators. The first start takes it if it is free."""

_START_LIMIT_SECONDS = 30.0
# It keeps nothing, so it needs no time to save anything.
_STOP_PATIENCE_SECONDS = 1.0
_LOG_TAIL_LINES = 15
_OPEN_FILES = 10_240
"""Each Lambda worker takes three pipes. That is soon more than macOS's default of 256."""

# The only variables of ours that MiniStack gets. So no other one reaches a Lambda function.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE")


def start(state: Path, *, enforce_iam: bool = False) -> str:
    """Starts MiniStack unless it runs already. Returns its endpoint URL.

    `state` is the directory of this instance. `enforce_iam` makes it enforce IAM policies. Raises
    EmulatorError if it does not start, or if it already runs without `enforce_iam`.
    """
    state = state.resolve()
    with daemon.exclusively(state / "lock"):
        known = daemon.recall(_file(state))
        if known is not None and known.is_alive:
            if enforce_iam and not _enforces(state).exists():
                raise EmulatorError("MiniStack runs already, and enforces no IAM. First: make down")
            return _url(known)
        _enforces(state).unlink(missing_ok=True)
        if enforce_iam:
            _enforces(state).touch()
        shutil.rmtree(_temporary(state), ignore_errors=True)
        _temporary(state).mkdir(exist_ok=True)
        log_file(state).unlink(missing_ok=True)
        # The last one first: a bookmark of the page goes on to work.
        with daemon.listen([known.port if known else USUAL_PORT, USUAL_PORT, 0]) as listener:
            if known is not None and known.port not in {None, listener.getsockname()[1]}:
                say(f"Another program has port {known.port} now: so the URLs of this stack change.")
            child = _spawn(state, listener, enforce_iam=enforce_iam)
        try:
            daemon.remember(child, _file(state))
            _await_health(child, state)
        except BaseException:
            # After Ctrl-C too: an emulator that is not ready must not be left running.
            child.stop(patience=_STOP_PATIENCE_SECONDS)
            raise
        return _url(child)


def stop(state: Path) -> bool:
    """Stops the MiniStack of this directory. Returns False if none was running."""
    with daemon.exclusively(state / "lock"):
        known = daemon.recall(_file(state))
        if known is None or not known.is_alive:
            return False
        known.stop(patience=_STOP_PATIENCE_SECONDS)
        shutil.rmtree(_temporary(state), ignore_errors=True)
        return True


def endpoint(state: Path) -> str | None:
    """Returns the endpoint URL of the MiniStack of this directory. None if none runs."""
    known = daemon.recall(_file(state))
    return _url(known) if known is not None and known.is_alive else None


def log_file(state: Path) -> Path:
    """Returns the file with all that this MiniStack and its Lambda functions have written."""
    return state / "ministack.log"


def _spawn(state: Path, listener: socket.socket, *, enforce_iam: bool) -> Daemon:
    port: int = listener.getsockname()[1]
    _allow_open_files(_OPEN_FILES)
    bound = f"fd://{listener.fileno()}"
    command = [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", bound]
    command += ["--workers", "0", "--keep-alive", "75", "--log-level", "WARNING"]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": LOCAL_REGION,
        # Each of these services would open a port of its own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": str(enforce_iam).lower(),
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Each Lambda worker unpacks its code below this.
        "TMPDIR": str(_temporary(state)),
    }
    return daemon.spawn(
        command,
        port=port,
        environment=environment,
        log=log_file(state),
        inherit=[listener.fileno()],
    )


def _allow_open_files(count: int) -> None:
    """Lets this process and its children open `count` files, or as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _await_health(child: Daemon, state: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and child.is_alive:
        try:
            direct.open(f"{_url(child)}/_ministack/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    tail = log_file(state).read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    raise EmulatorError("MiniStack did not start. The end of its log:\n\n" + "\n".join(tail))


def _url(child: Daemon) -> str:
    return f"http://{HOST}:{child.port}"


def _file(state: Path) -> Path:
    return state / "process.json"


def _enforces(state: Path) -> Path:
    """A file that is there if this MiniStack was started with `enforce_iam`."""
    return state / "enforces-iam"


def _temporary(state: Path) -> Path:
    return state / "tmp"
