"""The memory and the timeout of each function, as parameters of the template.

The queues in infra/resources.yaml hide a message for six times the largest timeout that a parameter
takes, as Lambda asks. So a queue needs no parameter of its own.
"""

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

MEMORY_MAX: Final = 10_240
"""MB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@dataclass(frozen=True)
class Function:
    """What the parameters of one function take: MB and seconds. Less memory was never tried."""

    name: str
    prefix: str
    about: str
    memory_min: int
    timeout_min: int
    timeout_max: int
    why: str

    @property
    def memory(self) -> str:
        """The parameter with its memory."""
        return f"{self.prefix}Memory"

    @property
    def timeout(self) -> str:
        """The parameter with its timeout."""
        return f"{self.prefix}Timeout"


FUNCTIONS: Final = (
    Function(
        "APIHandler",
        "Api",
        "the API's function",
        256,
        25,
        29,
        "It answers 503 if a service has not answered after 20 s, and API Gateway waits for 29.",
    ),
    Function(
        "Worker",
        "Worker",
        "the worker",
        512,
        300,
        900,
        "A step is planned for a minute, and takes longer where S3 is slow or a file is large.",
    ),
    Function(
        "Announcer",
        "Announcer",
        "the announcer",
        256,
        60,
        90,
        "A receiver of webhooks may be slow.",
    ),
    Function("DeadLetters", "DeadLetters", "the handler of dead letters", 256, 30, 60, ""),
    Function(
        "Sweeper", "Sweeper", "the sweeper", 256, 30, 55, "It runs each minute, one at a time."
    ),
    Function("Telemetry", "Telemetry", "the shipper of telemetry", 256, 30, 150, ""),
)


def memory_of(function: str) -> str:
    """Returns the parameter with the memory of a function, by its name in the template."""
    return next(one.memory for one in FUNCTIONS if one.name == function)


def declare(template: Json) -> None:
    """Makes parameters of the memory and the timeout of each function that the template has. Their
    defaults are what the template says."""
    parameters = template.setdefault("Parameters", {})
    for one in FUNCTIONS:
        properties = template["Resources"].get(one.name, {}).get("Properties", {})
        if "MemorySize" not in properties:
            continue
        parameters[one.memory] = _number(
            properties["MemorySize"],
            one.memory_min,
            MEMORY_MAX,
            "MB",
            f"Memory of {one.about} in MB. Lambda gives processors in proportion to it.",
        )
        parameters[one.timeout] = _number(
            properties["Timeout"],
            one.timeout_min,
            one.timeout_max,
            "seconds",
            f"Seconds after which Lambda ends {one.about}. {one.why}".rstrip(),
        )
        properties["MemorySize"] = {"Ref": one.memory}
        properties["Timeout"] = {"Ref": one.timeout}


def _number(default: int, low: int, high: int, unit: str, about: str) -> Json:
    return {
        "Type": "Number",
        "Default": default,
        "MinValue": low,
        "MaxValue": high,
        "ConstraintDescription": f"must be a whole number from {low} to {high} ({unit})",
        "Description": about,
    }
