"""Debian's Prometheus, for those without Docker: it scrapes the shipper, with our rules."""

import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from infra import daemon
from infra.daemon import HOST, Daemon
from infra.errors import InfraError

USUAL_PORT = 9090
"""Prometheus' own port. It is used if it is free."""

_START_LIMIT_SECONDS = 30.0
_STOP_PATIENCE_SECONDS = 10.0
_TRIES = 3
_LOG_TAIL_LINES = 10
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class PrometheusError(InfraError):
    """Prometheus did not start, or has ended."""


def found() -> str | None:
    """Returns the path of the program. None if it is not installed."""
    return shutil.which("prometheus")


def start(run: Path, configuration: Path, is_over: Callable[[], bool]) -> Daemon | None:
    """Starts Prometheus with all that it writes below `run`. Returns once it answers.

    `configuration` is what `configuration.write` returned. Returns None if `is_over` became true
    meanwhile. Raises PrometheusError, with the end of its log, if it does not start.
    """
    # It opens its port itself, so another process may have taken it meanwhile.
    ports = [USUAL_PORT, *[0] * (_TRIES - 1)]
    for port in ports:
        child = _spawn(run, configuration, _free(port))
        if _answers(child, is_over):
            daemon.remember(child, _file(run))
            return child
        child.stop(patience=_STOP_PATIENCE_SECONDS)
        if is_over():
            return None
        if "address already in use" not in _log(run).read_text(errors="replace"):
            break
    raise PrometheusError(f"Prometheus did not start. The end of its log:\n\n{tail(run)}")


def stop(run: Path) -> None:
    """Stops the Prometheus of this folder, also one that an earlier run has left."""
    known = daemon.recall(_file(run))
    if known is not None:
        known.stop(patience=_STOP_PATIENCE_SECONDS)


def tail(run: Path) -> str:
    """Returns the last lines of its log."""
    lines = _log(run).read_text(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_TAIL_LINES:])


def url(child: Daemon) -> str:
    """Returns where its page is."""
    return f"http://{HOST}:{child.port}"


def complaint(at: str) -> str | None:
    """Returns why the Prometheus at that address has not scraped the shipper. None if it has."""
    try:
        with _direct().open(f"{at}/api/v1/targets?state=active", timeout=5) as answer:
            (target,) = json.load(answer)["data"]["activeTargets"]
    except (urllib.error.URLError, OSError, ValueError, TypeError, KeyError) as error:
        return str(error)
    return None if target["health"] == "up" else target["lastError"] or target["health"]


def _spawn(run: Path, configuration: Path, port: int) -> Daemon:
    _log(run).unlink(missing_ok=True)
    program = found()
    if program is None:
        raise PrometheusError("There is no prometheus.")
    command = [
        program,
        f"--config.file={configuration / 'prometheus' / 'prometheus.yml'}",
        f"--web.listen-address={HOST}:{port}",
        f"--storage.tsdb.path={run / 'prometheus'}",
        "--storage.tsdb.retention.time=24h",
        "--storage.tsdb.retention.size=1GB",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    ]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    child = daemon.spawn(command, port=port, environment=environment, log=_log(run))
    # Before it answers: so whoever comes after a kill finds it.
    daemon.remember(child, _file(run))
    return child


def _free(port: int) -> int:
    with daemon.listen([port, 0]) as listener:
        free: int = listener.getsockname()[1]
    return free


def _answers(child: Daemon, is_over: Callable[[], bool]) -> bool:
    """Waits until it can be asked. False if it has ended, or takes too long."""
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while time.monotonic() < deadline and child.is_alive and not is_over():
        try:
            _direct().open(f"{url(child)}/-/ready", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            # Another one may have answered, if it took the port first.
            return child.is_alive
    return False


def _direct() -> urllib.request.OpenerDirector:
    """Returns an opener without the user's proxy: for a proxy, 127.0.0.1 is another machine."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _log(run: Path) -> Path:
    return run / "prometheus.log"


def _file(run: Path) -> Path:
    return run / "prometheus.json"
