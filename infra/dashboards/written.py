"""The JSON of the dashboards, and where it is committed."""

import json
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from infra.dashboards.api import api
from infra.dashboards.job import job
from infra.dashboards.pipeline import pipeline
from infra.dashboards.scenario import scenario
from infra.paths import REPOSITORY

FOLDER: Final = REPOSITORY / "infra" / "observe" / "grafana" / "dashboards"

DASHBOARDS: Final = {"scenario": scenario, "api": api, "pipeline": pipeline, "job": job}


def made() -> dict[str, str]:
    """Returns the JSON of each dashboard, by the name of its file."""
    return {
        f"{name}.json": json.dumps(make(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for name, make in DASHBOARDS.items()
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes all dashboards into `folder`, and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in made().items():
        path = folder / name
        path.write_text(text)
        paths.append(path)
    return paths
