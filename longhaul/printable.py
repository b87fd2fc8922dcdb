"""Text from elsewhere, made safe to show and to name files by. Pure."""

import re
import unicodedata
from typing import Final

# Control characters, those that turn the direction of text and the like, halves of surrogate pairs,
# line and paragraph separators. The two joiners are format characters too, but emoji and Indic and
# Persian words need them.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"

# ECMA-48: CSI and its parameters, OSC and the other strings up to their end, two-character escapes.
_ESCAPE_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*"
    r"(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)


def printable(text: str, instead: str = "�") -> str:
    """The text with `instead` for each character that is more than a picture on the screen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        instead if unicodedata.category(char) in _UNPRINTABLE and char not in _JOINERS else char
        for char in text
    )


def shown(text: str) -> str:
    """The text for a terminal: one line, no escape sequences, nothing that moves or colours."""
    return printable(_ESCAPE_SEQUENCE.sub("", text).replace("\n", " ").replace("\t", " "))
