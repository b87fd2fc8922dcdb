"""The pages of docs/reference/ that are generated: committed, so that a git host shows them too."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from infra.paths import REPOSITORY

GENERATED: Final[Mapping[str, Callable[[], str]]] = {}
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
