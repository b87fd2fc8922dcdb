"""The command `longhaul check`: whether files can be exported."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import exits, selection, tables, words
from longhaul.cli.options import Run, common, source_option
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Checked

_COLUMNS: Final = (
    tables.Column("FILE", is_cut=True, least=8),
    tables.Column("STATE"),
    tables.Column("SIZE", is_right=True),
    tables.Column("NAME", rank=1, is_cut=True),
)


@click.command(short_help="Show whether files can be exported.")
@click.argument("files", nargs=-1, metavar="FILE...", required=True)
@click.option("--keys", "are_keys", is_flag=True, help="FILEs are keys in the source bucket.")
@source_option
@common
def check(run: Run, files: tuple[str, ...], *, are_keys: bool, source: str | None) -> int:
    """Show whether each FILE can be exported. If not, show why: it is missing, or cannot be read.
    The exit code is then 3.

    FILEs are as in `longhaul export`: ids, ranges of ids, or - to read them from standard input.
    """
    found = _Found()
    with run.client() as client:
        if are_keys:
            several = client.check_many(keys=selection.keys(files, sys.stdin), source=source)
        else:
            ids = selection.file_ids(files, sys.stdin)
            several = client.check_many(file_ids=ids, source=source)
        several = found.watched(several)
        if run.is_json:
            for one in several:
                spelled = {} if are_keys else {"fileId": one.file, "file_id": one.file}
                run.answer(one, **spelled)
        else:
            tables.show(_COLUMNS, map(_row, several))
    return exits.OK if found.are_all_there else exits.NOT_FOUND


class _Found:
    """Whether all files that went by can be exported."""

    are_all_there = True

    def watched(self, files: "Iterator[Checked]") -> "Iterator[Checked]":
        for one in files:
            self.are_all_there &= one.available
            yield one


def _row(one: "Checked") -> tables.Row:
    file, name = shown(str(one.file)), shown(one.name or "")
    if one.available:
        size = words.size(one.size or 0)
        return tables.Row(
            (file, "available", size, name), plain=(file, "available", size, *([name] * bool(name)))
        )
    reason = one.reason or words.MISSING
    if reason == words.MISSING or not one.detail:
        return tables.Row((file, shown(reason), "", name), plain=(file, shown(reason)))
    why = shown(one.detail)
    return tables.Row(
        (file, shown(reason), "", name), below=(why,), plain=(file, shown(reason), why)
    )
