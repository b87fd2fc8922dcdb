"""Where sign-ins are kept between two runs: in the system's keyring, or in a file of mode 600.

A sign-in is found by the API's URL, so a token goes only to the API that it was made for.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from longhaul import keyrings
from longhaul.errors import CannotKeep
from longhaul.locks import locked
from longhaul.places import own_folder

_FILE: Final = "tokens.json"
_VERSION: Final = 1
_FILE_MAX_BYTES: Final = 1024**2
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_IS_POSIX: Final = os.name == "posix"
_NO_LINK: Final[int] = getattr(os, "O_NOFOLLOW", 0)
"""The file must not be a link to somewhere that others can reach."""


class SignIn(msgspec.Struct, frozen=True):
    """Who is signed in at one API. Times are Unix time in seconds; None: nobody has said it."""

    issuer: str
    client_id: str
    access_token: str
    refresh_token: str | None
    issued_at: float
    expires_at: float | None

    def __repr__(self) -> str:
        return f"SignIn(issuer={self.issuer!r}, expires_at={self.expires_at})"


class _File(msgspec.Struct, frozen=True):
    version: int = _VERSION
    tokens: Mapping[str, SignIn] = {}


class Keeper:
    """The sign-ins of this user. All methods raise CannotKeep.

    What is in the file counts before the keyring: a write to the keyring takes it out of the file,
    so it is there only if the last write to the keyring has failed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or own_folder()
        self.path = self._folder / _FILE

    def read(self, api: str) -> SignIn | None:
        """Returns the sign-in at this API; None: there is none."""
        if found := self._read().get(api):
            return found
        kept = keyrings.read(api)
        with suppress(msgspec.MsgspecError):  # Something else is there: not a sign-in of ours.
            return msgspec.json.decode(kept, type=SignIn) if kept else None
        return None

    def write(self, api: str, sign_in: SignIn) -> str:
        """Keeps the sign-in in place of an older one, and returns where. To be called locked."""
        others = {url: kept for url, kept in self._read().items() if url != api}
        if keyrings.write(api, msgspec.json.encode(sign_in).decode()):
            if self.path.exists():
                self._write(others)
            return "the keyring of this system"
        self._write({**others, api: sign_in})
        return str(self.path)

    def remove(self, api: str) -> bool:
        """Forgets the sign-in at this API. Returns False if the keyring cannot be opened, so that
        one may still be there. To be called locked."""
        kept = self._read()
        if api in kept:
            self._write({url: sign_in for url, sign_in in kept.items() if url != api})
        return keyrings.remove(api)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from changing what is kept, during the body."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _IS_POSIX and self._folder.stat().st_mode & _OTHERS:
                self._folder.chmod(0o700)
        except OSError as error:
            raise CannotKeep(f"Cannot use {self._folder}: {error.strerror or error}.") from error
        with locked(self.path.with_suffix(".lock")):
            yield

    def _read(self) -> Mapping[str, SignIn]:
        try:
            with os.fdopen(os.open(self.path, os.O_RDONLY | _NO_LINK), "rb") as file:
                self._check(os.fstat(file.fileno()))
                content = file.read(_FILE_MAX_BYTES)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CannotKeep(f"Cannot read {self.path}: {error.strerror or error}.") from error
        try:
            found = msgspec.json.decode(content, type=_File)
        except msgspec.MsgspecError:
            found = _File(version=0)
        if found.version != _VERSION:
            raise CannotKeep(
                f"{self.path} is not a file that this version of longhaul has written. "
                "Move it away, and sign in again."
            )
        return found.tokens

    def _check(self, found: os.stat_result) -> None:
        """Raises CannotKeep if somebody else may know or have written the tokens."""
        if not _IS_POSIX:
            return
        if found.st_uid != os.geteuid():
            raise CannotKeep(f"{self.path} belongs to another user. Its tokens are not used.")
        if found.st_mode & _OTHERS:
            mode = stat.S_IMODE(found.st_mode)
            raise CannotKeep(
                f"Others may read {self.path} (mode {mode:03o}). Its tokens are not used. If "
                f"nobody has read them: chmod 600 '{self.path}'. If you do not know: delete it, "
                "and sign in again."
            )

    def _write(self, tokens: Mapping[str, SignIn]) -> None:
        """Replaces the file at once, so that a reader finds the old one or the new one."""
        new = self.path.with_suffix(".new")
        try:
            # One that a crash has left. Only the holder of the lock comes here.
            new.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
            with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
                if _IS_POSIX:
                    os.fchmod(file.fileno(), 0o600)  # A umask can only have taken bits away.
                file.write(msgspec.json.format(msgspec.json.encode(_File(tokens=tokens))))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise CannotKeep(f"Cannot write {self.path}: {error.strerror or error}.") from error
