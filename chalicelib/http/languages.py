"""Which of the languages that there are a browser asks for. Pure."""

import re
from collections.abc import Collection
from typing import Final

DEFAULT: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar"})

_READ: Final = 500
"""Characters of the header that are read. Browsers send fewer than 100."""

_WISH: Final = re.compile(
    r"(\*|[a-z]{1,8})(?:-[a-z0-9]{1,8})*(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?",
    re.ASCII | re.IGNORECASE,
)
"""A language range and its weight. RFC 9110, sections 12.4.2 and 12.5.4; RFC 4647, section 2.1."""


def preferred(accept_language: str, known: Collection[str]) -> str:
    """Returns the language of these that the header Accept-Language asks for most; DEFAULT if it
    asks for none of them. The first part of a tag decides: "de-AT" asks for "de". What is no
    language range is passed over. `known` are primary tags in lower case."""
    weights: dict[str, float] = {}
    for item in accept_language[:_READ].split(","):
        wish = _WISH.fullmatch(item.strip(" \t"))
        if wish:
            language, weight = wish[1].lower(), float(wish[2] or 1)
            weights[language] = max(weight, weights.get(language, 0))
    best = max((w for w in weights if w in known), key=weights.__getitem__, default="")
    return best if best and weights[best] > 0 else DEFAULT
