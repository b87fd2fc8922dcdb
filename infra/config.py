"""The settings of a stage, as .chalice/config.json has them."""

import json
from typing import Final

from infra.paths import CHALICE_CONFIG

PLACES: Final = (
    "JOBS_TABLE",
    "QUEUE_URL",
    "ANNOUNCEMENT_QUEUE_URL",
    "SOURCE_BUCKET",
    "ARCHIVE_BUCKET",
)
"""The variables that a deployment sets to what it has made."""


def settings_of(stage: str) -> dict[str, str]:
    """Returns the environment variables that the stage gives to the functions."""
    config = json.loads(CHALICE_CONFIG.read_text())
    of_all: dict[str, str] = config.get("environment_variables", {})
    of_stage: dict[str, str] = config["stages"][stage].get("environment_variables", {})
    return of_all | of_stage


def memory() -> dict[str, int]:
    """Returns the memory of each function in MB, by its name in the template."""
    functions: dict[str, dict[str, int]] = json.loads(CHALICE_CONFIG.read_text())[
        "lambda_functions"
    ]
    return {_in_template(name): of["lambda_memory_size"] for name, of in functions.items()}


def _in_template(function: str) -> str:
    """Returns what Chalice calls a function in the template."""
    if function == "api_handler":
        return "APIHandler"
    return "".join(part.capitalize() for part in function.split("_"))
