"""docs/observability.md says of the metrics what the catalog has."""

import re

from infra.observe.catalog import CATALOG, Metric
from infra.observe.labels import Dropped
from infra.paths import REPOSITORY

TEXT = (REPOSITORY / "docs" / "observability.md").read_text()


def row(metric: Metric) -> str:
    labels = "{" + ",".join(metric.labels) + "}" if metric.labels else ""
    return f"| `{metric.name}{labels}` | {metric.kind.value} | {metric.help} |"


def test_the_table_has_each_metric_as_the_catalog_has_it() -> None:
    rows = re.findall(
        r"^\| `[a-z_]+(?:\{[a-z,]+\})?` \| (?:counter|histogram|gauge) \|.*$", TEXT, re.M
    )

    assert rows == [row(metric) for metric in CATALOG]


def test_each_reason_to_drop_something_is_explained() -> None:
    assert [reason for reason in Dropped if f"`{reason.value}`" not in TEXT] == []
