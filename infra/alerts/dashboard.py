"""The dashboard on CloudWatch, of metrics that are there without anything else.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Sequence
from typing import Any, Final

from infra.alerts import spend
from infra.alerts.model import FUNCTIONS, Metric

_STACK: Final = "${AWS::StackName}"
_OURS: Final = f"Longhaul/{_STACK}"
_API: Final = ["ApiName", _STACK, "Stage", "api"]
_STATUSES: Final = ("completed", "failed", "cancelled")
_WIDTH: Final = 8
_HEIGHT: Final = 6

Row = list[Any]
"""A metric of a widget: namespace, name, dimensions one by one, and how it is shown."""


def body(alarms: Sequence[str]) -> dict[str, Any]:
    """Returns the dashboard. Its texts are for Fn::Sub. `alarms` are the resources of alarms."""
    graphs = [
        _graph("Jobs that ended", [_ours("ended", label=s, status=s) for s in _STATUSES], "Sum"),
        _graph(
            "Jobs: open, and messages that wait",
            [_ours("openJobs"), _ours("waiting")],
            "Maximum",
        ),
        _graph(
            "Seconds of a job that completed",
            [
                _ours("secondsTotal", label=stat, stat=stat, status="completed")
                for stat in ("p50", "p90", "p99")
            ],
        ),
        _graph(
            "API: requests and errors",
            [["AWS/ApiGateway", name, *_API] for name in ("Count", "4XXError", "5XXError")],
            "Sum",
        ),
        _graph(
            "API: milliseconds",
            [
                ["AWS/ApiGateway", "Latency", *_API, {"stat": stat, "label": stat}]
                for stat in ("p50", "p99")
            ],
        ),
        _graph("Bytes of archives", [_ours("bytesCopied"), _ours("bytesStreamed")], "Sum"),
        _graph(
            "Queue: seconds of the oldest message",
            [_queue("ApproximateAgeOfOldestMessage", "ExportQueue")],
            "Maximum",
        ),
        _graph(
            "Functions at the same time",
            [_function("ConcurrentExecutions", name) for name in FUNCTIONS],
            "Maximum",
        ),
        _graph(
            "Functions: errors and throttles",
            [
                _function(metric, name, f"{name} {metric.lower()}")
                for metric in ("Errors", "Throttles")
                for name in FUNCTIONS
            ],
            "Sum",
        ),
        _graph(
            "Dead letters, and jobs given up",
            [
                _queue("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
                _ours("givenUp", stat="Sum"),
            ],
            "Maximum",
        ),
        _graph("Sweeper: runs, and jobs woken", [_runs(), _ours("woken", stat="Sum")]),
        _spend(),
    ]
    placed = [
        {"x": n % 3 * _WIDTH, "y": n // 3 * _HEIGHT, "width": _WIDTH, "height": _HEIGHT, **graph}
        for n, graph in enumerate(graphs)
    ]
    state = {
        "type": "alarm",
        "x": 0,
        "y": -(-len(graphs) // 3) * _HEIGHT,
        "width": 24,
        "height": 3,
        "properties": {
            "title": "Alarms (docs/operations.md#alerts)",
            "alarms": [f"${{{name}.Arn}}" for name in alarms],
        },
    }
    return {"widgets": [*placed, state]}


def _graph(title: str, metrics: list[Row], stat: str = "Average") -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "view": "timeSeries",
            "region": "${AWS::Region}",
            "stat": stat,
            "period": 300,
            "metrics": metrics,
            "yAxis": {"left": {"min": 0}},
        },
    }


def _ours(name: str, label: str = "", stat: str = "", **dimensions: str) -> Row:
    shown = {key: value for key, value in (("label", label), ("stat", stat)) if value}
    placed = [part for pair in dimensions.items() for part in pair]
    return [_OURS, name, *placed, *([shown] if shown else [])]


def _queue(name: str, queue: str) -> Row:
    return ["AWS/SQS", name, "QueueName", f"${{{queue}.QueueName}}"]


def _function(name: str, function: str, label: str = "") -> Row:
    shown = {"label": label or function}
    return ["AWS/Lambda", name, "FunctionName", f"{_STACK}-{function}", shown]


def _runs() -> Row:
    return _ours("woken", label="runs", stat="SampleCount")


def _spend() -> dict[str, Any]:
    """The estimate of the alarm SpendHigh, hour by hour."""
    hidden = [_hidden(metric) for metric in spend.METRICS]
    shown = {"expression": spend.expression(1), "label": "dollars a month", "id": "spend"}
    graph = _graph("Dollars a month, at the pace of each hour", [[shown], *hidden], "Sum")
    graph["properties"]["period"] = 3600
    return graph


def _hidden(metric: Metric) -> Row:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    row = [metric.namespace, metric.name, *dimensions]
    return [*(_text(part) for part in row), {"id": metric.id, "visible": False}]


def _text(value: Any) -> str:
    """Returns an intrinsic as text for Fn::Sub."""
    if isinstance(value, str):
        return value
    text: str = value["Fn::Sub"] if "Fn::Sub" in value else f"${{{value['Ref']}}}"
    return text
