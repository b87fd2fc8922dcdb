"""What CloudWatch gets of the list: alarms, filters of log lines, a dashboard and saved queries, as
resources of the template. Pure.

They are made on AWS only, and only if the parameter Alarms is `yes` (the condition MakeAlarms). The
topic that they tell is in infra/resources.yaml.
"""

import json
from typing import Any, Final

from infra.alerts import dashboard, queries
from infra.alerts.listed import ALERTS
from infra.alerts.model import OURS, Alarm, Alert, Filter, Metric

_CONDITION: Final = "MakeAlarms"
TOPIC: Final = {"Fn::If": ["NamedAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicOfStack"}]}

Template = dict[str, Any]


def add(template: Template) -> None:
    """Adds what watches the stack, if the template knows the condition for it."""
    conditions = template.get("Conditions", {})
    if _CONDITION not in conditions:
        return
    resources = template["Resources"]
    watched = [alert for alert in ALERTS if alert.alarm.condition in conditions]
    for alert in watched:
        resources[resource_name(alert)] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Condition": alert.alarm.condition,
            "Properties": properties(alert),
        }
        add_filters(resources, alert.alarm)
    names = [resource_name(alert) for alert in watched if alert.alarm.condition == _CONDITION]
    resources["Dashboard"] = {
        "Type": "AWS::CloudWatch::Dashboard",
        "Condition": _CONDITION,
        "Properties": {
            "DashboardName": {"Ref": "AWS::StackName"},
            "DashboardBody": {"Fn::Sub": json.dumps(dashboard.body(names), separators=(",", ":"))},
        },
    }
    for query in queries.QUERIES:
        resources[f"{query.resource}Query"] = {
            "Type": "AWS::Logs::QueryDefinition",
            "Condition": "OnAws",
            "Properties": {
                "Name": {"Fn::Sub": f"${{AWS::StackName}}/{query.name}"},
                "LogGroupNames": [{"Ref": group} for group in query.groups],
                "QueryString": query.text,
            },
        }


def add_filters(resources: Template, alarm: Alarm) -> None:
    """Adds the filters that count what the alarm looks at."""
    for one in alarm.filters:
        resources[f"{one.metric[0].upper()}{one.metric[1:]}Filter"] = {
            **_filter(one),
            "Condition": alarm.condition,
        }


def resource_name(alert: Alert) -> str:
    """Returns the name of the alarm's resource in the template."""
    return f"{alert.name}Alarm"


def properties(alert: Alert) -> Template:
    """Returns the properties of the alarm's resource.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
    """
    said = f"{alert.severity}: {alert.summary}. What to do: {alert.runbook}"
    told = {"AlarmActions": [TOPIC], "OKActions": [TOPIC]}
    return {**watching(alert.name, said, alert.alarm), **told}


def watching(name: str, description: str, alarm: Alarm) -> Template:
    """Returns the properties of an alarm's resource that tells nobody."""
    return {
        "AlarmName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
        "AlarmDescription": description,
        "ComparisonOperator": "LessThanThreshold" if alarm.below else "GreaterThanThreshold",
        "Threshold": alarm.threshold,
        "EvaluationPeriods": alarm.periods,
        "TreatMissingData": "breaching" if alarm.breaching else "notBreaching",
        **(_one(alarm.metrics[0]) if alarm.is_simple else _math(name, alarm)),
    }


def _one(metric: Metric) -> Template:
    return {**_metric(metric), "Statistic": metric.statistic, "Period": metric.period}


def _math(name: str, alarm: Alarm) -> Template:
    queried: list[Template] = [
        {
            "Id": metric.id,
            "ReturnData": False,
            "MetricStat": {
                "Metric": _metric(metric),
                "Stat": metric.statistic,
                "Period": metric.period,
            },
        }
        for metric in alarm.metrics
    ]
    expression: Any = alarm.expression
    if "${" in expression:
        expression = {"Fn::Sub": expression}
    result = {"Id": "result", "Expression": expression, "Label": name}
    return {"Metrics": [*queried, result]}


def _metric(metric: Metric) -> Template:
    found: Template = {"Namespace": metric.namespace, "MetricName": metric.name}
    if metric.dimensions:
        found["Dimensions"] = [
            {"Name": name, "Value": value} for name, value in metric.dimensions.items()
        ]
    return found


def _filter(one: Filter) -> Template:
    return {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": one.logs},
            "FilterPattern": one.pattern,
            "MetricTransformations": [
                # Without a default value: an hour without such a line costs nothing.
                {"MetricNamespace": OURS, "MetricName": one.metric, "MetricValue": "1"}
            ],
        },
    }
