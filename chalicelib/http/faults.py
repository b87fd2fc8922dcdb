"""What is wrong with a request: each mistake with its pointer and a sentence. Pure."""

import json
from typing import Any, Final

from chalicelib.errors import FieldError, InvalidRequest
from chalicelib.http.spelling import NOTHING, Sent, as_sent, outer

ERRORS_SHOWN: Final = 20
"""The most errors in one answer. Nobody reads more, and 10,000 bad ids would make a large
answer."""

_VALUE_SHOWN: Final = 60  # characters of a bad value


def raise_for(errors: list[FieldError], sent: Sent = NOTHING) -> None:
    """Raises InvalidRequest if there are errors. `sent` is how the fields were spelled."""
    if not errors:
        return
    errors = [FieldError(as_sent(error.pointer, sent), error.detail) for error in errors]
    first = f"{errors[0].pointer.lstrip('/') or 'the body'}: {errors[0].detail}"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise InvalidRequest(first + more, tuple(errors[:ERRORS_SHOWN]))


def of_schema(fault: Any) -> list[FieldError]:
    """Returns what fastjsonschema has found, as pointers and sentences."""
    pointer = "".join(f"/{name}" for name in fault.path[1:])
    if fault.rule in ("oneOf", "not"):
        return _of_choice(fault, pointer)
    if fault.rule == "additionalProperties":
        known = _known(fault)
        return [
            FieldError(f"{pointer}/{escaped(name)}", f"is not known; known are {known}")
            for name in fault.value
            if name not in fault.definition["properties"]
        ]
    if fault.rule == "required":
        missing = [name for name in fault.definition["required"] if name not in fault.value]
        return [FieldError(f"{pointer}/{name}", "is missing") for name in missing]
    return [FieldError(pointer, _sentence(fault))]


def _sentence(fault: Any) -> str:
    """Returns what a value must be, with the value."""
    rule = fault.message.removeprefix(f"{fault.name} ")
    match fault.rule:
        case "pattern":
            return f"{shown(fault.value)} holds a control character"
        case "enum":
            return f"{shown(fault.value)} must be one of {', '.join(fault.definition['enum'])}"
        case "minLength" if not fault.value:
            return "must not be empty"
        case "minProperties":
            return f"must not be empty; known are {_known(fault)}"
        case "minItems" | "maxItems":
            return f"{rule}, and has {len(fault.value)}"
    return f"{shown(fault.value)} {rule}"


def _known(fault: Any) -> str:
    """Returns the names of the fields that the value may have."""
    return ", ".join(map(outer, fault.definition["properties"]))


def _of_choice(fault: Any, pointer: str) -> list[FieldError]:
    """Returns what is wrong if too many properties are given, or too few."""
    if pointer and not isinstance(fault.value, dict):
        return []  # that it is no object is another fault
    if fault.rule == "not":
        one, other = fault.definition["not"]["required"]
        return [FieldError(f"{pointer}/{other}", f"must not be given with a {outer(one)}")]
    *others, last = (outer(one["required"][0]) for one in fault.definition["oneOf"])
    return [FieldError(pointer, f"exactly one of {', '.join(others)} and {last} must be given")]


def shown(value: object) -> str:
    """Returns a value as an error shows it: JSON, cut if it is long. Only what nobody sees is
    escaped, such as control characters and those that change the direction of text."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = "".join(
        one if one.isprintable() else json.dumps(one)[1:-1]
        for one in json.dumps(value, ensure_ascii=False)
    )
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


def escaped(name: str) -> str:
    """Returns the name as a JSON pointer writes it (RFC 6901, section 3)."""
    text = name[:_VALUE_SHOWN].encode(errors="replace").decode()
    return text.replace("~", "~0").replace("/", "~1")
