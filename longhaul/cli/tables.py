"""Prints rows: on a terminal as columns that fit it, with a header; in a pipe with tabs between
them, whole and without a header, as scripts read them.

A column says what may be done to it where there is no room. Cells must be safe to print already
(`longhaul.printable.shown`). A character of East Asia takes two columns of the terminal.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import click

_GAP: Final = "  "
_ROOM: Final = 80
"""Columns of a terminal that does not say how many it has."""

_BATCH: Final = 100
"""Rows that are looked at before the first one is printed: the widths are theirs."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `rank`: where there is no room, the column of the highest one goes first; 0 stays. `is_cut`:
    its cells may be cut in their middle, down to `least` columns of the terminal. `is_below`: where
    there is no room, it gets a line of its own. A column without any cell is not shown.
    """

    title: str
    rank: int = 0
    is_cut: bool = False
    is_right: bool = False
    is_below: bool = False
    least: int = 14


@dataclass(frozen=True, slots=True)
class Row:
    """A row. `below` are texts that follow it, each on lines of its own. In a pipe, `plain` are the
    cells in place of `cells`."""

    cells: Sequence[str]
    below: Sequence[str] = ()
    plain: Sequence[str] | None = None


def show(columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Prints the rows, as they come, on standard output. Returns how many they are."""
    if not is_terminal():
        return _with_tabs(rows)
    count, layout, waiting = 0, None, iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        if layout is None:
            layout = Layout.of(columns, [row.cells for row in batch], room())
            for line in layout.header():
                click.echo(_styled(line, bold=True))
        for row in batch:
            for place, line in enumerate(layout.lines(row)):
                click.echo(_styled(line, dim=True) if place else line)
        count += len(batch)
    return count


def _with_tabs(rows: Iterable[Row]) -> int:
    count = 0
    for row in rows:
        click.echo("\t".join(row.cells if row.plain is None else row.plain))
        count += 1
    return count


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def room() -> int:
    """Returns the columns of the terminal, or what COLUMNS says."""
    return shutil.get_terminal_size((_ROOM, 24)).columns


def _styled(line: str, **how: bool) -> str:
    has_colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in (
        "dumb",
        "unknown",
    )
    return click.style(line, **how) if has_colour else line


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns lie in a terminal: those that are shown beside each other, with the width of
    each, and those that follow in a line of their own."""

    columns: Sequence[Column]
    widths: dict[int, int]
    below: tuple[int, ...]
    room: int

    @classmethod
    def of(cls, columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> "Layout":
        """Returns the layout that fits into this number of columns of a terminal."""
        widths = {
            i: max(width(text) for text in (column.title, *(row[i] for row in rows)))
            for i, column in enumerate(columns)
            if any(row[i] for row in rows)
        }
        below: tuple[int, ...] = ()
        for drop in _ways_out(columns, widths):
            if _least(columns, widths) <= room:
                break
            del widths[drop]
            if columns[drop].is_below:
                below = (*below, drop)
        _cut_down(columns, widths, room)
        return cls(columns, widths, tuple(sorted(below)), room)

    def header(self) -> Iterator[str]:
        """Yields the lines of the header."""
        yield from self._lines([column.title for column in self.columns])

    def lines(self, row: Row) -> Iterator[str]:
        """Yields the lines of a row."""
        yield from self._lines(row.cells)
        for text in row.below:
            yield from wrapped(text, self.room, _GAP)

    def _lines(self, cells: Sequence[str]) -> Iterator[str]:
        yield _GAP.join(self._cell(i, cells[i]) for i in self.widths).rstrip()
        for i in self.below:
            if cells[i]:
                yield from wrapped(cells[i], self.room, _GAP)

    def _cell(self, i: int, text: str) -> str:
        room = self.widths[i]
        text = cut(text, room) if self.columns[i].is_cut else text
        space = " " * (room - width(text))
        return space + text if self.columns[i].is_right else text + space


def _ways_out(columns: Sequence[Column], widths: dict[int, int]) -> list[int]:
    """Returns the columns that may go, in the order in which they go: first those that get a line
    of their own, as nothing is lost then."""
    below = [i for i in widths if columns[i].is_below]
    ranked = [i for i in widths if columns[i].rank and not columns[i].is_below]
    return [*below, *sorted(ranked, key=lambda i: -columns[i].rank)]


def _least(columns: Sequence[Column], widths: dict[int, int]) -> int:
    """Returns the columns of a terminal that these need, cut as far as they may be."""
    needs = [min(w, columns[i].least) if columns[i].is_cut else w for i, w in widths.items()]
    return sum(needs) + len(_GAP) * (len(needs) - 1)


def _cut_down(columns: Sequence[Column], widths: dict[int, int], room: int) -> None:
    """Takes what is too much from the columns that may be cut, from the widest first."""
    over = sum(widths.values()) + len(_GAP) * (len(widths) - 1) - room
    may_be_cut = [i for i in widths if columns[i].is_cut]
    while over > 0 and may_be_cut:
        widest = max(may_be_cut, key=lambda i: widths[i])
        if widths[widest] <= 1:
            return
        widths[widest] -= 1
        over -= 1


# -- text in a terminal ----------------------------------------------------------------------------


def width(text: str) -> int:
    """Returns how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, room: int) -> str:
    """Returns the text, cut in its middle to this number of columns: names differ at both ends, and
    the end says what kind of file it is."""
    if width(text) <= room:
        return text
    tail = _begin(text[::-1], (room - 1) // 2)[::-1]
    return f"{_begin(text, room - 1 - width(tail))}…{tail}"


def _begin(text: str, room: int) -> str:
    taken = 0
    for place, char in enumerate(text):
        taken += width(char)
        if taken > room:
            return text[:place]
    return text


def wrapped(text: str, room: int, indent: str) -> Iterator[str]:
    """Yields the lines of a text of words, each with this indent. A word that is longer than a line
    is broken."""
    line = ""
    for word in text.split(" "):
        if line and width(f"{indent}{line} {word}") > room:
            yield indent + line
            line = ""
        line = f"{line} {word}" if line else word
        while width(indent + line) > room > len(indent) + 1:
            begin = _begin(line, room - len(indent))
            yield indent + begin
            line = line[len(begin) :]
    yield indent + line
