"""Starts and stops the provider, as a daemon beside the emulator."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import daemon
from infra.daemon import HOST, Daemon
from infra.errors import EmulatorError, NotDeployedError
from infra.issuer import keys
from infra.issuer.memory import AUDIENCE, CLIENT_ID
from infra.paths import REPOSITORY

ACCESS_SECONDS = 3600

_START_LIMIT_SECONDS = 30.0
_STOP_PATIENCE_SECONDS = 1.0
_LOG_TAIL_LINES = 15
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE")


def start(state: Path, *, access_seconds: int = ACCESS_SECONDS) -> str:
    """Starts the provider unless it runs already. Returns its issuer, which is its URL.

    `state` is the directory of the target's instance. Access tokens that people sign in for are
    good for `access_seconds`. Raises EmulatorError if the provider does not start.
    """
    home = directory(state)
    with daemon.exclusively(home / "lock"):
        known = daemon.recall(_file(home))
        if known is not None and known.is_alive:
            return _url(known)
        # With the key from the start: the files of the log and of the key are in one place.
        keys.key(home)
        log_file(state).unlink(missing_ok=True)
        # The same port again, if it is free: then links and tokens of the last run stay good.
        with daemon.listen([known.port if known else 0, 0]) as listener:
            port: int = listener.getsockname()[1]
            command = [sys.executable, "-m", "infra.issuer", "--directory", str(home)]
            command += ["--descriptor", str(listener.fileno()), "--port", str(port)]
            command += ["--access-seconds", str(access_seconds)]
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            child = daemon.spawn(
                command,
                port=port,
                environment={**environment, "PYTHONPATH": str(REPOSITORY)},
                log=log_file(state),
                inherit=[listener.fileno()],
            )
        try:
            daemon.remember(child, _file(home))
            _await(child, state)
        except BaseException:
            child.stop(patience=_STOP_PATIENCE_SECONDS)
            raise
        return _url(child)


def stop(state: Path) -> bool:
    """Stops the provider. Returns False if it was not running. Its key stays for the next run."""
    home = directory(state)
    known = daemon.recall(_file(home))
    if known is None or not known.is_alive:
        return False
    with daemon.exclusively(home / "lock"):
        known.stop(patience=_STOP_PATIENCE_SECONDS)
    return True


def url(state: Path) -> str | None:
    """Returns the issuer of the provider of this directory. None if none runs."""
    known = daemon.recall(_file(directory(state)))
    return _url(known) if known is not None and known.is_alive else None


def token(state: Path, user: str, /, *, seconds: int = ACCESS_SECONDS, **claims: object) -> str:
    """Returns an access token of the provider for `user`, good for `seconds`.

    `claims` go into it, and replace those that it has by itself. One that is None is left out. So
    bad tokens can be made too: `aud="other"`, `iss="https://other.example"`, `exp=0`, or with the
    key of another provider (`state` is another directory, and `iss` is this one).
    Raises NotDeployedError if the provider does not run, and `claims` do not say `iss`.
    """
    issuer = claims.get("iss") or url(state)
    if issuer is None:
        raise NotDeployedError("No local issuer is running. Start it with: make up AUTH=jwt")
    usual = {"iss": issuer, "aud": AUDIENCE, "sub": user, "client_id": CLIENT_ID}
    return keys.access_token(keys.key(directory(state)), usual | claims, seconds=seconds)


@contextmanager
def running(state: Path, *, access_seconds: int = ACCESS_SECONDS) -> Iterator[str]:
    """Runs a provider of its own while the body runs. Yields its issuer."""
    try:
        yield start(state, access_seconds=access_seconds)
    finally:
        stop(state)


def directory(state: Path) -> Path:
    """Returns where the provider of an instance has its files."""
    return state.resolve() / "issuer"


def log_file(state: Path) -> Path:
    """Returns the file that the provider logs to."""
    return directory(state) / "issuer.log"


def _await(child: Daemon, state: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and child.is_alive:
        try:
            # The socket takes the connection before the process serves. Hence the long wait.
            direct.open(f"{_url(child)}/jwks.json", timeout=_START_LIMIT_SECONDS).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    tail = log_file(state).read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    raise EmulatorError("The local issuer did not start. The end of its log:\n\n" + "\n".join(tail))


def _url(child: Daemon) -> str:
    return f"http://{HOST}:{child.port}"


def _file(home: Path) -> Path:
    return home / "process.json"
