"""Runs a real nginx in front of both servers, between them and a browser."""

import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra import daemon
from infra.daemon import HOST, Daemon
from infra.errors import InfraError

# Debian has it in a folder that only root has in PATH.
_PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
_START_LIMIT_SECONDS = 10.0
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class NginxError(InfraError):
    """There is no nginx, or it did not start."""


def found() -> str:
    """Returns the path of nginx. Raises NginxError, which says what to do, if there is none."""
    place = shutil.which("nginx", path=_PLACES)
    if place is None:
        raise NginxError("There is no nginx. On Debian and Ubuntu: sudo apt install nginx")
    return place


def configuration(port: int, timeout_seconds: float, upstreams: Mapping[str, str]) -> str:
    """Returns a configuration for a proxy, with all its files in nginx's prefix.

    `upstreams` are URLs without a path, by the path that each of them serves. All but the timeout
    is nginx's default.
    """
    # If root starts it, its worker is "nobody" by default, and cannot write to the folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    places = "\n".join(f"  {name}_temp_path {name};" for name in _TEMPORARY)
    locations = "\n".join(
        f"    location {path} {{ proxy_pass {url}; }}" for path, url in upstreams.items()
    )
    return f"""{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 256; }}
http {{
{places}
  access_log access.log;
  proxy_read_timeout {round(timeout_seconds * 1000)}ms;
  server {{
    listen {HOST}:{port};
{locations}
  }}
}}
"""


@contextmanager
def running(
    folder: Path, listener: socket.socket, timeout_seconds: float, upstreams: Mapping[str, str]
) -> Iterator[None]:
    """Runs an nginx on `listener` while the body runs. Its files are in `folder`."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    port: int = listener.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text(configuration(port, timeout_seconds, upstreams))
    (folder / "nginx.pid").unlink(missing_ok=True)  # of one that was killed
    listener.settimeout(0)  # nginx never waits for a connection
    child = daemon.spawn(
        [found(), "-p", str(folder), "-c", str(settings), "-e", str(folder / "error.log")],
        port=port,
        # nginx takes over the socket that this names. So no other process can take the port.
        environment={"PATH": _PLACES, "NGINX": f"{listener.fileno()};"},
        log=folder / "output.log",
        inherit=[listener.fileno()],
    )
    try:
        _await(child, folder)
        yield
    finally:
        child.stop()


def _await(child: Daemon, folder: Path) -> None:
    """Returns when nginx has read its configuration."""
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while time.monotonic() < deadline and child.is_alive:
        if (folder / "nginx.pid").exists():
            return
        time.sleep(0.02)
    words = "".join(
        log.read_text(errors="replace") for log in folder.glob("*.log") if log.name != "access.log"
    )
    raise NginxError(f"nginx did not start. The end of its log:\n\n{words.strip()}")
