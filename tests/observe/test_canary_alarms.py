"""The simple alarms of a deployment change their state on MiniStack.

MiniStack calculates no metric math and does not tell dimensions apart: the other alarms, and that a
crash of the old version does not count, can be seen on CloudWatch alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra import ministack, targets
from infra.alerts import canary
from infra.alerts.canary import Watch
from infra.alerts.cloudwatch import watching
from infra.targets import Target
from tests.waiting import wait_for

_SECONDS = 10.0
_SIMPLE = {watch.name: watch for watch in canary.WATCHES if watch.alarm.is_simple}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A MiniStack of these tests' own, without a stack."""
    state = tmp_path_factory.mktemp("ministack")
    try:
        yield replace(targets.named("ministack"), endpoint_url=ministack.start(state))
    finally:
        ministack.stop(state)


def _properties(watch: Watch) -> Any:
    """The alarm as CloudFormation would hand it to CloudWatch."""

    def resolved(value: Any) -> Any:
        match value:
            case {"Fn::Sub": str(text)}:
                return text.replace("${AWS::StackName}", "watched")
            case {"Fn::GetAtt": ["APIHandlerVersion", "Version"]}:
                return "8"
            case dict():
                return {name: resolved(one) for name, one in value.items()}
            case list():
                return [resolved(one) for one in value]
        return value

    return resolved(watching(watch.name, watch.means, watch.alarm))


def _make(target: Target, watch: Watch) -> str:
    properties = _properties(watch)
    target.session().client("cloudwatch").put_metric_alarm(**properties)
    name: str = properties["AlarmName"]
    return name


def _put(target: Target, watch: Watch, value: float) -> None:
    """Puts a value of the alarm's metric, as Lambda would of an invocation of the new version."""
    metric = _properties(watch)
    datum: Any = {
        "MetricName": metric["MetricName"],
        "Dimensions": metric["Dimensions"],
        "Value": value,
    }
    target.session().client("cloudwatch").put_metric_data(
        Namespace=metric["Namespace"], MetricData=[datum]
    )


def _state(target: Target, alarm: str) -> str:
    client = target.session().client("cloudwatch")
    [found] = client.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return found["StateValue"]


def _becomes(target: Target, alarm: str, state: str) -> None:
    wait_for(lambda: _state(target, alarm) == state, _SECONDS, f"{alarm} to be {state}")


@pytest.mark.parametrize(
    ("name", "well", "unwell"), [("CanaryCrashes", 0.0, 1.0), ("CanaryThrottles", 5.0, 6.0)]
)
def test_an_alarm_goes_off_beyond_its_threshold_and_not_at_it(
    target: Target, name: str, well: float, unwell: float
) -> None:
    alarm = _make(target, _SIMPLE[name])

    _put(target, _SIMPLE[name], well)
    _becomes(target, alarm, "OK")
    _put(target, _SIMPLE[name], unwell)

    _becomes(target, alarm, "ALARM")


def test_all_simple_alarms_are_tried() -> None:
    assert set(_SIMPLE) == {"CanaryCrashes", "CanaryThrottles"}
