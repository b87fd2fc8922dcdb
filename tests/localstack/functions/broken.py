"""A function that cannot be loaded."""

from typing import Any

import a_package_that_no_one_has  # type: ignore[import-not-found]  # noqa: F401 - the bug


def handler(event: dict[str, Any], context: Any) -> Any:
    return None
