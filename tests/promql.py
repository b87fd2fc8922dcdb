"""Reads PromQL with a parser that is not Prometheus' own, to hold queries against our catalog."""

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as promql

from infra.observe.catalog import METRICS, Kind, Metric

_OF_HISTOGRAMS = {"_bucket": ("le",), "_sum": (), "_count": ()}
PROMETHEUS_OWN = {"ALERTS": ("alertname", "alertstate", "severity")}
"""What Prometheus makes itself, with the labels that we use.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/"""


@dataclass(frozen=True)
class Series:
    """A metric as a query names it."""

    labels: frozenset[str]
    metric: Metric | None
    """None: it is Prometheus' own."""


def complaints(expr: str) -> list[str]:
    """Returns what in a query the shipper never gives: unknown metrics and labels, values of
    labels, bounds of buckets. Raises ValueError if it is no PromQL."""
    return list(_of(promql.parse(expr)))


def selectors(expr: promql.Expr) -> list[promql.VectorSelector]:
    """Returns all selectors of a query, also those with a range."""
    found: list[promql.VectorSelector] = []

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector):
            found.append(node)

    promql.walk(expr, visit)
    return found


def series(name: str) -> Series | None:
    """Returns what the shipper gives by this name; None if it gives nothing."""
    if (metric := METRICS.get(name)) and metric.kind is not Kind.HISTOGRAM:
        return Series(frozenset(metric.labels), metric)
    for ending, more in _OF_HISTOGRAMS.items():
        metric = METRICS.get(name.removesuffix(ending))
        if name.endswith(ending) and metric and metric.kind is Kind.HISTOGRAM:
            return Series(frozenset((*metric.labels, *more)), metric)
    if name in PROMETHEUS_OWN:
        return Series(frozenset(PROMETHEUS_OWN[name]), None)
    return None


def _of(expr: promql.Expr) -> Iterator[str]:
    for selector in selectors(expr):
        yield from _of_selector(selector)
    groups: list[promql.AggregateExpr] = []

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.AggregateExpr):
            groups.append(node)

    promql.walk(expr, visit)
    for group in groups:
        wanted = set(group.modifier.labels) if group.modifier else set()
        for selector in selectors(group.expr):
            given = series(selector.name or "")
            if given and (missing := wanted - given.labels):
                yield f"{selector.name} has no label {', '.join(sorted(missing))}"


def _of_selector(selector: promql.VectorSelector) -> Iterator[str]:
    given = series(selector.name or "")
    if given is None:
        yield f"there is no metric {selector.name}"
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in given.labels:
            yield f"{selector.name} has no label {matcher.name}"
        elif given.metric and not _can_be(given.metric, matcher):
            yield f"{selector.name}: {matcher.name} is never {matcher.value}"


def _can_be(metric: Metric, matcher: promql.Matcher) -> bool:
    """Whether a label can have the value that a matcher wants, as far as its values are known."""
    if matcher.op not in (promql.MatchOp.Equal, promql.MatchOp.Re):
        return True
    if matcher.name == "le":
        bounds = {"+Inf", *(f"{bound:g}([.]0)?" for bound in metric.buckets)}
        return matcher.value in bounds
    known = {values[metric.labels.index(matcher.name)] for values in metric.starts}
    return matcher.op is promql.MatchOp.Re or not known or matcher.value in known
