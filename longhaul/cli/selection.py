"""Reads which files a command line names."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from longhaul.cli import texts
from longhaul.cli.texts import STDIN
from longhaul.errors import InvalidRequest

if TYPE_CHECKING:
    from longhaul.answers import Problem
    from longhaul.wanted import Wanted

FILES_MAX: Final = 10_000
"""The most files that one export takes by id or key."""

_JWS: Final = re.compile(r"[\w-]{10,}\.[\w-]+\.[\w-]{10,}", re.ASCII)
"""RFC 7515, section 7.1."""
_SELECTION_MAX: Final = 5 * 1024**2
"""Bytes. The API takes less: its body has at most 6 MB, and the job's request must fit too."""

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
"""An id that is a number in JSON. All others are texts: of 007, a number would not be the same."""
_RANGE: Final = re.compile(r"(0|[1-9][0-9]{0,11})-(0|[1-9][0-9]{0,11})")
_DASHED: Final = re.compile(r"([0-9]{1,15})[\u2010-\u2015\u2212]([0-9]{1,15})")
"""What an editor makes of a range: with another dash, or with a minus sign."""
_SEPARATOR: Final = re.compile(r"[\s,]+")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")

_KINDS: Final = ("id", "key", "prefix")
_FIELDS: Final = (*_KINDS, "name", "version")

_FILE: Final = re.compile(r"/files/([0-9]{1,5})(?:/|$)")
"""A pointer of the API to one of the request's files."""

Id = int | str


def file_ids(words: Sequence[str], stdin: TextIO) -> list[Id]:
    """Returns the ids that the words name: ids, and ranges of numbers (10000-10099, with both
    ends). A word may have several, with commas and spaces between them. The API decides what an id
    looks like.

    The word `-` reads more of them from standard input, where `#` begins a comment; it is the first
    or the last word, as between ids it would be a range with spaces. Raises click.UsageError, which
    names the wrong word.
    """
    ids: list[Id] = []
    for word in _words(words, stdin):
        found = _ids(word)
        if len(ids) + len(found) > FILES_MAX:
            raise _too_many()
        ids.extend(found)
    return ids


def keys(words: Iterable[str], stdin: TextIO) -> list[str]:
    """Returns the keys. The word `-` reads keys from standard input, one a line."""
    found: list[str] = []
    for word in words:
        if word == STDIN:
            read = texts.read("the keys", word, stdin)
            found.extend(line for line in texts.lines(read) if line.strip())
        else:
            found.append(word)
    return found


def wanted(name: str, stdin: TextIO) -> "dict[str, Wanted]":
    """Returns the files in the list of this name, a JSON list of objects, or one object a line: by
    where each is, as "Line 2" or "Entry 2".

    Raises click.UsageError, which names the wrong entry or line by its number.
    """
    text = texts.read("the list of files", name, stdin)
    found = {place: _wanted(place, entry) for place, entry in _entries(text)}
    if not found:
        raise click.UsageError("The list of --files is empty.")
    if len(found) > FILES_MAX:
        raise _too_many()
    return found


@contextmanager
def placed(places: Sequence[str]) -> Iterator[None]:
    """Has a refusal say where in the list of --files its files are. The API counts them from 0, and
    knows no blank lines."""
    try:
        yield
    except InvalidRequest as error:
        error.problem = _replaced(error.problem, places)
        raise


def _replaced(problem: "Problem", places: Sequence[str]) -> "Problem":
    def placed(pointer: str) -> str:
        found = _FILE.match(pointer)
        if not found or int(found[1]) >= len(places):
            return pointer
        field = pointer[found.end() :]
        return f"{places[int(found[1])]} of --files{f', {field}' if field else ''}"

    return problem.repointed(placed)


def signed(name: str, stdin: TextIO) -> str:
    """Returns the signed selection in the file of this name, or on standard input.

    Raises click.UsageError, which never quotes what may be a selection.
    """
    if _JWS.fullmatch(name):
        raise click.UsageError(
            "--selection takes a file. A selection itself would be seen in the list of processes."
        )
    text = texts.read("the selection", name, stdin, most=_SELECTION_MAX).strip()
    if not _JWS.fullmatch(text):
        raise click.UsageError(
            f"{name[:100]!r} has no signed selection: that is three parts of base64url with dots "
            "between them."
        )
    return text


def _too_many() -> click.UsageError:
    return click.UsageError(
        f"One export takes at most {FILES_MAX:,} files. Divide it, or use a --prefix."
    )


# -- ids -------------------------------------------------------------------------------------------


def _words(words: Sequence[str], stdin: TextIO) -> Iterator[str]:
    if STDIN in words[1:-1]:
        raise _spaced()
    for word in words:
        if word == STDIN:
            for line in texts.lines(texts.read("the ids", word, stdin)):
                yield from _separated(_COMMENT.sub("", line))
        else:
            yield from _separated(word)


def _separated(text: str) -> list[str]:
    return [word for word in _SEPARATOR.split(text) if word]


def _spaced() -> click.UsageError:
    return click.UsageError(
        "A - between ids is no range: write 10001-10003, without spaces. If it is standard input, "
        "name it last."
    )


def _ids(word: str) -> range | tuple[Id]:
    if word == STDIN:
        raise _spaced()
    if found := _DASHED.fullmatch(word):
        raise click.UsageError(
            f"The dash in {word} is no hyphen. If it is a range, write {found[1]}-{found[2]}; if "
            "it is an id, name it in --files."
        )
    if _NUMBER.fullmatch(word):
        return (int(word),)
    found = _RANGE.fullmatch(word)
    if not found:
        return (word,)
    first, last = int(found[1]), int(found[2])
    if last < first:
        raise click.UsageError(
            f"The range {word} ends before it begins. If it is an id, name it in --files."
        )
    return range(first, last + 1)


# -- lists of files --------------------------------------------------------------------------------


def _entries(text: str) -> Iterator[tuple[str, Any]]:
    """Yields each value in the text, with its name for an error."""
    if text.lstrip().startswith("["):
        yield from ((f"Entry {i}", entry) for i, entry in enumerate(_json("The list", text), 1))
        return
    for number, line in enumerate(texts.lines(text), 1):
        if line.strip():
            yield f"Line {number}", _json(f"Line {number}", line)


def _json(place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        why = "too deep"
    except json.JSONDecodeError as error:
        at = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}"
        why = f"{error.msg} at {at}"
    except ValueError as error:  # a number of thousands of digits
        why = str(error)
    raise _wrong(place, f"it is not JSON ({why})")


def _wanted(place: str, entry: Any) -> "Wanted":
    if not isinstance(entry, dict):
        raise _wrong(place, 'it must be an object, like {"id": 10001, "name": "a/b.pdf"}')
    said: Any = {name: value for name, value in entry.items() if value is not None}
    unknown = next((name for name in said if name not in _FIELDS), None)
    if unknown is not None:
        raise _wrong(place, f"{unknown[:60]!r} is none of {', '.join(_FIELDS)}")
    if sum(kind in said for kind in _KINDS) != 1:
        raise _wrong(place, "it needs one of id, key and prefix, and no two of them")
    for name, value in said.items():
        is_number = name == "id" and isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, str) and not is_number:
            raise _wrong(place, f"its {name} must be a text{' or a number' * (name == 'id')}")
    wanted: Wanted = said
    return wanted


def _wrong(place: str, why: str) -> click.UsageError:
    return click.UsageError(f"{place} of --files is wrong: {why}.")
