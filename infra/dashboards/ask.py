"""Asks Prometheus what Grafana would ask for a panel. https://prometheus.io/docs/prometheus/latest/querying/api/"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from infra.dashboards.queries import runnable
from infra.errors import InfraError

_SECONDS: Final = 30
_STEPS: Final = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
"""Seconds: the steps that Grafana rounds to are near these."""
_NO_TARGET: Final = 15
"""Seconds. Prometheus' data source takes this for a scrape, if nobody says otherwise."""
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Range:
    """A time range, in Unix seconds, and how often Prometheus scrapes, in seconds."""

    start: float
    end: float
    scrape: float = _NO_TARGET

    def step(self, points: int, least: str = "1s") -> int:
        """Returns the distance of two points, in seconds, of a panel with at most so many."""
        wanted = max((self.end - self.start) / points, seconds(least))
        return next((step for step in _STEPS if step >= wanted), _STEPS[-1])

    def filled(self, expr: str, step: int) -> str:
        """Returns a query with Grafana's variables replaced as Grafana does.
        https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/"""
        rate = max(step + self.scrape, 4 * self.scrape)
        return runnable(expr.replace("$__rate_interval", f"{rate:.0f}s"), f"{step}s", self._window)

    @property
    def _window(self) -> str:
        return f"{self.end - self.start:.0f}s"


@dataclass(frozen=True)
class Series:
    """The labels of a series, and its values by time in Unix seconds."""

    labels: Mapping[str, str]
    points: Mapping[float, float]


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus by the base of its URL."""

    url: str

    def scrape_seconds(self) -> float:
        """Returns how often the first target is scraped."""
        targets = self._get("targets", {"state": "active"})["activeTargets"]
        return seconds(targets[0]["scrapeInterval"]) if targets else _NO_TARGET

    def over(self, expr: str, span: Range, step: int) -> list[Series]:
        """Returns what a query gives over time."""
        begin, end = (int(at // step) * step for at in (span.start, span.end))
        asked = {"query": span.filled(expr, step), "start": begin, "end": end, "step": step}
        return [_series(one, one["values"]) for one in self._get("query_range", asked)["result"]]

    def at_end(self, expr: str, span: Range, step: int) -> list[Series]:
        """Returns what a query gives at the end of a time range: one value a series."""
        asked = {"query": span.filled(expr, step), "time": span.end}
        return [_series(one, [one["value"]]) for one in self._get("query", asked)["result"]]

    def exemplars(self, expr: str, span: Range, step: int) -> list[tuple[float, float]]:
        """Returns (time, value) of the single events behind a query."""
        query = span.filled(expr, step)
        asked = {"query": query, "start": span.start, "end": span.end}
        return [
            (float(exemplar["timestamp"]), float(exemplar["value"]))
            for series in self._get("query_exemplars", asked)
            for exemplar in series["exemplars"]
        ]

    def _get(self, what: str, asked: Mapping[str, object]) -> Any:
        url = f"{self.url.rstrip('/')}/api/v1/{what}?{urlencode(asked)}"
        try:
            with urlopen(url, timeout=_SECONDS) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            said = error.read().decode(errors="replace")
            raise InfraError(f"Prometheus refused {asked}: {said}") from error
        except (URLError, OSError, ValueError, KeyError) as error:
            raise InfraError(f"No answer from Prometheus at {self.url}: {error}") from error


def seconds(text: str) -> float:
    """Returns a duration such as 1m30s or 500ms in seconds."""
    return sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"([\d.]+)(ms|[smhd])", text))


def _series(one: Mapping[str, Any], points: list[list[Any]]) -> Series:
    return Series(one["metric"], {float(at): float(value) for at, value in points})
