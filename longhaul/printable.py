"""Makes text from a server safe to print and to use in file names. Does no I/O."""

import re
import unicodedata
from typing import Final

# Control characters, format characters (some change the direction of text), single surrogates, line
# and paragraph separators. The two joiners are format characters too, but emoji and words in Indic
# languages and Persian need them.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"

# ECMA-48: CSI with its parameters; OSC and other strings up to their end; two-character escapes.
_ESCAPE_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*"
    r"(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)


def printable(text: str, instead: str = "�") -> str:
    """Returns the text with `instead` in place of each character that is not visible text."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        instead if unicodedata.category(char) in _UNPRINTABLE and char not in _JOINERS else char
        for char in text
    )


def shown(text: str) -> str:
    """Returns the text for a terminal: one line, without escape or control sequences."""
    return printable(_ESCAPE_SEQUENCE.sub("", text).replace("\n", " ").replace("\t", " "))
