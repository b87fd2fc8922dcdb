"""The list of alerts, and what follows from it: rules, alarms, runbooks, costs."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, cast

import promql_parser
import pytest
import yaml

from chalicelib.pipeline import endings, swept
from infra import parameters, template
from infra.alerts import choices, cloudwatch, queries, rules, spend, watching
from infra.alerts.listed import ALERTS
from infra.alerts.model import OURS, Alert
from infra.errors import DeployError
from infra.observe.catalog import METRICS
from infra.observe.counters import _THROTTLES
from infra.paths import REPOSITORY, RESOURCES
from infra.targets import Target

AWS = Target("aws", "prod", "eu-west-1")
TOPIC = "arn:aws:sns:eu-west-1:111122223333:on-call"

_OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text()
_DASHBOARDS = REPOSITORY / "infra" / "observe" / "grafana" / "dashboards"
_IDS = [alert.name for alert in ALERTS]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in parameters.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


class _Intrinsics(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": "x"}, and so on, as CloudFormation does."""


def _intrinsic(loader: _Intrinsics, suffix: str, node: Any) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: node.value.split(".") if suffix == "GetAtt" else node.value}
    return {name: loader.construct_sequence(cast("Any", node), deep=True)}


_Intrinsics.add_multi_constructor("!", _intrinsic)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """infra/resources.yaml with what infra/alerts adds to it."""
    found: dict[str, Any] = yaml.load(RESOURCES.read_text(), _Intrinsics)  # noqa: S506 - a SafeLoader
    cloudwatch.add(found)
    return found


def _of(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return {n: one for n, one in found["Resources"].items() if one.get("Type") == kind}


# -- Prometheus ---------------------------------------------------------------------------------


def test_the_committed_rules_are_those_of_the_list() -> None:
    assert rules.COMMITTED.read_text() == rules.written(), "run: python -m infra.alerts"


@pytest.mark.parametrize("alert", ALERTS, ids=_IDS)
def test_each_query_is_promql(alert: Alert) -> None:
    promql_parser.parse(alert.query)


@pytest.mark.parametrize("query", [alert.query for alert in ALERTS], ids=_IDS)
def test_each_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    # What is recorded is asked for in its own query.
    _is_known(query)


def test_what_is_recorded_asks_for_metrics_and_labels_that_there_are() -> None:
    [group] = yaml.safe_load(rules.written())["groups"]
    for rule in group["rules"]:
        _is_known(rule["expr"])


def _is_known(query: str) -> None:
    """Fails for a metric that /metrics does not have, or for a label that the metric does not
    have."""
    for name, labels in re.findall(r"\b((?:http|export|telemetry)_\w+)(\{[^}]*\})?", query):
        metric = METRICS.get(name) or METRICS[re.sub(r"_(bucket|count|sum)$", "", name)]
        assert set(re.findall(r"(\w+)[=!]", labels)) <= set(metric.labels), query


def test_each_recorded_metric_is_used() -> None:
    [group] = yaml.safe_load(rules.written())["groups"]
    recorded = {rule["record"] for rule in group["rules"] if "record" in rule}
    used = {
        name for rule in group["rules"] for name in re.findall(r"longhaul:\w+:\w+", rule["expr"])
    }

    assert recorded == used


def test_memory_is_that_of_the_deployed_functions() -> None:
    found = spend.memory_gb()

    assert (found["Worker"], found["APIHandler"], found["DeadLetters"]) == (1, 0.5, 0.25)


# -- CloudWatch ---------------------------------------------------------------------------------


def test_each_alert_is_an_alarm_that_names_its_runbook(resources: dict[str, Any]) -> None:
    alarms = _of(resources, "AWS::CloudWatch::Alarm")

    assert set(alarms) == {f"{alert.name}Alarm" for alert in ALERTS}
    for alert in ALERTS:
        made = alarms[f"{alert.name}Alarm"]
        said = made["Properties"]["AlarmDescription"]
        assert alert.summary in said
        assert f"docs/operations.md#{alert.name.lower()}" in said
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        assert len(said) <= 1024
        assert made["Properties"]["AlarmActions"] == made["Properties"]["OKActions"]


def test_only_the_silent_sweeper_alarms_without_data() -> None:
    assert [alert.name for alert in ALERTS if alert.alarm.breaching] == ["SweeperSilent"]


@pytest.mark.parametrize("alert", ALERTS, ids=_IDS)
def test_metric_math_has_each_metric_of_the_alarm_and_no_other(alert: Alert) -> None:
    alarm = alert.alarm
    ids = {metric.id for metric in alarm.metrics}

    if alarm.is_simple:
        assert len(ids) == 1
    else:
        functions = {"IF", "FILL", "AND"}
        numbers = re.sub(r"\$\{\w+\}", "1", alarm.expression)
        assert set(re.findall(r"[A-Za-z_]+", numbers)) - functions == ids
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
    assert len(ids) <= 10
    assert len({metric.period for metric in alarm.metrics}) == 1
    # A day, or seven where each period is an hour or more.
    assert alarm.metrics[0].period * alarm.periods <= 86_400


def test_each_metric_of_ours_comes_from_a_line() -> None:
    in_lines = endings.METRICS.keys() | swept.METRICS.keys()
    for alert in ALERTS:
        ours = {metric.name for metric in alert.alarm.metrics if metric.namespace == OURS}
        filtered = {one.metric for one in alert.alarm.filters}

        assert ours - in_lines == filtered, alert.name


def test_both_know_the_same_words_for_being_throttled() -> None:
    [alert] = [alert for alert in ALERTS if alert.name == "Throttled"]
    [filtered] = [one for one in alert.alarm.filters if one.metric == "stepsThrottled"]
    words = re.findall(r'\$\.code = "([^"]+)"', filtered.pattern)

    assert all(any(fnmatchcase(code, one) for one in words) for code in _THROTTLES)
    assert not any(fnmatchcase("InternalError", one) for one in words)


def test_filters_read_log_groups_of_the_template(resources: dict[str, Any]) -> None:
    groups = _of(resources, "AWS::Logs::LogGroup")

    for made in _of(resources, "AWS::Logs::MetricFilter").values():
        assert made["Properties"]["LogGroupName"]["Ref"] in groups
    for query in queries.QUERIES:
        assert set(query.groups) <= set(groups)


def test_all_that_watches_is_for_aws_alone(resources: dict[str, Any]) -> None:
    conditions = resources["Conditions"]
    kinds = ("CloudWatch::Alarm", "CloudWatch::Dashboard", "Logs::MetricFilter", "SNS::Topic")
    made = [one for kind in kinds for one in _of(resources, f"AWS::{kind}").values()]

    assert len(made) > len(ALERTS)
    for one in made:
        assert one["Condition"] in ("MakeAlarms", "MakeAlarmTopic", "WatchTelemetry")
    assert {"Condition": "OnAws"} in conditions["MakeAlarms"]["Fn::And"]
    for narrower in ("MakeAlarmTopic", "WatchTelemetry"):
        assert {"Condition": "MakeAlarms"} in conditions[narrower]["Fn::And"]
    variables = resources["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["METRIC_NAMESPACE"] == {"Fn::If": ["MakeAlarms", OURS, ""]}


def test_a_template_without_the_condition_is_left_alone() -> None:
    bare: dict[str, Any] = {"Resources": {}, "Conditions": {}}
    cloudwatch.add(bare)

    assert bare == {"Resources": {}, "Conditions": {}}


def test_an_api_has_the_name_that_its_metrics_have() -> None:
    api = {"DefinitionBody": {"paths": {"/": {}}, "info": {"title": "x"}}, "StageName": "api"}
    api["DefinitionBody"]["paths"]["/"]["get"] = {  # type: ignore[index]
        "x-amazon-apigateway-integration": {"type": "aws_proxy"}
    }
    made = template.complete(
        {"Resources": {"RestAPI": {"Type": "AWS::Serverless::Api", "Properties": api}}},
        architecture="arm64",
    )
    properties = made["Resources"]["RestAPI"]["Properties"]

    # An import gives the API the title of its definition.
    assert properties["Name"] == properties["Body"]["info"]["title"] == {"Ref": "AWS::StackName"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def test_the_dashboard_is_json_and_names_what_is_there(resources: dict[str, Any]) -> None:
    body = resources["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]

    named = {name for text in _texts(widgets) for name in re.findall(r"\$\{(\w+)\.", text)}
    assert named <= set(resources["Resources"])
    # What has another condition than the dashboard may not be there.
    assert all(
        resources["Resources"][name].get("Condition") in (None, "MakeAlarms") for name in named
    )
    places = {(one["x"], one["y"]) for one in widgets}
    assert len(places) == len(widgets) == 13
    # Three dashboards of up to 50 metrics are free.
    assert sum(len(one["properties"].get("metrics", [])) for one in widgets) <= 50


@pytest.mark.parametrize("name", ["ended", "givenUp"])
def test_the_dashboard_sums_what_each_line_counts_as_one(
    name: str, resources: dict[str, Any]
) -> None:
    body = resources["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = [
        (metric[-1] if isinstance(metric[-1], dict) else {}).get("stat", one["properties"]["stat"])
        for one in json.loads(body)["widgets"]
        for metric in one["properties"].get("metrics", [])
        if name in metric
    ]

    assert shown
    assert set(shown) == {"Sum"}


# -- what an operator says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALARMS", "on"),
        ("ALARMS", "YES"),
        ("ALARM_TOPIC", "on-call"),
        ("ALARM_TOPIC", TOPIC.replace("eu-west-1", "us-east-1")),
        ("ALARM_TOPIC", f"{TOPIC}.fifo"),
        ("ALARM_TOPIC", f"{TOPIC}\n"),
        ("ALARM_EMAIL", "somebody"),
        ("ALARM_EMAIL", "a@example.com,b@example.com"),
        ("ALARM_EMAIL", "A <a@example.com>"),
        ("SPEND_LIMIT", "0"),
        ("SPEND_LIMIT", "-5"),
        ("SPEND_LIMIT", "$50"),
        ("SPEND_LIMIT", "nan"),
        ("SPEND_LIMIT", "1e9"),
        ("SPEND_LIMIT", "\u0665\u0660"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)

    with pytest.raises(DeployError) as error:
        parameters.operators(AWS, {})

    assert variable in str(error.value)
    assert repr(value) in str(error.value)


def test_good_values_become_parameters(environment: pytest.MonkeyPatch) -> None:
    given = {
        "ALARMS": "no",
        "ALARM_TOPIC": TOPIC,
        "ALARM_EMAIL": "on-call@example.com",
        "SPEND_LIMIT": "12.50",
    }
    for variable, value in given.items():
        environment.setenv(variable, value)

    found = parameters.operators(AWS, {})

    assert {choices.PARAMETERS[variable]: value for variable, value in given.items()} == found


def test_a_choice_of_the_last_deployment_stays_until_it_is_named() -> None:
    assert parameters.operators(AWS, {"SpendLimit": "7"}) == {"SpendLimit": "7"}


# -- what is written for people -----------------------------------------------------------------


def _alerts_section() -> str:
    return _OPERATIONS.split("\n## Alerts\n")[1].split("\n## ")[0]


def test_each_alert_has_its_runbook_and_each_runbook_its_alert() -> None:
    assert re.findall(r"^### (\w+)$", _alerts_section(), re.MULTILINE) == _IDS


@pytest.mark.parametrize("alert", ALERTS, ids=_IDS)
def test_a_runbook_says_what_it_is_what_to_do_and_when_not(alert: Alert) -> None:
    section = _alerts_section().split(f"### {alert.name}\n")[1].split("\n### ")[0]

    for part in ("**Means**", "**Look**", "**Do**", "**Ignore**"):
        assert part in section


def test_a_runbook_names_panels_and_queries_that_there_are() -> None:
    section = " ".join(_alerts_section().split())
    boards = [json.loads(one.read_text()) for one in _DASHBOARDS.glob("*.json")]
    titles = {panel.get("title") for board in boards for panel in board["panels"]}
    panels = re.findall(r"\bpanels? \*([^*]+)\*(?: and \*([^*]+)\*)?", section)

    assert len(panels) > 5
    assert {name for pair in panels for name in pair if name} <= titles
    for query in queries.QUERIES:
        assert f"*{query.name}*" in section


def test_costs_are_those_of_the_days_that_lines_are_kept_by_default(
    resources: dict[str, Any],
) -> None:
    assert resources["Parameters"]["LogRetentionDays"]["Default"] == watching.RETENTION_DAYS
    assert resources["Parameters"]["SpendLimit"]["Default"] == spend.LIMIT


def test_the_costs_in_the_documentation_are_those_that_are_computed() -> None:
    assert watching.table() in _OPERATIONS


def test_the_price_of_a_query_is_that_of_the_lines_that_it_reads() -> None:
    cents = watching.LOG_BYTES * 1_000_000 / watching.GB * watching.INSIGHTS_GB * 100

    assert f"{cents:.0f} cents for a month of a million jobs" in _OPERATIONS
