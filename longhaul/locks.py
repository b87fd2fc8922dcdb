"""A lock between processes: a file that only one of them can hold."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from longhaul.errors import CannotKeep
from longhaul.retries import pause

LOCK_SECONDS: Final = 90.0
"""How long to wait for another process. It asks an issuer twice meanwhile (45 s each at most)."""

_PAUSE_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock during the body. The operating system frees it if the process dies.

    Raises CannotKeep if another process does not free it, or if the file cannot be opened.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise CannotKeep(f"Cannot open {path}: {error.strerror or error}.") from error
    try:
        for _ in range(round(LOCK_SECONDS / _PAUSE_SECONDS)):
            if _take(file):
                break
            pause(_PAUSE_SECONDS)
        else:
            raise CannotKeep(f"Another longhaul has held {path} for {LOCK_SECONDS:.0f} s.")
        yield
    finally:
        os.close(file)  # This also frees the lock.


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise CannotKeep(f"This file system has no locks: {error.strerror}.") from error
        return True
