"""Prometheus' rules, from the list of alerts.

https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

import textwrap
from typing import Final

import yaml

from infra.alerts import spend
from infra.alerts.listed import ALERTS
from infra.alerts.model import Alert
from infra.alerts.spend import Recording
from infra.paths import REPOSITORY

COMMITTED: Final = REPOSITORY / "infra" / "observe" / "prometheus" / "alerts.yml"

_HEAD: Final = """\
# The alerts of Longhaul. `python -m infra.alerts` writes this file from infra/alerts/listed.py, and
# with another limit than {limit:g} dollars a month if SPEND_LIMIT says one.
"""

_ANSWERS: Final = (
    Recording(
        "longhaul:answers_failed:ratio_rate5m",
        'sum(rate(http_requests_total{status=~"5.."}[5m]))\n/ sum(rate(http_requests_total[5m]))',
    ),
    Recording(
        "longhaul:answer_seconds:p99_10m",
        "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[10m])))",
    ),
)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def written(limit: float = spend.LIMIT) -> str:
    """Returns the file with the rules. `limit` is in dollars a month."""
    recorded = [_recorded(one) for one in (*_ANSWERS, *spend.recordings(limit))]
    # Prometheus works out a group's rules in their order: alerts see what was just recorded.
    lines = [_HEAD.format(limit=spend.LIMIT), "groups:\n", "- name: longhaul\n  rules:\n"]
    lines += [_indented(one) for one in recorded]
    for alert in ALERTS:
        lines.append(textwrap.indent(textwrap.fill(alert.why, 98, break_on_hyphens=False), "  # "))
        lines.append("\n" + _indented(_alert(alert)))
    return "".join(lines)


def _recorded(rule: Recording) -> dict[str, object]:
    labels = {"labels": dict(rule.labels)} if rule.labels else {}
    return {"record": rule.name, "expr": rule.query, **labels}


def _alert(alert: Alert) -> dict[str, object]:
    waits = {} if alert.lasts == "0m" else {"for": alert.lasts}
    return {
        "alert": alert.name,
        "expr": alert.query,
        **waits,
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "runbook": alert.runbook},
    }


def _indented(rule: dict[str, object]) -> str:
    said = yaml.dump([rule], Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return textwrap.indent(said, "  ")
