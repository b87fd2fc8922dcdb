"""The documentation says of the metrics what the catalog has."""

import re

from infra.observe.catalog import CATALOG
from infra.observe.labels import Dropped
from infra.paths import REPOSITORY
from infra.site.metrics import name

TEXT = (REPOSITORY / "docs" / "observability.md").read_text()


def test_the_reference_has_each_metric_as_the_catalog_has_it() -> None:
    page = (REPOSITORY / "docs" / "reference" / "metrics.md").read_text()
    rows = re.findall(r"^\| `[a-z_]+(?:\{[a-z,]+\})?` \| .*$", page, re.M)

    assert rows == [f"| `{name(one)}` | {one.kind.value} | {one.help} |" for one in CATALOG]


def test_each_reason_to_drop_something_is_explained() -> None:
    assert [reason for reason in Dropped if f"`{reason.value}`" not in TEXT] == []
