"""The shapes of the list of alerts: one alert, and the alarm that says the same on CloudWatch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Severity = Literal["critical", "warning"]
"""`critical`: users wait for something that does not come by itself. `warning`: look at it
today."""

Intrinsic = Mapping[str, Any]
"""A function of CloudFormation, such as {"Ref": a parameter}."""

Value = str | Intrinsic

OURS: Final[Intrinsic] = {"Fn::Sub": "Longhaul/${AWS::StackName}"}
"""The namespace of the metrics that come from our own log lines (the setting METRIC_NAMESPACE)."""

API: Final[Mapping[str, Value]] = {"ApiName": {"Ref": "AWS::StackName"}, "Stage": "api"}
"""The dimensions of API Gateway's metrics of the stack."""

FUNCTIONS: Final = ("APIHandler", "Worker", "Announcer", "DeadLetters", "Sweeper")
"""The functions that each stack has, by their names in the template."""

RUNBOOKS: Final = "docs/operations.md"


def of_function(name: str) -> dict[str, Value]:
    """Returns the dimensions of Lambda's metrics of a function, by its name in the template."""
    return {"FunctionName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}}


@dataclass(frozen=True)
class Metric:
    """One metric of CloudWatch. `statistic` is one of CloudWatch's, also `p99`; `period` is in
    seconds."""

    id: str
    namespace: Value
    name: str
    statistic: str
    dimensions: Mapping[str, Value] = field(default_factory=dict)
    period: int = 300


@dataclass(frozen=True)
class Filter:
    """A metric that CloudWatch counts from log lines. `logs` is the log group's name in the
    template. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """

    logs: str
    pattern: str
    metric: str


@dataclass(frozen=True)
class Alarm:
    """What CloudWatch looks at. It alarms if each of the last `periods` periods is beyond the
    threshold.

    With an `expression` (metric math), that is compared; else the one metric is. `breaching`:
    whether a period without data is beyond the threshold too.
    """

    metrics: tuple[Metric, ...]
    threshold: float | Intrinsic
    periods: int = 1
    expression: str = ""
    below: bool = False
    breaching: bool = False
    filters: tuple[Filter, ...] = ()
    condition: str = "MakeAlarms"

    @property
    def is_simple(self) -> bool:
        """Whether it looks at one metric, without any arithmetic."""
        return not self.expression


@dataclass(frozen=True)
class Alert:
    """One alert. `query` is PromQL, `lasts` how long it must give a result (`for`). `why` says
    where the numbers come from, `summary` what is wrong."""

    name: str
    severity: Severity
    summary: str
    why: str
    query: str
    lasts: str
    alarm: Alarm

    @property
    def runbook(self) -> str:
        """Where it says what to do. The anchor is that of the heading, which is the name."""
        return f"{RUNBOOKS}#{self.name.lower()}"
