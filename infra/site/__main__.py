"""Builds the documentation's site into build/site: `python -m infra.site`, which is `make site`.

`--pages` only writes the pages of docs/reference/ that are generated, and builds nothing.
"""

import sys
from pathlib import Path
from typing import Final

import click

from infra.console import complain, say, step
from infra.errors import InfraError
from infra.paths import REPOSITORY
from infra.site import environment, pages

BUILT: Final = REPOSITORY / "build" / "site"


def build(into: Path = BUILT) -> Path:
    """Builds the site, and returns its folder.

    Raises PackageError if a link or an anchor leads nowhere, or with another warning of mkdocs.
    """
    mkdocs = environment.program("mkdocs")
    command = [str(mkdocs), "build", "--strict", "--clean", "--site-dir", str(into)]
    environment.run(command, "The site is not as it must be.")
    return into


@click.command()
@click.option("--pages", "only_pages", is_flag=True, help="Write the generated pages alone.")
def main(*, only_pages: bool) -> None:
    """Build the site, with the generated pages as the code is now."""
    try:
        for path in pages.write():
            say(f"Written: {path.relative_to(REPOSITORY)}")
        if only_pages:
            return
        with step("Build site") as note:
            folder = build()
            note(f"{sum(1 for _ in folder.rglob('index.html'))} pages")
        click.echo(folder / "index.html")
    except InfraError as error:
        complain(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
