"""The rules of CloudWatch's embedded metric format, and how a line is held to them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

_UNITS: Final = ["Seconds", "Bytes", "Count", "Milliseconds", "Percent", "None"]
"""Of CloudWatch's units, those that anything of ours may have."""


def _text(most: int) -> dict[str, object]:
    return {"type": "string", "minLength": 1, "maxLength": most}


_DIRECTIVE: Final = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "properties": {
        "Namespace": _text(1024),
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "maxItems": 30, "items": _text(250)},
        },
        "Metrics": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["Name"],
                "properties": {"Name": _text(1024), "Unit": {"enum": _UNITS}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
SCHEMA: Final = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": _DIRECTIVE},
            },
            "additionalProperties": False,
        }
    },
}


def check(line: Mapping[str, Any]) -> dict[str, float]:
    """Checks a line. Returns the metrics that CloudWatch makes of it."""
    written = json.loads(json.dumps(line))
    Draft202012Validator(SCHEMA).validate(written)
    made: dict[str, float] = {}
    for directive in written["_aws"]["CloudWatchMetrics"]:
        for name in {name for names in directive["Dimensions"] for name in names}:
            # A dimension is a text on the root.
            assert isinstance(written[name], str), name
            assert 0 < len(written[name]) <= 1024, name
        for metric in directive["Metrics"]:
            value = written[metric["Name"]]
            assert type(value) in (int, float), metric
            made[metric["Name"]] = value
    return made
