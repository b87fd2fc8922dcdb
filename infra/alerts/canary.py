"""The alarms that undo an update while a new version of the API gets its first requests.

They look at single minutes, and wake nobody: who deploys is there. So they are not in the list of
alerts (listed.py), and Prometheus has nothing like them, as only AWS has a share of the requests.
docs/how-to/upgrade-and-roll-back.md says what each means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.alerts.model import API, OURS, Alarm, Filter, Metric, Value, of_function

ALIAS: Final = "live"
"""The alias of the API's function, as in infra/resources.yaml."""

CONDITION: Final = "ShiftRequests"
"""The template's condition that CodeDeploy moves the requests over."""

_MINUTE: Final = 60

_NEW_VERSION: Final[Mapping[str, Value]] = {
    **of_function("APIHandler"),
    "Resource": {"Fn::Sub": f"${{AWS::StackName}}-APIHandler:{ALIAS}"},
    "ExecutedVersion": {"Fn::GetAtt": ["APIHandlerVersion", "Version"]},
}
"""Of the requests that come by the alias, those that the new version gets.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""


@dataclass(frozen=True)
class Watch:
    """An alarm of a deployment. `means` is what is wrong if it goes off."""

    name: str
    means: str
    alarm: Alarm


def _errors(function: str) -> Metric:
    return Metric(function.lower(), "AWS/Lambda", "Errors", "Sum", of_function(function), _MINUTE)


_BROKEN_STEPS: Final = Filter("WorkerLogs", '{ $.level = "ERROR" }', "workerErrors")

WATCHES: Final = (
    Watch(
        "CanaryCrashes",
        "The API's new version crashes, or does not answer in time",
        # The app answers each exception itself, so a healthy version has no error here.
        Alarm(
            (Metric("errors", "AWS/Lambda", "Errors", "Sum", _NEW_VERSION, _MINUTE),),
            0,
            condition=CONDITION,
        ),
    ),
    Watch(
        "CanaryAnswers",
        "More than 2 % of the API's answers of a minute are 5xx, and at least three",
        # A new version that gets a tenth of the requests and fails all has a tenth of the answers.
        Alarm(
            (
                Metric("errors", "AWS/ApiGateway", "5XXError", "Sum", API, _MINUTE),
                Metric("requests", "AWS/ApiGateway", "Count", "Sum", API, _MINUTE),
            ),
            0.02,
            expression="IF(errors > 2, errors / requests, 0)",
            condition=CONDITION,
        ),
    ),
    Watch(
        "CanaryThrottles",
        "Lambda refuses requests to the API: two versions at once need more of its concurrency",
        Alarm(
            (
                Metric(
                    "refused", "AWS/Lambda", "Throttles", "Sum", of_function("APIHandler"), _MINUTE
                ),
            ),
            5,
            condition=CONDITION,
        ),
    ),
    Watch(
        "CanaryWorkers",
        "Functions behind the queues crash, or steps of jobs break",
        # They get all of their work at once. A worker catches what a step raises, and says so.
        Alarm(
            (
                *map(_errors, ("Worker", "Announcer", "DeadLetters", "Sweeper")),
                Metric("broken", OURS, _BROKEN_STEPS.metric, "Sum", period=_MINUTE),
            ),
            0,
            expression="FILL(worker, 0) + FILL(announcer, 0) + FILL(deadletters, 0) "
            "+ FILL(sweeper, 0) + FILL(broken, 0)",
            filters=(_BROKEN_STEPS,),
            condition=CONDITION,
        ),
    ),
)
"""All of them. CodeDeploy takes ten at most."""
