"""The version of the client, as it is installed. chalicelib/version.py alone states it."""

from functools import cache


@cache
def version() -> str:
    """Returns the installed version. The look into the installation takes 27 ms."""
    from importlib.metadata import version as installed

    return installed("longhaul")
