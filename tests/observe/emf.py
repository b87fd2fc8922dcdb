"""CloudWatch's embedded metric format: which data points a log line becomes. MiniStack makes none.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef


def points(line: str) -> Iterator[tuple[str, "MetricDatumTypeDef"]]:
    """Yields (namespace, a datum for PutMetricData) for each metric and each set of dimensions.
    Raises ValueError for a line that CloudWatch would make nothing of."""
    event = json.loads(line)
    for directive in event["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield directive["Namespace"], _datum(event, metric, names)


def _datum(event: dict[str, Any], metric: dict[str, Any], names: list[str]) -> "MetricDatumTypeDef":
    value = event.get(metric["Name"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{metric['Name']} is {value!r}, and must be a number")
    for name in names:
        if not isinstance(event.get(name), str):
            raise ValueError(f"the dimension {name} is {event.get(name)!r}, and must be a text")
    return {
        "MetricName": metric["Name"],
        "Dimensions": [{"Name": name, "Value": event[name]} for name in names],
        "Value": value,
        "Unit": metric.get("Unit", "None"),
    }
