"""What /metrics shows of a store, read by prometheus_client's own parser."""

from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from infra.observe.exposition import Metrics, Progress

Scrape = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(path: Path, progress: Progress | None = None, now: float = 1_790_000_100.0) -> Scrape:
    """Returns each sample by its name and labels."""
    registry = CollectorRegistry(auto_describe=False)
    shown = progress or Progress(started_at=0, followed=frozenset({1}))
    registry.register(Metrics(path, shown, lambda: now))
    return parsed(generate_latest(registry).decode())


def parsed(text: str) -> Scrape:
    """Returns each sample of a text by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Scrape, name: str, **labels: str) -> float:
    """Returns one sample's value."""
    return found[name, tuple(sorted(labels.items()))]
