"""How fields are spelled: camelCase in requests and answers. Inside, and in what is stored, they
are snake_case, which requests may say too: so they were spelled once. Pure."""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from chalicelib.errors import FieldError

CAMEL: Final = {
    "file_id": "fileId",
    "file_ids": "fileIds",
    "on_missing": "onMissing",
    "on_unreadable": "onUnreadable",
    "user_id": "userId",
    "expires_in": "expiresIn",
}
"""The spelling outside, by the one inside, of each field that has two words."""

_INNER: Final = {camel: inner for inner, camel in CAMEL.items()}

Sent = Mapping[str, str]
"""How the fields of a request were spelled, by their spelling inside."""

NOTHING: Final[Sent] = {}

_Value = TypeVar("_Value")


def outer(name: str) -> str:
    """Returns the spelling outside of a field."""
    return CAMEL.get(name, name)


def twice(fields: Collection[str], known: Collection[str], slash: str = "/") -> list[FieldError]:
    """Returns an error for each field that a request has in both spellings. `known` are the fields
    that it may have, as they are spelled inside: no other field has two spellings. `slash` is what
    their pointers begin with; empty for a query."""
    return [
        FieldError(f"{slash}{camel}", f"must not be given with {inner}: they are the same field")
        for inner, camel in CAMEL.items()
        if inner in known and inner in fields and camel in fields
    ]


def read(fields: Mapping[str, _Value], known: Collection[str]) -> tuple[dict[str, _Value], Sent]:
    """Returns the fields of a request as they are spelled inside, and how they were sent. `known`
    is that of `twice`, which has found nothing."""
    sent = {inner if (inner := _INNER.get(name, name)) in known else name: name for name in fields}
    return {inner: fields[name] for inner, name in sent.items()}, sent


def as_sent(pointer: str, sent: Sent) -> str:
    """Returns a JSON pointer, or the name of a parameter, with its first field as it was sent. A
    field that was not sent is spelled as outside."""
    slash, name = "/" * pointer.startswith("/"), pointer.removeprefix("/")
    field, *more = name.split("/", 1)
    return slash + "/".join([sent.get(field) or outer(field), *more])
