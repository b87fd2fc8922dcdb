"""Turns what a caller has sent into a valid request, or into an error that names each mistake."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NoReturn

from chalicelib.errors import (
    BodyTooLarge,
    FieldError,
    InvalidRequest,
    MalformedBody,
    UnsupportedMediaType,
    invalid,
)
from chalicelib.http import schemas
from chalicelib.jobs.request import ExportRequest
from chalicelib.settings import Settings

ERRORS_SHOWN: Final = 20
"""The most errors in one answer. Nobody reads more, and 10,000 bad ids would make a large
answer."""

_SCHEMAS: Final = {
    "export": schemas.EXPORT_REQUEST,
    "selection": schemas.SELECTION_REQUEST,
    "check": schemas.CHECK_REQUEST,
    "share": schemas.SHARE_REQUEST,
}
_VALUE_SHOWN: Final = 60  # characters of a bad value
_JSON_TYPE: Final = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def export_request(body: bytes, content_type: str | None, settings: Settings) -> ExportRequest:
    """Returns the request that the body of `POST /v1/export` makes. Raises what `json_body`
    raises."""
    return _export(json_body(body, content_type, "export", settings), settings)


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
    asked = json_body(body, content_type, "selection", settings)
    return asked["selection"], asked.get("fresh", False)


def valid_export(asked: dict[str, Any], settings: Settings) -> ExportRequest:
    """Returns the request that these fields make, which obey the same rules as a body's. Raises
    InvalidRequest."""
    _validate("export", asked)
    return _export(asked, settings)


def _export(asked: dict[str, Any], settings: Settings) -> ExportRequest:
    _check_bytes(asked, settings.source().prefix)
    for field in ("file_ids", "keys"):
        if field in asked:
            # Each once, in the order of first mention. For JSON Schema, 10001.0 is an integer too.
            as_is: type = int if field == "file_ids" else str
            asked[field] = tuple(dict.fromkeys(map(as_is, asked[field])))
    return ExportRequest(**asked)


def check_request(body: bytes, content_type: str | None, settings: Settings) -> int:
    """Returns the file id that the body of `POST /v1/download/check` names. Raises what `json_body`
    raises."""
    return int(json_body(body, content_type, "check", settings)["file_id"])


def prefix(given: str, source_prefix: str) -> str:
    """Returns the prefix of a query. It obeys the same rules as a prefix in a body, but may be
    empty. Raises InvalidRequest."""
    if _CONTROL.search(given):
        raise invalid("prefix", f"{_shown(given)} holds a control character")
    raise_for(_key_errors("prefix", given, source_prefix))
    return given


def user_id(given: str) -> str:
    """Returns the user of a query, who obeys the same rules as the one of a body. Raises
    InvalidRequest."""
    most = schemas.USER_ID_MAX_BYTES
    if not given or _CONTROL.search(given) or len(given.encode()) > most:
        raise invalid("user_id", f"must have 1 to {most} bytes and no control characters")
    return given


def json_body(
    body: bytes, content_type: str | None, schema: str, settings: Settings
) -> dict[str, Any]:
    """Returns the body, which is valid by the schema. Raises UnsupportedMediaType, BodyTooLarge,
    MalformedBody or InvalidRequest."""
    if content_type and not _JSON_TYPE.fullmatch(content_type.strip()):
        raise UnsupportedMediaType(f"Content-Type is {_shown(content_type)}; send application/json")
    _check_size(body, settings)
    try:
        content = json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError:
        raise MalformedBody("the body is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8: byte {error.start}") from error
    except ValueError as error:
        raise MalformedBody(f"the body is not JSON: {error}") from error
    _validate(schema, content)
    return dict(content)


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
def _validator(schema: str) -> Callable[[Any], Any]:
    import fastjsonschema

    return fastjsonschema.compile(_SCHEMAS[schema], use_default=False, fast_fail=False)


def _validate(schema: str, content: object) -> None:
    from fastjsonschema import JsonSchemaValuesException

    if isinstance(content, dict):
        _check_lengths(content, _SCHEMAS[schema])
    try:
        _validator(schema)(content)
    except JsonSchemaValuesException as exception:
        found = [error for fault in exception.errors for error in _field_errors(fault)]
        if not isinstance(content, dict):
            found = found[:1]
        raise_for(found)
    if isinstance(content, dict):
        raise_for(
            [
                FieldError(f"/{name}", "holds half of a surrogate pair, which is not a character")
                for name, value in content.items()
                if _SURROGATE.search(value if isinstance(value, str) else "\n".join(_texts(value)))
            ]
        )


def _check_lengths(content: Mapping[str, object], schema: schemas.Schema) -> None:
    """Raises InvalidRequest if a list is too long, before anything looks at its items: a million
    bad ones would take more memory than the function has."""
    for name, rules in schema["properties"].items():
        value, most = content.get(name), rules.get("maxItems")
        if most and isinstance(value, list) and len(value) > most:
            raise invalid(f"/{name}", f"must contain at most {most} items, and has {len(value)}")


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _field_errors(fault: Any) -> list[FieldError]:
    """Returns what fastjsonschema has found, as pointers and sentences."""
    pointer = "".join(f"/{name}" for name in fault.path[1:])
    if fault.rule == "oneOf":
        *others, last = (one["required"][0] for one in fault.definition["oneOf"])
        names = f"{', '.join(others)} and {last}"
        return [FieldError("", f"exactly one of {names} must be given")]
    if fault.rule == "additionalProperties":
        known = fault.definition["properties"]
        return [
            FieldError(f"/{escaped(name)}", f"is not known; known are {', '.join(known)}")
            for name in fault.value
            if name not in known
        ]
    if fault.rule == "required":
        missing = [name for name in fault.definition["required"] if name not in fault.value]
        return [FieldError(f"/{name}", "is missing") for name in missing]
    if fault.rule == "pattern":
        return [FieldError(pointer, f"{_shown(fault.value)} holds a control character")]
    rule = fault.message.removeprefix(f"{fault.name} ")
    if fault.rule in ("minItems", "maxItems"):
        return [FieldError(pointer, f"{rule}, and has {len(fault.value)}")]
    return [FieldError(pointer, f"{_shown(fault.value)} {rule}")]


def _check_bytes(asked: Mapping[str, Any], source_prefix: str) -> None:
    """Checks what JSON Schema cannot check: lengths in bytes, and how keys begin."""
    errors = [
        FieldError(f"/{name}", f"has more than {most} bytes in UTF-8")
        for name, most in (
            ("filename", schemas.FILENAME_MAX_BYTES),
            ("user_id", schemas.USER_ID_MAX_BYTES),
        )
        if len(asked.get(name, "").encode()) > most
    ]
    named = [(f"/keys/{i}", key) for i, key in enumerate(asked.get("keys", ()))]
    if "prefix" in asked:
        named.append(("/prefix", asked["prefix"]))
    for pointer, key in named:
        errors += _key_errors(pointer, key, source_prefix)
    raise_for(errors)


def _key_errors(pointer: str, key: str, source_prefix: str) -> list[FieldError]:
    if not key.startswith(source_prefix):
        return [FieldError(pointer, f"{_shown(key)} must begin with {source_prefix!r}")]
    if len(key.encode()) > schemas.KEY_MAX:
        return [FieldError(pointer, f"{_shown(key)} is longer than {schemas.KEY_MAX} bytes")]
    return []


def raise_for(errors: list[FieldError]) -> None:
    """Raises InvalidRequest if there are errors."""
    if not errors:
        return
    first = f"{errors[0].pointer.lstrip('/') or 'the body'}: {errors[0].detail}"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise InvalidRequest(first + more, tuple(errors[:ERRORS_SHOWN]))


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


def escaped(name: str) -> str:
    """Returns the name as a JSON pointer writes it (RFC 6901, section 3)."""
    text = name[:_VALUE_SHOWN].encode(errors="replace").decode()
    return text.replace("~", "~0").replace("/", "~1")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
