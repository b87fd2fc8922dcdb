"""docs/reference/metrics.md: each metric, as infra/observe/catalog.py has it."""

from infra.observe.catalog import CATALOG, Metric
from infra.site import markdown

_ABOUT = """# Metrics

What the *shipper* counts from the lines of the functions: on `/metrics` of [`make observe`](../observability.md), in Prometheus' text
format. [The dashboards](../dashboards.md) and [the alerts](../operations.md#alerts) are made of these. On AWS, CloudWatch has
[a few of them](../operations.md#what-watching-costs).

In histograms, the last bucket of jobs ends at 120 s. `path` is a route, never an address that somebody asked for. Each label has a small
set of values: one that is not known is `other`. No label has a job's id, a user, or a file's name.
"""


def made() -> str:
    """Returns the page."""
    rows = [(f"`{name(metric)}`", metric.kind.value, metric.help) for metric in CATALOG]
    source = markdown.GENERATED.format("`infra/observe/catalog.py`")
    return markdown.page([source, "", _ABOUT, *markdown.table(("name", "kind", "meaning"), rows)])


def name(metric: Metric) -> str:
    """Returns a metric's name with its labels, as Prometheus writes them."""
    return metric.name + ("{" + ",".join(metric.labels) + "}" if metric.labels else "")
