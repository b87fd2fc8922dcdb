"""The pages of docs/reference/ that are generated: committed, so that a git host shows them too."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from infra.paths import REPOSITORY
from infra.site import api, command_line, javascript_client, metrics, python_client

GENERATED: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/api.md": api.made,
    "docs/reference/javascript-client.md": javascript_client.made,
    "docs/reference/metrics.md": metrics.made,
    "docs/reference/options.md": command_line.made,
    "docs/reference/python-client.md": python_client.made,
}
"""What makes each page, by its path in the repository."""


def write() -> list[Path]:
    """Writes the pages that are not as the code is now. Returns their paths."""
    changed = []
    for name, made in GENERATED.items():
        path, text = REPOSITORY / name, made()
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    return changed
