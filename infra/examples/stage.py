"""The stack that an example talks to, with files and a key to sign selections with."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra import stack, targets
from infra.access import SELECTIONS_VARIABLE, Access
from infra.demo import samples
from infra.examples.catalog import Example, ExampleError
from infra.outputs import Outputs

ACCESS: Final = Access("jwt")
"""So that nobody may export without a selection or a token."""

SETTINGS: Final = {
    # Slow storage: an order with 180 small files takes some seconds, and its progress can be seen.
    "SOURCE_DELAY_MS": "25",
}


@contextmanager
def alone(example: Example) -> Iterator[Path]:
    """Yields the folder of the example's state. Raises ExampleError if it runs already."""
    example.state.mkdir(parents=True, exist_ok=True)
    with (example.state / "running").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExampleError(
                f"The example {example.name} runs already, in another terminal."
            ) from None
        yield example.state


@contextmanager
def staged(folder: Path) -> Iterator[Outputs]:
    """Runs a stack of its own that takes selections, while the body runs. It has the sample files.

    A stack that runs already stays as it is. `folder` is for the stack's state.
    """
    # A deployment reads it from here, as it does for `make up`.
    os.environ[SELECTIONS_VARIABLE] = "make"
    with stack.running(folder, access=ACCESS, settings=SETTINGS) as deployed:
        samples.put(targets.named("ministack"), deployed)
        yield deployed


def variables(deployed: Outputs) -> dict[str, str]:
    """Returns what an example's backend must know: where the stack is, and a key to sign with."""
    target = targets.named("ministack").at(deployed.endpoint_url or "")
    secrets = target.session().client("secretsmanager")
    read = secrets.get_secret_value(SecretId=deployed.selection_keys or "")["SecretString"]
    kid, key = next(iter(json.loads(read).items()))
    return {"LONGHAUL_URL": deployed.api_url, "SELECTION_KEY": key, "SELECTION_KID": kid}
