"""From how many bytes on API Gateway compresses an answer, as a parameter of the template. Pure.

A deployment of the API holds this number, and never changes: a stage takes over another one only by
another deployment. CloudFormation makes one if it has another name, and a name holds no parameter.
So the parameter takes a few sizes, and each has a deployment of its own with a condition.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

from collections.abc import Sequence
from typing import Any, Final

PARAMETER: Final = "MinimumCompressionSize"
NEVER: Final = "none"
SIZES: Final = ("1024", "10240")
"""Bytes."""

Json = dict[str, Any]


def declare(template: Json, size: int | None) -> Sequence[str]:
    """Makes the parameter, whose default is `size`; None: nothing is compressed. Returns all its
    values."""
    default = NEVER if size is None else str(size)
    values = sorted({*SIZES, default} - {NEVER}, key=int)
    allowed = [NEVER, *values]
    template.setdefault("Parameters", {})[PARAMETER] = {
        "Type": "String",
        "Default": default,
        "AllowedValues": allowed,
        "ConstraintDescription": f"must be one of {', '.join(allowed)}",
        "Description": "Bytes from which API Gateway compresses an answer. none - it compresses "
        "nothing.",
    }
    template.setdefault("Conditions", {})[_COMPRESS] = {"Fn::Not": [_is(NEVER)]}
    return allowed


_COMPRESS: Final = "CompressAnswers"

VALUE: Final = {"Fn::If": [_COMPRESS, {"Ref": PARAMETER}, {"Ref": "AWS::NoValue"}]}
"""The property of the API."""


def condition(template: Json, case: str, value: str) -> str:
    """Returns the name of the condition that another one, `case`, and this value hold. Adds it to
    the template."""
    name = f"{case}From{value.capitalize()}"
    template["Conditions"][name] = {"Fn::And": [{"Condition": case}, _is(value)]}
    return name


def _is(value: str) -> Json:
    return {"Fn::Equals": [{"Ref": PARAMETER}, value]}
