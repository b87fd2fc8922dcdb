"""Reads text from a file or from standard input, as any system writes it."""

import codecs
import os
import re
from pathlib import Path
from typing import Final, TextIO

import click

from longhaul.cli.screen import echo

STDIN: Final = "-"
"""The word that stands for standard input."""

SIZE_MAX: Final = 32 * 1024**2
"""Bytes of a list of files. The API takes less: a request has at most 6 MB, and this is room for
comments and for UTF-16."""

_END: Final = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"

_BOM: Final = "\ufeff"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")

# Windows PowerShell writes UTF-16 to a file (`>`), and marks UTF-8 too.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(what: str, name: str, stdin: TextIO, *, most: int = SIZE_MAX) -> str:
    """Returns the text of the file of this name; `-` is standard input. `most` counts bytes.

    A byte order mark says how the text is encoded. Without one, a file is UTF-8, and standard input
    is what the system says. Raises click.UsageError, which calls the text `what`.
    """
    place = "standard input" if name == STDIN else f"{name[:100]!r}"
    if name == STDIN and stdin.isatty():
        echo(f"Reading {what} from the terminal; {_END} ends.")
    try:
        if name == STDIN:
            raw, usual = stdin.buffer.read(most + 1), stdin.encoding
        else:
            with Path(name).open("rb") as file:
                raw, usual = file.read(most + 1), "utf-8"
        if len(raw) <= most:
            return _decoded(raw, usual)
        why = f"it has over {most:,} bytes"
    except UnicodeDecodeError as error:
        why = f"it is not text in {error.encoding}"
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = getattr(error, "strerror", None) or str(error)
    raise click.UsageError(f"Cannot read {what} from {place}: {why}.")


def line(stdin: TextIO, most: int) -> str:
    """Returns the next line of standard input, which names a job, without spaces at its ends.
    `most` counts bytes. Raises click.UsageError."""
    if stdin.isatty():
        echo("Reading the job from the terminal: its id, its URL, or a share link.")
    try:
        raw = stdin.buffer.readline(most)
        if raw.startswith(codecs.BOM_UTF16_LE) and raw.endswith(b"\n"):
            raw += stdin.buffer.read(1)  # the other half of the line end
        return _decoded(raw, stdin.encoding).strip()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"Standard input is not text in {error.encoding}.") from None


def _decoded(raw: bytes, usual: str) -> str:
    encoding = next((known for mark, known in _MARKS if raw.startswith(mark)), usual)
    return raw.decode(encoding).removeprefix(_BOM)


def lines(text: str) -> list[str]:
    """Returns the lines, without their ends; also those of texts that were put together, where each
    begins with a byte order mark."""
    return [line.removeprefix(_BOM) for line in _LINE_END.split(text)]
