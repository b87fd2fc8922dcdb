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

_SEPARATORS: Final = re.compile(r"[/\\]")


def own_name(facts: ObjectFacts, rules: tuple[NameRule, ...]) -> str:
    """Returns the name that the first of the rules finds; the last part of the key if none does."""
    for rule in rules:
        if name := _by(rule, facts).strip():
            return name
    return facts.key.rsplit("/", 1)[-1]


def encoded_name(name: str, encoding: str) -> str:
    """Returns the name that says how the bytes are encoded: an archive has no Content-Encoding, so
    nobody decodes them. Of several encodings, the last one shows."""
    last = encoding.rpartition(",")[2].strip().lower()
    extension = _EXTENSIONS.get(last, "")
    return name if name.lower().endswith(extension.lower()) else name + extension


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
    # A value of RFC 5987 comes as (charset, language, text).
    for value in found:
        if isinstance(value, tuple):
            charset, _, text = value
            return _last_part(_in_charset(text, charset))
    return _last_part(decoded_metadata(found[0])) if found else ""


def _in_charset(text: str, charset: str | None) -> str:
    try:
        return text.encode("latin-1").decode(charset or "ascii", "replace")
    except (LookupError, UnicodeError):
        return text


def _last_part(path: str) -> str:
    return _SEPARATORS.split(path.rstrip("/\\"))[-1]
