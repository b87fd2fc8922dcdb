"""The name that a file has of its own, and how its encoding shows in it. Pure."""

import re
from email.message import Message
from typing import Any, Final
from urllib.parse import unquote

from chalicelib.s3.objects import ObjectFacts, decoded_metadata
from chalicelib.settings import NameRule

_EXTENSIONS: Final = {
    "gzip": ".gz",
    "x-gzip": ".gz",
    "br": ".br",
    "zstd": ".zst",
    "compress": ".Z",
    "x-compress": ".Z",
    "deflate": ".deflate",
}
"""What a file is called whose bytes have such a Content-Encoding.
https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding"""

_TOLD_ALREADY: Final = {".gz": (".gz", ".tgz", ".taz", ".svgz")}
"""Other endings that say so, too. Clients that take the encoding from the name send `gzip` with
them, as with `.gz` (suffix_map of Python's mimetypes)."""

_SEPARATORS: Final = re.compile(r"[/\\]")


def own_name(facts: ObjectFacts, rules: tuple[NameRule, ...]) -> str:
    """Returns the name that the first of the rules finds; the last part of the key if none does."""
    for rule in rules:
        if name := _by(rule, facts).strip():
            return name
    return facts.key.rsplit("/", 1)[-1]


def encoded_name(name: str, encoding: str) -> str:
    """Returns the name that says how the bytes are encoded: an archive has no Content-Encoding, so
    nobody decodes them. Several encodings show in the order in which they were applied, unless the
    name ends with the last one already."""
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    endings = [_EXTENSIONS.get(coding, "") for coding in codings]
    if not endings[-1] or _tells(name, endings[-1]):
        return name
    for ending in endings:
        name = name if _tells(name, ending) else name + ending
    return name


def _tells(name: str, ending: str) -> bool:
    return name.lower().endswith(_TOLD_ALREADY.get(ending, (ending.lower(),)))


def _by(rule: NameRule, facts: ObjectFacts) -> str:
    if rule == "content-disposition":
        return _disposition_filename(facts.disposition or "")
    given = decoded_metadata(facts.metadata.get("filename", "").strip())
    return given if rule == "metadata" else _percent_decoded(given)


def _percent_decoded(text: str) -> str:
    """Returns the text with its %-escapes decoded as UTF-8 (RFC 3986, section 2.1); as it is if
    they are something else."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _disposition_filename(header: str) -> str:
    """Returns the filename in a Content-Disposition, without the folders before it; empty if there
    is none. `filename*` wins over `filename` (RFC 6266, section 4.3)."""
    message = Message()
    message["Content-Disposition"] = header
    try:
        params: Any = message.get_params([], "Content-Disposition")
    except TypeError:  # from `filename*=a; filename*0*=b`, which email.utils cannot sort
        return ""
    found = [value for name, value in params if name.lower() == "filename" and value]
    # A value of RFC 5987 comes as (charset, language, text). One that nobody can decode is ignored
    # if there is another (section 3.2.1).
    given = [value for value in found if isinstance(value, tuple)]
    decoded = [_in_charset(text, charset) for charset, _, text in given]
    plain = [decoded_metadata(value) for value in found if not isinstance(value, tuple)]
    texts = [text for text in (*decoded, *plain) if text] or [text for _, _, text in given]
    return next(filter(None, map(_last_part, texts)), "")


def _in_charset(text: str, charset: str | None) -> str:
    """Returns the text; empty if the charset is none that is known."""
    try:
        return text.encode("latin-1").decode(charset or "", "replace")
    except (LookupError, UnicodeError):
        return ""


def _last_part(path: str) -> str:
    return _SEPARATORS.split(path.rstrip("/\\"))[-1]
