"""What a line adds to the metrics. Pure."""

from infra.observe.catalog import CATALOG as CATALOG
