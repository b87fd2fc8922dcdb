"""Swagger UI, which draws the API's reference page (chalicelib/http/reference.py).

Its files come from the package registry of Python, pinned by infra/reference.txt with hashes: so
`make up` needs no npm. `python -m infra.reference` brings them, as `make setup` does; later no
registry is asked. The wheel is never installed, and nothing of it is imported.
"""

import re
import zipfile
from pathlib import Path
from typing import Final

from infra import wheels
from infra.errors import PackageError
from infra.paths import REPOSITORY

LOCK: Final = "infra/reference.txt"
FOLDER: Final = "chalicelib/reference/"
"""Where the files are in the package."""

NAMES: Final = ("swagger-ui-bundle.js", "swagger-ui.css")
"""What the page loads of Swagger UI."""

_LICENCE: Final = "LICENSE"
_SERVED: Final = re.compile(rf".*/swagger-ui-dist/({'|'.join(map(re.escape, NAMES))}|{_LICENCE})")
_TOLD: Final = re.compile(r"[^/]+\.dist-info/(METADATA$|licenses/)")
_SOURCE_MAP: Final = b"/*# sourceMappingURL="
"""What the stylesheet ends with. A browser's tools would look for that file, which is not there."""


def files(sources: Path = REPOSITORY) -> dict[str, bytes]:
    """Returns the files to add to the package, by their paths in it. `sources` is the folder with
    the app; one of before has no reference page, and needs none. What was downloaded once is kept.
    Raises PackageError with pip's own words."""
    lock = sources / LOCK
    if not lock.exists():
        return {}
    found: dict[str, bytes] = {}
    for wheel in sorted(wheels.kept(wheels.of_this_machine(), lock).glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if served := _SERVED.fullmatch(name):
                    found[FOLDER + served[1]] = archive.read(name).partition(_SOURCE_MAP)[0]
                elif _TOLD.match(name) and not name.endswith("/"):
                    found[name] = archive.read(name)
    if missing := [name for name in (*NAMES, _LICENCE) if FOLDER + name not in found]:
        raise PackageError(f"What {LOCK} pins has no {', '.join(missing)} of Swagger UI.")
    return found


if __name__ == "__main__":
    files()
