"""Reads which files a command line names."""

import re
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final, TextIO

import click

FILES_MAX: Final = 10_000
"""The most files that one export takes by id or key."""

STDIN: Final = "-"
"""The word that stands for standard input."""

_JWS: Final = re.compile(r"[\w-]{10,}\.[\w-]+\.[\w-]{10,}", re.ASCII)
"""RFC 7515, section 7.1."""
_SELECTION_MAX: Final = 5 * 1024**2
"""Characters. The API takes less: its body has at most 6 MB, and the job's request must fit too."""

_IDS: Final = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,12}))?")


def file_ids(words: Iterable[str], stdin: TextIO) -> list[int]:
    """Returns the ids that the words name: ids, and ranges (10000-10099, with both ends).

    The word `-` reads more of them from standard input, where `#` begins a comment. Raises
    click.UsageError, which names the wrong word.
    """
    ids: list[int] = []
    for word in _words(words, stdin):
        found = _range(word)
        if len(ids) + len(found) > FILES_MAX:
            raise click.UsageError(
                f"One export takes at most {FILES_MAX:,} files. Divide it, or use --prefix."
            )
        ids.extend(found)
    return ids


def keys(words: Iterable[str], stdin: TextIO) -> list[str]:
    """Returns the keys. The word `-` reads keys from standard input, one a line."""
    found: list[str] = []
    for word in words:
        if word == STDIN:
            found.extend(_lines(stdin))
        else:
            found.append(word)
    return found


def signed(name: str, stdin: TextIO) -> str:
    """Returns the signed selection in the file of this name, or on standard input.

    Raises click.UsageError, which never quotes what may be a selection.
    """
    if _JWS.fullmatch(name):
        raise click.UsageError(
            "--selection takes a file. A selection itself would be seen in the list of processes."
        )
    try:
        with nullcontext(stdin) if name == STDIN else Path(name).open(encoding="ascii") as file:
            text = file.read(_SELECTION_MAX + 1).strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not ASCII text"
        raise click.UsageError(f"Cannot read the selection in {name[:100]!r}: {why}.") from None
    if not _JWS.fullmatch(text):
        raise click.UsageError(
            f"{name[:100]!r} has no signed selection: that is three parts of base64url with dots "
            "between them."
        )
    return text


def _words(words: Iterable[str], stdin: TextIO) -> Iterator[str]:
    for word in words:
        if word == STDIN:
            for line in _lines(stdin):
                yield from line.partition("#")[0].split()
        else:
            yield word


def _lines(stdin: TextIO) -> Iterator[str]:
    try:
        yield from (text for line in stdin if (text := line.rstrip("\n")))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"Standard input is not text in {error.encoding}.") from None


def _range(word: str) -> range:
    found = _IDS.fullmatch(word)
    if not found:
        raise click.UsageError(
            f"{word[:60]!r} is not a file id or a range like 10000-10099. For keys, use --keys."
        )
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if last < first:
        raise click.UsageError(f"The range {word} ends before it begins.")
    return range(first, last + 1)
