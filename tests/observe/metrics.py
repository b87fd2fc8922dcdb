"""Reads metrics: from the text of `/metrics`, and from Prometheus."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

_ANSWER_SECONDS = 30

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Samples:
    """All samples of one moment."""

    samples: tuple[Sample, ...]

    def value(self, name: str, **labels: str) -> float:
        """Returns the one sample of this name and exactly these labels. Raises LookupError if
        there is none."""
        for sample in self.samples:
            if sample.name == name and dict(sample.labels) == labels:
                return sample.value
        raise LookupError(f"there is no {name} with {labels}")

    def total(self, name: str, **labels: str) -> float:
        """Returns the sum of all samples of this name that have these labels, and others."""
        return math.fsum(
            it.value for it in self._named(name) if labels.items() <= it.labels.items()
        )

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """Returns the sums by the values of these labels, but for those that are 0."""
        sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for sample in self._named(name):
            sums[tuple(sample.labels.get(label, "") for label in labels)] += sample.value
        return {values: number for values, number in sums.items() if number}

    def _named(self, name: str) -> Iterator[Sample]:
        return (sample for sample in self.samples if sample.name == name)


def of_text(text: str) -> Samples:
    """Returns the samples of Prometheus' text format."""
    return Samples(
        tuple(
            Sample(one.name, one.labels, one.value)
            for family in text_string_to_metric_families(text)
            for one in family.samples
        )
    )


class QueryError(AssertionError):
    """Prometheus refuses a query."""


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus, by its HTTP API.
    https://prometheus.io/docs/prometheus/latest/querying/api/"""

    url: str

    def ask(self, path: str, **query: object) -> Any:
        """Returns the data of an answer. Raises QueryError if there is none."""
        answer = requests.get(
            f"{self.url}/api/v1/{path}",
            params={name: str(value) for name, value in query.items()},
            timeout=_ANSWER_SECONDS,
        )
        told = answer.json()
        if told["status"] != "success" or told.get("warnings"):
            raise QueryError(f"{query}: {told}")
        return told["data"]

    def samples(self, query: str, at: float | None = None) -> Samples:
        """Returns what an instant query gives: a vector, or a number. `at` is Unix time in seconds;
        None: now."""
        data = self.ask("query", query=query, **({} if at is None else {"time": at}))
        if data["resultType"] == "scalar":
            return Samples((Sample("", {}, float(data["result"][1])),))
        return Samples(tuple(_samples(data["result"])))

    def number(self, query: str) -> float:
        """Returns the one number that a query gives. Fails if it gives another count of them."""
        (sample,) = self.samples(query).samples
        return sample.value

    def all(self) -> Samples:
        """Returns each series' newest sample."""
        return self.samples('{__name__=~".+", job!="prometheus"}')


def _samples(result: Iterable[Any]) -> Iterator[Sample]:
    for one in result:
        labels = dict(one["metric"])
        name = labels.pop("__name__", "")
        # What a scrape adds is of no interest here.
        own = {key: value for key, value in labels.items() if key not in ("instance", "job")}
        yield Sample(name, own, float(one["value"][1]))
