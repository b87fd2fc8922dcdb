"""docs/reference/metrics.md: each metric, as infra/observe/catalog.py has it."""

from infra.observe.catalog import CATALOG, Metric
from infra.site import markdown


def made() -> str:
    """Returns the page."""
    rows = [(f"`{name(metric)}`", metric.kind.value, metric.help) for metric in CATALOG]
    source = markdown.GENERATED.format("`infra/observe/catalog.py`")
    return markdown.page(
        [source, "", markdown.about("metrics"), *markdown.table(("name", "kind", "meaning"), rows)]
    )


def name(metric: Metric) -> str:
    """Returns a metric's name with its labels, as Prometheus writes them."""
    return metric.name + ("{" + ",".join(metric.labels) + "}" if metric.labels else "")
