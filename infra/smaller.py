"""Makes the page's files smaller as they are packaged, and does not change what they mean. Pure.

A minifier does it: it leaves out what only people read, and shortens names. It has no wheel for
Macs with ARM. There, only the first of the two is done (compact.py): the package is another one.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final

from infra import compact

try:
    import minify
except ModuleNotFoundError:
    minify = None

FOLDER: Final = "chalicelib/web/"
"""Where the page's files are in the package."""

_TYPES: Final = {".js": "application/javascript", ".css": "text/css"}
_COMPACT: Final[Mapping[str, Callable[[str], str]]] = {
    ".js": compact.module,
    ".css": compact.stylesheet,
}

IS_MINIFIED: Final = minify is not None


def smaller(name: str, content: bytes) -> bytes:
    """Returns a file of the package, smaller if it is a script or a stylesheet of the page."""
    suffix = PurePosixPath(name).suffix
    if not name.startswith(FOLDER) or suffix not in _TYPES:
        return content
    text = content.decode()
    if minify is None:
        return _COMPACT[suffix](text).encode()
    made: str = minify.string(_TYPES[suffix], text)
    return made.encode()
