"""The model as JSON, for the calculator of the docs: `python -m infra.costs.written`."""

import json
from dataclasses import asdict
from typing import Final

from infra.costs.model import INPUTS, LINES, QUANTITIES
from infra.costs.prices import PRICES, READ, REGION
from infra.paths import REPOSITORY

COMMITTED: Final = REPOSITORY / "docs" / "assets" / "costs.json"


def written() -> str:
    """Returns the JSON that is committed."""
    model = {
        "read": READ,
        "region": REGION,
        "inputs": [asdict(one) for one in INPUTS],
        "prices": [asdict(one) for one in PRICES],
        "quantities": QUANTITIES,
        "lines": [asdict(one) for one in LINES],
    }
    return json.dumps(model, indent=1) + "\n"


if __name__ == "__main__":
    COMMITTED.write_text(written())
