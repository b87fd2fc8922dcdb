"""The system's keyring, if the extra `longhaul[keyring]` is installed and a keyring works.

Where it does not, each function says so by its result. Then the tokens are kept in a file.
"""

from importlib import import_module
from typing import Final, Protocol, cast

_SERVICE: Final = "longhaul"


class _Keyring(Protocol):
    """What we use of the package `keyring`."""

    def get_keyring(self) -> object: ...
    def get_password(self, service: str, name: str) -> str | None: ...
    def set_password(self, service: str, name: str, password: str) -> None: ...
    def delete_password(self, service: str, name: str) -> None: ...


def read(name: str) -> str | None:
    """Returns what is kept under this name; None: nothing, or there is no keyring that works."""
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        return keyring.get_password(_SERVICE, name)
    except Exception:  # noqa: BLE001 - a backend raises what it likes, D-Bus errors for example
        return None


def write(name: str, secret: str) -> bool:
    """Keeps a secret. Returns whether it is kept now: some keyrings take no long text, or forget
    all of it."""
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(_SERVICE, name, secret)
        return keyring.get_password(_SERVICE, name) == secret
    except Exception:  # noqa: BLE001 - as above
        return False


def remove(name: str) -> bool:
    """Forgets what is kept under this name. Returns whether nothing is kept there any more."""
    keyring = _keyring()
    try:
        if keyring and keyring.get_password(_SERVICE, name) is not None:
            keyring.delete_password(_SERVICE, name)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _keyring() -> _Keyring | None:
    try:
        keyring = cast(_Keyring, import_module("keyring"))
        # Where there is no keyring, the package has a backend of priority 0 that always fails.
        return keyring if getattr(keyring.get_keyring(), "priority", 1) > 0 else None
    except Exception:  # noqa: BLE001 - not installed; or its settings are wrong, which raises anything
        return None
