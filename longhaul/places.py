"""Where this system keeps a user's settings. The command line asks this at each start."""

import os
import sys
from pathlib import Path

from longhaul.errors import CannotKeep


def own_folder() -> Path:
    """Returns the folder of this program's settings, which need not exist. Raises CannotKeep if
    nobody can say where it is.

    A relative path in XDG_CONFIG_HOME does not count (XDG Base Directory Specification).
    """
    given = os.environ.get("XDG_CONFIG_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "longhaul"
    try:
        home = Path.home()
    except RuntimeError:
        raise CannotKeep("This user has no home folder. Set XDG_CONFIG_HOME to one.") from None
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home) / "longhaul"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "longhaul"
    return home / ".config" / "longhaul"
