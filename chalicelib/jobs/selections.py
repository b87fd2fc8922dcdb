"""How often each selection was used.

A use is counted in the transaction that writes the job's record. So a selection is used exactly as
often as it has made a job: a refused request and a crash use nothing, and two requests at the same
time cannot both take the last use.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.errors import SelectionUsed
from chalicelib.jobs import places
from chalicelib.jobs.attributes import number, of
from chalicelib.jobs.table import Table, Update

_COUNT: Final = "useCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A use of a selection, by a job that is to be made. `selection` is the selection's digest,
    and `most` is how often it may be used. `forget_at` is when nobody can use it any more, in Unix
    time in ms."""

    selection: str
    most: int
    forget_at: int

    def counted(self) -> Update:
        """Returns the change of the table that counts this use, if one is left."""
        return Update(
            item=places.selection(self.selection),
            expression=f"ADD {_COUNT} :one SET #ttl = :ttl",
            values={"one": of(1), "ttl": of(self.forget_at // 1000), "most": of(self.most)},
            condition=f"attribute_not_exists({_COUNT}) OR {_COUNT} < :most",
            names={"#ttl": "ttl"},
        )

    def used_up(self) -> SelectionUsed:
        """Returns the error for a selection of which no use is left."""
        times = "once" if self.most == 1 else f"{self.most} times"
        return SelectionUsed(f"the selection was used {times}, which is all it allows")


@dataclass(frozen=True, slots=True)
class SelectionStore:
    """The count of every selection."""

    table: Table

    def is_used_up(self, use: Use) -> bool:
        """Returns whether no use of the selection is left."""
        item = self.table.get(
            places.selection(use.selection), "look how often a selection was used"
        )
        return (number(item or {}, _COUNT) or 0) >= use.most
