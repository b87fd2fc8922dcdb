"""Names that somebody's reader trips over, for the tests of names."""

import string
from random import Random

from hypothesis import strategies as st

LONG_S, KELVIN, DOTTED_I, DOTLESS_I = "\u017f", "\u212a", "\u0130", "\u0131"
ALPHA_IOTA, ALPHA_WITH_IOTA = "\u03b1\u03b9", "\u1fb3"  # equal when case does not count
ACCENTED, ACCENTED_AS_TYPED = "\u1fb4", "\u03b1\u0345\u0301"  # equal when brought in order
COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"
JOINER, NO_BREAK_SPACE = "\u200d", "\u00a0"

PATHS = ["..", ".", "", "/", "\\", "C:", "c:..", "C:C:", "~", "\uff0f", "a.", "a b", ".htaccess"]
PATHS += ["a/", "//a", "a//b", "./a", "a/../b", "...", " ", " a", "a ", "a. .", "_", "__", "a_"]
CHARACTERS = [
    "\0",
    "\n",
    "\x7f",
    "\x85",
    "\ud800",
    "\u202e",
    "\u2028",
    "\uffff",
    "\ufdd0",
    "\ufffd",
]
CHARACTERS += [*'<>:"|?*', LONG_S, KELVIN, DOTTED_I, DECOMPOSED, "ß", "😀", "\U0010ffff", "\ufeff"]
CHARACTERS += [JOINER, NO_BREAK_SPACE, "\uff1a", "\uf03a", "\u226e", "\u037e"]
LONG = ["a" * 300, "a" * 250 + ".txt", "x" * 251 + "é.tar.gz", "😀" * 70, "n/" * 90, "日" * 90]
LONG += ["nul" + " " * 250 + "x.pdf", "." * 250 + "x", "x" * 197 + ";12345", "ä:" * 70]
MANIFESTS = ["manifest.json", "Manifest.JSON", f"manife{LONG_S}t.json", "manifest (2).json"]
TWINS = ["a", "A", "b", "a/b", "A/B", "a/b/c", "a (2)", "a (2)/b", "a.txt", "A.TXT", "ß", "SS"]
TWINS += ["a?", "a*", "a:/b", "a_/b", "a_", "a_ (2)", "a;1", "a;", "a.", "i", "I", DOTLESS_I]
FOREIGN_TWINS = [COMPOSED, DECOMPOSED, "É", ALPHA_IOTA, ALPHA_WITH_IOTA, KELVIN, "k", LONG_S, "s"]
FOREIGN_TWINS += [ACCENTED, ACCENTED_AS_TYPED, "k" + JOINER, "k" + NO_BREAK_SPACE]
LONG_TWINS = ["x" * 200, "x" * 201, "x" * 199 + "é", "x" * 196 + " (2)", "é" * 127, "é" * 128]
LONG_TWINS += [
    "y" * 140 + "/a",
    "y" * 141 + "/a",
    "y" * 139 + ":/a",
    "y" * 139 + "_",
    "Y" * 141 + "/A",
]
DEVICES = ["CON", "nul", "Aux.txt", "prn .x", "COM1", "lpt9.tar.gz", "com\xb9", "CONIN$", "nul" * 2]

parts = st.sampled_from(PATHS + CHARACTERS + LONG + MANIFESTS + DEVICES) | st.text(st.characters())
lists_of_parts = st.lists(parts, max_size=6)
raw_names = lists_of_parts.map("/".join) | lists_of_parts.map("".join)
colliding_parts = st.sampled_from(TWINS + FOREIGN_TWINS + LONG_TWINS + MANIFESTS + DEVICES)
colliding_paths = st.lists(colliding_parts, min_size=1, max_size=3).map("/".join)
colliding = st.lists(colliding_parts | colliding_paths | raw_names, max_size=25)


def keys(count: int, seed: int) -> list[str]:
    """Returns so many different keys as S3 takes them: valid UTF-8, at most 1,024 bytes."""
    random = Random(seed)
    words = [*TWINS, *FOREIGN_TWINS, *LONG_TWINS, *PATHS, *CHARACTERS, *LONG, *DEVICES, *MANIFESTS]
    words = [word for word in words if not _is_surrogate(word)]
    found: dict[str, None] = {}
    while len(found) < count:
        key = random.choice(("/", "", ":", "\\")).join(
            random.choice(words) if random.random() < 0.7 else _text(random)
            for _ in range(random.randrange(1, 5))
        )
        if 0 < len(key.encode()) <= 1_024:
            found[key] = None
    return list(found)


def _text(random: Random) -> str:
    if random.random() < 0.5:
        return "".join(random.choices(string.printable, k=random.randrange(1, 12)))
    points = (chr(random.randrange(0x110000)) for _ in range(random.randrange(1, 6)))
    return "".join(char for char in points if not _is_surrogate(char))


def _is_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
