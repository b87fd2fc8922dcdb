"""Each panel of the dashboards and each alert asks Prometheus for what there is, and shows what has
happened."""

import time
from collections.abc import Sequence

import pytest

from infra.alerts.listed import ALERTS
from infra.alerts.model import Alert
from infra.dashboards.queries import Asked, catalog, runnable
from tests.observe.day import Day
from tests.observe.expected import Labels, Panel, Said
from tests.observe.metrics import Samples
from tests.observe.stage import SETTLED_SECONDS, Stage
from tests.waiting import wait_for

SWEPT_SECONDS = 90

QUIET = [alert for alert in ALERTS if alert.name != "AnswersSlow"]
"""All but one: on a busy machine, answers of a local stack are slow indeed."""

QUERIES = [asked for asked in catalog() if asked.language == "prometheus"]


def _place(asked: Asked) -> Panel:
    return asked.dashboard, asked.panel, asked.ref


def test_each_panel_shows_what_has_happened(stage: Stage, day: Day) -> None:
    queries = {_place(asked): asked for asked in QUERIES}

    def faults() -> dict[Panel, str]:
        shown, seconds = _shown(stage, list(queries.values()))
        said = Said(stage.table.jobs(), stage.logs.lines(), stage.client.sent, seconds).panels()
        assert said.keys() >= queries.keys(), "a panel of which nobody has said what it must show"
        found = {place: said[place].fault(numbers, seconds) for place, numbers in shown.items()}
        return {place: fault for place, fault in found.items() if fault}

    last: dict[Panel, str] = {}

    def none() -> bool:
        last.clear()
        last.update(faults())
        return not last

    try:
        wait_for(none, SETTLED_SECONDS, "panels that show what has happened", pause=1)
    except AssertionError:
        pytest.fail("\n".join(f"{place}: {fault}" for place, fault in last.items()))


def _shown(
    stage: Stage, queries: Sequence[Asked]
) -> tuple[dict[Panel, dict[Labels, float]], float]:
    """Returns what the panels show now, and how many seconds ago their range began."""
    now = time.time()
    seconds = int(now - stage.began)
    window = f"{seconds}s"
    return {
        _place(asked): _numbers(
            stage.observe.prometheus.samples(runnable(asked.expr, window, window), at=now)
        )
        for asked in queries
    }, seconds


def _numbers(samples: Samples) -> dict[Labels, float]:
    return {
        tuple(value for _, value in sorted(one.labels.items())): one.value
        for one in samples.samples
    }


@pytest.mark.parametrize("alert", QUIET, ids=lambda alert: alert.name)
def test_an_alert_asks_for_what_there_is_and_finds_nothing_wrong(
    alert: Alert, stage: Stage, day: Day
) -> None:
    # The sweeper runs each minute, and has perhaps not run yet.
    wait_for(
        lambda: not stage.observe.prometheus.samples(alert.query).samples,
        SWEPT_SECONDS,
        f"nothing that {alert.name} finds",
        pause=1,
    )


def test_prometheus_has_all_alerts_and_none_fires(stage: Stage, day: Day) -> None:
    def states() -> dict[str, str]:
        groups = stage.observe.prometheus.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert {rule["health"] for rule in rules} == {"ok"}, rules
        return {rule["name"]: rule["state"] for rule in rules if rule["type"] == "alerting"}

    quiet = {alert.name: "inactive" for alert in QUIET}
    known = {alert.name for alert in ALERTS}
    wait_for(
        lambda: states().keys() == known and quiet.items() <= states().items(),
        SWEPT_SECONDS,
        f"the states {quiet}",
        pause=1,
    )
