"""Writes the dashboards' JSON."""

from infra.console import say
from infra.dashboards.written import write
from infra.paths import REPOSITORY


def main() -> None:
    """Writes all dashboards, and says which files."""
    for path in write():
        say(str(path.relative_to(REPOSITORY)))


if __name__ == "__main__":
    main()
