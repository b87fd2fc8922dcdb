"""The ARNs that an operator names: of the right kind, and of the stack's region.

CloudFormation would refuse the same values, but only after everything is packaged.
"""

import re
from dataclasses import dataclass
from typing import Final

from chalicelib import named_sources
from infra.errors import DeployError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of ARN. `form` shows people what it looks like. The pattern has a group `region`."""

    what: str
    form: str
    pattern: re.Pattern[str]


SECRET: Final = Kind(
    "a secret",
    "a secret (arn:…:secretsmanager:…:secret:…)",
    re.compile(r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):[0-9]{12}:secret:.+"),
)
TOPIC: Final = Kind(
    "a topic",
    "a standard SNS topic (arn:…:sns:…)",
    re.compile(r"arn:[a-z-]+:sns:(?P<region>[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}"),
)
KMS_KEY: Final = Kind("a key", "a KMS key (arn:…:key/…), and of no alias", named_sources.KMS_KEY)


def check(variable: str, value: str, kind: Kind, region: str, *, is_shown: bool = True) -> None:
    """Raises DeployError if the value is no ARN of this kind, or one of another region.

    `is_shown`: the message may have a value that is no such ARN.
    """
    found = kind.pattern.fullmatch(value)
    if found is None:
        shown = f", not {value!r}" if is_shown else ""
        raise DeployError(f"{variable} must be the ARN of {kind.form}{shown}")
    if found["region"] != region:
        raise DeployError(
            f"{variable} must be {kind.what} of the stack's region {region}, not {value!r}"
        )
