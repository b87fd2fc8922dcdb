"""The simple alarms of the template change their state on MiniStack, and its topic is told.

MiniStack calculates no metric math, and looks at no missing data: CloudWatch alone can show those.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra import ministack, targets
from infra.alerts import cloudwatch
from infra.alerts.listed import ALERTS
from infra.alerts.model import Alert
from infra.targets import Target
from tests.observe import emf
from tests.waiting import wait_for

_STACK = "watched"
_SECONDS = 10.0
_SIMPLE = {alert.name: alert for alert in ALERTS if alert.alarm.is_simple}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A MiniStack of these tests' own, without a stack."""
    state = tmp_path_factory.mktemp("ministack")
    try:
        yield replace(targets.named("ministack"), endpoint_url=ministack.start(state))
    finally:
        ministack.stop(state)


@pytest.fixture(scope="module")
def inbox(target: Target) -> tuple[str, str]:
    """A topic, and the URL of a queue that gets what the topic is told."""
    session = target.session()
    topic = session.client("sns").create_topic(Name="alarms")["TopicArn"]
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="alarms")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    session.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=asked["Attributes"]["QueueArn"]
    )
    return topic, url


def _resolved(value: Any, topic: str) -> Any:
    """Returns properties of the template as CloudFormation would hand them to CloudWatch."""
    match value:
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::StackName}", _STACK)
        case {"Fn::GetAtt": [str(name), "QueueName"]}:
            return f"{_STACK}-{name}"
        case {"Fn::If": ["NamedAlarmTopic", *_]}:
            return topic
        case dict():
            return {name: _resolved(one, topic) for name, one in value.items()}
        case list():
            return [_resolved(one, topic) for one in value]
    return value


def _make(target: Target, alert: Alert, topic: str) -> str:
    """Makes the alarm of the template. Returns its name."""
    properties = _resolved(cloudwatch.properties(alert), topic)
    target.session().client("cloudwatch").put_metric_alarm(**properties)
    name: str = properties["AlarmName"]
    return name


def _put(target: Target, alert: Alert, value: float) -> None:
    """Puts a value of the alarm's metric, with its dimensions."""
    metric = _resolved(cloudwatch.properties(alert), "")
    target.session().client("cloudwatch").put_metric_data(
        Namespace=metric["Namespace"],
        MetricData=[
            {
                "MetricName": metric["MetricName"],
                "Dimensions": metric.get("Dimensions", []),
                "Value": value,
            }
        ],
    )


def _becomes(target: Target, alarm: str, state: str) -> None:
    cloudwatch_client = target.session().client("cloudwatch")

    def is_there() -> bool:
        [found] = cloudwatch_client.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return found["StateValue"] == state

    wait_for(is_there, _SECONDS, f"{alarm} to be {state}")


def _told(target: Target, inbox: tuple[str, str], alarm: str) -> dict[str, Any]:
    """Returns what the topic was told when the alarm went off."""
    sqs = target.session().client("sqs")

    def message() -> dict[str, Any] | None:
        answer = sqs.receive_message(QueueUrl=inbox[1], MaxNumberOfMessages=10)
        for one in answer.get("Messages", []):
            told: dict[str, Any] = json.loads(json.loads(one["Body"])["Message"])
            if (told["AlarmName"], told["NewStateValue"]) == (alarm, "ALARM"):
                return told
        return None

    found = wait_for(message, _SECONDS, f"a message about {alarm}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "well", "unwell"),
    [
        ("QueueOld", 1200.0, 1201.0),
        ("WebhooksUnsigned", 0.0, 1.0),
        ("TelemetryDrops", 0.0, 1.0),
    ],
)
def test_an_alarm_goes_off_beyond_its_threshold_and_not_at_it(
    target: Target, inbox: tuple[str, str], name: str, well: float, unwell: float
) -> None:
    alarm = _make(target, _SIMPLE[name], inbox[0])

    _put(target, _SIMPLE[name], well)
    _becomes(target, alarm, "OK")
    _put(target, _SIMPLE[name], unwell)
    _becomes(target, alarm, "ALARM")

    told = _told(target, inbox, alarm)
    assert _SIMPLE[name].runbook in told["AlarmDescription"]


def _ended(status: str, given_up: int) -> str:
    """The line of a job that has ended, as CloudWatch reads it."""
    metrics = [{"Name": "ended", "Unit": "Count"}, {"Name": "givenUp", "Unit": "Count"}]
    directive = {
        "Namespace": f"Longhaul/{_STACK}",
        "Dimensions": [["status"], []],
        "Metrics": metrics,
    }
    facts = {"message": "job ended", "status": status, "ended": 1, "givenUp": given_up}
    aws = {"Timestamp": 1_800_000_000_000, "CloudWatchMetrics": [directive]}
    return json.dumps({**facts, "_aws": aws})


def test_a_line_of_a_job_that_was_given_up_is_an_alarm(
    target: Target, inbox: tuple[str, str]
) -> None:
    alarm = _make(target, _SIMPLE["JobsGivenUp"], inbox[0])
    client = target.session().client("cloudwatch")

    for status, given_up, state in (("completed", 0, "OK"), ("failed", 1, "ALARM")):
        for namespace, datum in emf.points(_ended(status, given_up)):
            client.put_metric_data(Namespace=namespace, MetricData=[datum])
        _becomes(target, alarm, state)

    assert "docs/operations.md#jobsgivenup" in _told(target, inbox, alarm)["AlarmDescription"]


def test_a_run_of_the_sweeper_that_woke_nothing_is_a_run(
    target: Target, inbox: tuple[str, str]
) -> None:
    alarm = _make(target, _SIMPLE["SweeperSilent"], inbox[0])

    _put(target, _SIMPLE["SweeperSilent"], 0.0)

    _becomes(target, alarm, "OK")


def test_all_simple_alarms_are_tried(target: Target) -> None:
    tried = {"QueueOld", "WebhooksUnsigned", "TelemetryDrops", "JobsGivenUp", "SweeperSilent"}

    assert set(_SIMPLE) == tried


def test_a_line_without_a_number_makes_no_metric() -> None:
    with pytest.raises(ValueError, match="givenUp is None"):
        list(emf.points(_ended("failed", 1).replace('"givenUp": 1', '"givenUp": null')))
