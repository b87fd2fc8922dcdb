"""What the orders of the shop consist of, by the files that the stack has."""

from infra.demo import samples
from infra.demo.library import PREFIX, gather

ALICE, BOB = 4711, 4713
"""An order of each."""
NOBODY = 4799
"""An order that there is not."""

_BACKUPS = {10001: "Type checker.tar", 10002: "Linter.tar"}


def names_of_alices_order() -> dict[str, int]:
    """Returns the sizes of the files of alice's order, by their names in the archive."""
    sizes = {}
    for file in gather(samples.PLACE / "files"):
        if file.file_id in _BACKUPS:
            sizes[f"Order {ALICE}/{_BACKUPS[file.file_id]}"] = file.size
        for key in file.keys:
            if key.startswith(PREFIX):
                sizes[f"Order {ALICE}/Licences/{key.removeprefix(PREFIX)}"] = file.size
    return sizes
