"""Reads a key of selections, for the backend that signs with it. `make selection-key` prints it."""

import json
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.outputs import Outputs

if TYPE_CHECKING:
    import boto3


def read(session: "boto3.Session", outputs: Outputs, kid: str | None = None) -> str:
    """Returns the text of the key with this id; without one, of the only key that there is.

    Raises InfraError if the stack takes no selections, or if it is not clear which key is meant.
    """
    if outputs.selection_keys is None:
        raise InfraError(
            "This stack takes no selections, so it has no keys for them. Deploy it with "
            "SELECTION_KEYS=make, beside what you deploy it with now."
        )
    client = session.client("secretsmanager")
    secret = client.get_secret_value(SecretId=outputs.selection_keys)["SecretString"]
    keys: dict[str, str] = json.loads(secret)
    if kid is None and len(keys) == 1:
        return next(iter(keys.values()))
    if kid not in keys:
        there = f"There {'is' if len(keys) == 1 else 'are'} {', '.join(sorted(keys)) or 'none'}."
        wrong = "Say which key: KID=1." if kid is None else f"There is no key {kid!r}."
        raise InfraError(f"{wrong} {there}")
    return keys[kid]
