"""Uses a LocalStack that somebody else has started. It is never started or stopped here."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from infra.errors import EmulatorError

ENDPOINT_SETTING = "LOCALSTACK_ENDPOINT"
"""Where it answers: http://HOST:PORT."""

_HEALTH_SECONDS = 5.0


def is_named() -> bool:
    """Whether the environment names one."""
    return bool(os.environ.get(ENDPOINT_SETTING))


def obstacle() -> str | None:
    """Returns why there is none to use. None if one is named: `start` finds out if it answers."""
    return None if is_named() else f"{ENDPOINT_SETTING} is not set."


def start(state: Path) -> str:
    """Returns the endpoint that is named. Raises EmulatorError if it does not answer."""
    known = endpoint(state)
    url = (os.environ.get(ENDPOINT_SETTING) or known or "").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.port or parts.path:
        raise EmulatorError(f"{ENDPOINT_SETTING} must be like http://127.0.0.1:4566, not {url}")
    if not _answers(url):
        raise EmulatorError(f"{ENDPOINT_SETTING} is {url}, and no LocalStack answers there.")
    if known not in (None, url):
        raise EmulatorError(f"The stack is on {known} already. First: make down TARGET=localstack")
    state.mkdir(parents=True, exist_ok=True)
    _file(state).write_text(url)
    return url


def stop(state: Path) -> bool:
    """Forgets the LocalStack, and leaves it running. Returns False if it was not running."""
    answered = endpoint(state) is not None
    _file(state).unlink(missing_ok=True)
    return answered


def endpoint(state: Path) -> str | None:
    """Returns the endpoint that this directory used last, if it still answers."""
    try:
        url = _file(state).read_text()
    except FileNotFoundError:
        return None
    return url if _answers(url) else None


def log_file(_: Path) -> Path | None:
    """Returns None: only the owner of the LocalStack knows."""
    return None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_localstack/health", timeout=_HEALTH_SECONDS) as told:
            return "services" in json.load(told)
    except (urllib.error.URLError, OSError, ValueError, TypeError):
        return False


def _file(state: Path) -> Path:
    return state / "endpoint"
