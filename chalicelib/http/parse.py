"""Turns what a caller has sent into a valid request, or into an error that names each mistake."""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from chalicelib.errors import (
    BodyTooLarge,
    FieldError,
    MalformedBody,
    UnsupportedMediaType,
    invalid,
)
from chalicelib.http import beyond, faults, schemas, spelling
from chalicelib.http.faults import escaped, raise_for, shown
from chalicelib.http.spelling import NOTHING, Sent
from chalicelib.jobs.request import ExportRequest, FileId, Notify, Wanted
from chalicelib.named_sources import Source
from chalicelib.settings import Settings

_JSON_TYPE: Final = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_QUERY: Final = ("user_id",)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


_Value = TypeVar("_Value")


def export_request(body: bytes, content_type: str | None, settings: Settings) -> ExportRequest:
    """Returns the request that the body of `POST /v1/export` makes. Raises what `json_body`
    raises."""
    return _export(*json_body(body, content_type, "export", settings), settings)


def selection(body: bytes, content_type: str | None, settings: Settings) -> tuple[str, bool] | None:
    """Returns (the signed selection, fresh) of the body of `POST /v1/export`; None if it has no
    selection. Raises what `json_body` raises."""
    if b'"selection"' not in body:
        return None
    _check_size(body, settings)  # nobody knows yet who calls
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None  # whoever reads the request says what is wrong with it
    if not isinstance(content, dict) or "selection" not in content:
        return None
    asked, _ = json_body(body, content_type, "selection", settings)
    return asked["selection"], asked.get("fresh", False)


def valid_export(asked: dict[str, Any], settings: Settings, sent: Sent = NOTHING) -> ExportRequest:
    """Returns the request that these fields make, which obey the same rules as a body's. They are
    spelled as inside; `sent` is how they were sent. Raises InvalidRequest."""
    _validate("export", asked, settings, sent)
    return _export(asked, sent, settings)


def _export(asked: dict[str, Any], sent: Sent, settings: Settings) -> ExportRequest:
    raise_for(list(beyond.errors(asked, settings)), sent)
    made: dict[str, Callable[[Any], object]] = {
        "file_ids": beyond.as_id,
        "keys": str,
        "files": _wanted,
    }
    for field, make in made.items():
        if field in asked:
            first: dict[object, object] = {}  # each once, in the order of first mention
            for one in map(make, asked[field]):
                first.setdefault(_told_apart(one), one)
            asked[field] = tuple(first.values())
    if "notify" in asked:
        asked["notify"] = Notify(**asked["notify"])
    return ExportRequest(**asked | _split(asked))


def _split(asked: Mapping[str, Any]) -> dict[str, int]:
    """Returns the field `split`, if it is there. For JSON Schema, 1048576.0 is an integer too."""
    return {"split": int(asked["split"])} if "split" in asked else {}


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(**given | ({"id": beyond.as_id(given["id"])} if "id" in given else {}))


def _told_apart(one: object) -> object:
    """Returns what differs if two items of a list are not the same. An id that is a number is the
    same as its digits."""
    if isinstance(one, Wanted):
        own = None if one.id is None else str(one.id)
        return own, one.key, one.prefix, one.name, one.version
    return str(one)


class Check(NamedTuple):
    """What `POST /v1/download/check` asks for. `by` is the field that says it: `file_id`,
    `file_ids` or `keys`, and `sent_as` its spelling in the request. `files` are its ids or keys,
    each once. `source` is None if none is named."""

    by: str
    sent_as: str
    files: tuple[FileId, ...]
    source: str | None


def check_request(body: bytes, content_type: str | None, settings: Settings) -> Check:
    """Returns what the body of `POST /v1/download/check` asks for. Raises what `json_body`
    raises."""
    asked, sent = json_body(body, content_type, "check", settings)
    name = asked.pop("source", None)
    errors = beyond.check_errors(asked, settings.source(name), settings.file_id_pattern)
    raise_for(list(errors), sent)
    ((by, given),) = asked.items()
    first: dict[object, FileId] = {}
    for one in [given] if by == "file_id" else given:
        found = one if by == "keys" else beyond.as_id(one)
        first.setdefault(_told_apart(found), found)
    return Check(by, sent[by], tuple(first.values()), name)


def notify_request(body: bytes, content_type: str | None, settings: Settings) -> Notify | None:
    """Returns who the body of `POST /v1/export/{jobId}/notify` says is to be told; None: it says
    nobody. Raises what `json_body` raises."""
    asked, sent = json_body(body.strip() or b"{}", content_type, "notify", settings)
    raise_for(list(beyond.notify_errors("", asked, settings)), sent)
    return Notify(**asked) if asked else None


def changes_request(
    body: bytes, content_type: str | None, schema: str, settings: Settings
) -> dict[str, Any]:
    """Returns what the body changes of a job or of its request, by the schema `retry` or `rename`.
    Raises what `json_body` raises."""
    asked, sent = json_body(body, content_type, schema, settings)
    errors = list(beyond.filename_errors(asked, is_new=False))
    if "format" in asked:
        errors += beyond.form_errors(asked["format"], asked.get("compression"))
    raise_for(errors, sent)
    return asked | _split(asked)


def source(given: str | None, settings: Settings) -> Source:
    """Returns the source that a query names; without a name, the default one. Raises
    InvalidRequest."""
    try:
        return settings.source(given)
    except KeyError:
        known = ", ".join(one.name for one in settings.sources)
        raise invalid("source", f"{shown(given)} is not known; known are {known}") from None


def prefix(given: str, source_prefix: str) -> str:
    """Returns the prefix of a query. It obeys the same rules as a prefix in a body, but may be
    empty. Raises InvalidRequest."""
    if _SURROGATE.search(given):
        raise invalid("prefix", f"{shown(given)} holds half of a surrogate pair")
    raise_for(list(beyond.key_errors("prefix", given, source_prefix)))
    return given


def user_id(query: Mapping[str, str]) -> str:
    """Returns the user of a query, who obeys the same rules as the one of a body. Raises
    InvalidRequest."""
    raise_for(spelling.twice(query, _QUERY, slash=""))
    asked, sent = spelling.read(query, _QUERY)
    given, most = asked.get("user_id", "anonymous"), schemas.USER_ID_MAX_BYTES
    if not given or _CONTROL.search(given) or len(given.encode()) > most:
        detail = f"must have 1 to {most} bytes and no control characters"
        raise invalid(spelling.as_sent("user_id", sent), detail)
    return given


def spelled(fields: Mapping[str, _Value], known: Collection[str]) -> tuple[dict[str, _Value], Sent]:
    """Returns the fields of a request as they are spelled inside, and how they were sent. Raises
    InvalidRequest if one of those in `known` has been sent in both spellings."""
    raise_for(spelling.twice(fields, known))
    return spelling.read(fields, known)


def json_body(
    body: bytes, content_type: str | None, schema: str, settings: Settings
) -> tuple[dict[str, Any], Sent]:
    """Returns the body, which is valid by the schema, with its fields as they are spelled inside;
    and how they were sent. Raises UnsupportedMediaType, BodyTooLarge, MalformedBody or
    InvalidRequest."""
    if content_type and not _JSON_TYPE.fullmatch(content_type.strip()):
        raise UnsupportedMediaType(f"Content-Type is {shown(content_type)}; send application/json")
    _check_size(body, settings)
    try:
        content = json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError:
        raise MalformedBody("the body is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise MalformedBody(f"the body is not JSON: {error}") from error
    except ValueError as error:  # int() takes no more than 4,300 digits, or _refuse has spoken
        what = "a number in it has too many digits" if "digits" in str(error) else str(error)
        raise MalformedBody(f"the body is not JSON: {what}") from error
    sent = NOTHING
    if isinstance(content, dict):
        content, sent = spelled(content, _rules_of(schema, settings)[0]["properties"])
    _validate(schema, content, settings, sent)
    return dict(content), sent


def _check_size(body: bytes, settings: Settings) -> None:
    if len(body) > settings.max_body_bytes:
        raise BodyTooLarge(
            f"the body has {len(body)} bytes, and at most {settings.max_body_bytes} are taken; "
            "name fewer files, or a prefix"
        )


def raw_body(event: Mapping[str, Any]) -> bytes:
    """Returns the body of an API Gateway event. Raises MalformedBody if its base64 is broken."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise MalformedBody("the body is not base64, though the gateway says so") from error


@cache
def _rules(
    schema: str, sources: tuple[str, ...], *, is_number: bool
) -> tuple[schemas.Schema, Callable[[Any], Any]]:
    """Returns a schema, and the function that checks a value by it."""
    import fastjsonschema

    an_id = schemas.NUMBER if is_number else schemas.TEXT_OR_NUMBER
    rules = schemas.requests(an_id, sources)[schema]
    return rules, fastjsonschema.compile(rules, use_default=False, fast_fail=False)


def _rules_of(schema: str, settings: Settings) -> tuple[schemas.Schema, Callable[[Any], Any]]:
    names = tuple(one.name for one in settings.sources)
    return _rules(schema, names, is_number=not settings.file_id_pattern)


def _validate(schema: str, content: object, settings: Settings, sent: Sent) -> None:
    from fastjsonschema import JsonSchemaValuesException

    rules, check = _rules_of(schema, settings)
    if isinstance(content, dict):
        raise_for(list(_too_many(content, rules)), sent)
    try:
        check(content)
    except JsonSchemaValuesException as exception:
        found = [error for fault in exception.errors for error in faults.of_schema(fault)]
        if not isinstance(content, dict):
            found = found[:1]
        raise_for(found, sent)
    raise_for(
        [
            FieldError(pointer, "holds half of a surrogate pair, which is not a character")
            for pointer, text in _texts(content)
            if _SURROGATE.search(text)
        ],
        sent,
    )


def _too_many(content: Mapping[str, object], schema: schemas.Schema) -> Iterator[FieldError]:
    """Yields an error for each list that is too long. This comes before anything looks at its
    items: a million bad ones would take more memory than the function has."""
    for name, rules in schema["properties"].items():
        value, most = content.get(name), rules.get("maxItems")
        if most and isinstance(value, list) and len(value) > most:
            yield FieldError(f"/{name}", f"must contain at most {most} items, and has {len(value)}")


def _texts(value: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yields (JSON pointer, text) of each text in a valid body."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{pointer}/{escaped(name)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{index}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
