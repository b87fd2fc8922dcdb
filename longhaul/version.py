"""The version of the package. `longhaul.__version__` is the same."""

from typing import Final

VERSION: Final = "0.1.0"
