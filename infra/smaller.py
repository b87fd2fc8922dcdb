"""Makes the page's files smaller as they are packaged, and does not change what they mean. Pure.

What only people read is left out: comments, indentation, spaces. Names stay as they are. A minifier
that shortens them must understand the script; the one that was tried put a constant before another
one that it needs (docs/decisions/0028-the-page.md).
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final

import rcssmin
import rjsmin

FOLDER: Final = "chalicelib/web/"
"""Where the page's files are in the package."""

_REFERENCE: Final = "chalicelib/reference/reference."
"""What is ours of the reference page. Swagger UI's files are small already."""

_MINIFIERS: Final[Mapping[str, Callable[[str], str]]] = {
    ".css": rcssmin.cssmin,
    ".js": rjsmin.jsmin,
}


def smaller(name: str, content: bytes) -> bytes:
    """Returns a file of the package, smaller if it is a script or a stylesheet of the page."""
    minify = _MINIFIERS.get(PurePosixPath(name).suffix)
    if minify is None or not name.startswith((FOLDER, _REFERENCE)):
        return content
    return minify(content.decode()).encode()
