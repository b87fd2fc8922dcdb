"""CloudWatch's embedded metric format: a line of the log says which of its facts are metrics. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Mapping, Sequence
from typing import Literal

Unit = Literal["Bytes", "Count", "Seconds"]


def block(
    namespace: str,
    at: int,
    facts: Mapping[str, object],
    metrics: Mapping[str, Unit],
    dimensions: Sequence[Sequence[str]],
) -> dict[str, object]:
    """Returns the fact `_aws`, which makes metrics of these facts in the namespace. `at` is their
    time, in Unix time in ms. CloudWatch keeps each metric once for each set of `dimensions`.

    A fact that is no number makes no metric. Nothing is returned if none does, or if the namespace
    is empty.
    """
    known = [
        {"Name": name, "Unit": unit} for name, unit in metrics.items() if _is_number(facts[name])
    ]
    if not namespace or not known:
        return {}
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(names) for names in dimensions],
        "Metrics": known,
    }
    return {"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
