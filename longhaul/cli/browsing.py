"""The command `longhaul ls`: what there is to export, folder by folder."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import click

from longhaul.cli import exits, tables, words
from longhaul.cli.options import PROGRAM, Run, common, source_option
from longhaul.errors import InvalidRequest, NotFound
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Folder, Listing, SourceFile
    from longhaul.client import Client

_MOST: Final = 100
_PAGE_MAX: Final = 1_000
"""Folders and files of a page: one request of the API to S3."""

_NAMED_AT_ONCE: Final = 100
"""Files whose own names one request looks up."""

_COLUMNS: Final = (
    tables.Column("SIZE", is_right=True),
    tables.Column("CHANGED", rank=2),
    tables.Column("FILE", is_cut=True),
    tables.Column("NAME", rank=1, is_cut=True),
)


@click.command(name="ls", short_help="List folders and files that can be exported.")
@click.argument("prefix", metavar="[PREFIX]", required=False)
@source_option
@click.option("-n", "--limit", type=click.IntRange(min=1), help=f"At most so many.  [{_MOST}]")
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@click.option(
    "--names",
    type=click.Choice(["own", "key"]),
    default="own",
    help="Show the own name of each file too, or only what its key says.  [own]",
)
@common
def ls(  # noqa: PLR0913 - the options of the command
    run: Run,
    *,
    prefix: str | None,
    source: str | None,
    limit: int | None,
    is_all: bool,
    names: str,
) -> int:
    """List the folders and files below PREFIX: size, last change, and the own name that a file has
    besides its key. A file that cannot be exported has the reason below it.

    In a pipe there is no header, and tabs are between the columns: the whole key or prefix, size in
    bytes, last change, own name, reason. A folder has only its prefix, which ends with a slash.

    \b
      longhaul ls
      longhaul ls reports/2024/
      longhaul ls reports/ | cut -f1 | grep -v /$ | longhaul export --keys -
    """
    if limit and is_all:
        raise click.UsageError("Use either --limit or --all, not both.")
    most = None if is_all else limit or _MOST
    with run.client() as client:
        listing = _first(client, prefix, source, most)
        entries = _Entries(client, listing, names if not run.is_json else "key")
        found = islice(entries.all(source), most)
        count = _as_json(run, found) if run.is_json else _as_table(run, listing, source, found)
    if not count:
        run.screen.say(_nothing(listing, prefix))
        if not prefix and not run.given.configured:
            run.screen.say("If it is yours, put sample files there: make seed")
        return exits.NOT_FOUND if prefix else exits.OK
    if count == most and entries.has_more:
        run.screen.say(f"These are the first {most:,}. --all lists all, -n as many as you say.")
    return exits.OK


Entry = tuple["Folder | SourceFile", str]
"""A folder, or a file and its own name."""


class _Entries:
    """What is in a folder, page by page. `has_more`: not all has been asked for yet."""

    def __init__(self, client: "Client", first: "Listing", names: str) -> None:
        self._client = client
        self._page = first
        self._has_names = names == "own"
        self.has_more = False

    def all(self, source: str | None) -> Iterator[Entry]:
        while True:
            page = self._page
            # If the reader stops within the page, the rest of it is more.
            self.has_more = True
            yield from ((folder, "") for folder in page.folders)
            for start in range(0, len(page.files), _NAMED_AT_ONCE):
                yield from self._named(page.files[start : start + _NAMED_AT_ONCE], source)
            self.has_more = page.cursor is not None
            if page.cursor is None:
                return
            self._page = self._client.folder(
                page.prefix, source=source, limit=_PAGE_MAX, cursor=page.cursor
            )

    def _named(self, files: "Sequence[SourceFile]", source: str | None) -> Iterator[Entry]:
        """Yields the files with their own names, as the archive may have them."""
        known: dict[int | str, str] = {}
        if self._has_names and files:
            try:
                keys = [file.key for file in files]
                checked = self._client.check_many(keys=keys, source=source)
                known = {one.file: one.name for one in checked if one.name}
            except (InvalidRequest, NotFound):  # An older API checks no keys.
                self._has_names = False
        for file in files:
            name = known.get(file.key, "")
            yield file, "" if name == file.name else name


def _first(client: "Client", prefix: str | None, source: str | None, most: int | None) -> "Listing":
    """Returns the first page. A folder may be named without the slash at its end."""
    limit = min(most or _PAGE_MAX, _PAGE_MAX)
    found = client.folder(prefix, source=source, limit=limit)
    is_folder = [folder.prefix for folder in found.folders] == [f"{prefix}/"]
    if is_folder and not found.files and found.cursor is None:
        return client.folder(f"{prefix}/", source=source, limit=limit)
    return found


def _as_json(run: Run, found: Iterator[Entry]) -> int:
    count = 0
    for entry, _ in found:
        run.answer(entry)
        count += 1
    return count


def _as_table(run: Run, listing: "Listing", source: str | None, found: Iterator[Entry]) -> int:
    first = next(found, None)
    if first is None:
        return 0
    run.screen.say(_heading(listing, source))
    return tables.show(_COLUMNS, (_row(*one) for one in chain([first], found)))


def _row(entry: Any, name: str) -> tables.Row:
    if not hasattr(entry, "key"):
        place = shown(entry.prefix)
        return tables.Row(("", "", f"{shown(entry.name)}/", ""), plain=(place,))
    why = words.why(entry.unreadable.reason, entry.unreadable.detail) if entry.unreadable else ""
    when, own = words.moment(entry.last_modified), shown(name)
    plain = (shown(entry.key), f"{entry.size}", when, own, why)
    return tables.Row(
        (words.size(entry.size), when[: -len(":00")], shown(entry.name), own),
        below=(f"cannot be exported: {why}",) if why else (),
        plain=plain,
    )


def _heading(listing: "Listing", source: str | None) -> str:
    """Says where the reader is: what to put before a name to have the whole prefix."""
    folder = listing.prefix[: listing.prefix.rfind("/") + 1]
    place = f"In {shown(folder)}" if folder else "At the top"
    others = [shown(name) for name in listing.sources if name != listing.source]
    if not others:
        return f"{place}:"
    more = "" if source else f" Others, with --source: {', '.join(others)}."
    return f"{place} of source {shown(listing.source)}:{more}"


def _nothing(listing: "Listing", prefix: str | None) -> str:
    if prefix:
        return f"Nothing begins with {shown(prefix)!r}. See what there is: {PROGRAM} ls"
    return (
        "There are no files yet. Whoever runs this stack puts them into its source bucket"
        f"{f', under {shown(listing.top_prefix)}' if listing.top_prefix else ''}."
    )
