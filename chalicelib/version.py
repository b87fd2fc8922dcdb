"""The version of Longhaul. Only this file states it.

pyproject.toml reads it for the client, and the client asks its own installation. The deployed
package has this file, and no metadata of an installation.
"""

from typing import Final

VERSION: Final = "0.1.0"
