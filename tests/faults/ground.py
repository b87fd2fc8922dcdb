"""What the source bucket of a run is like: how tidy it is, and how restless."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from chalicelib.settings import Settings
from tests.faults import shelves
from tests.faults.shelves import Versioning

EVERY: Final = 3
"""One run in this many has rough ground."""


@dataclass(frozen=True, slots=True)
class Ground:
    """`versioning` is the bucket's, and `is_old` says that the first files are older than it.

    `locked` is the share of the first files that cannot be read. `lockings` is how often a file
    becomes unreadable, or readable again. `meddlings` is how often one is overwritten or deleted.
    `restless` is the chance that one file is overwritten just before a request of a function.
    `encoded` is the share of files with a Content-Encoding. `listed` is the share of the requests
    that ask for `files`. `owner` and `pays`: requests must name the bucket's owner, and pay.
    `changes_max` and `look_up_max` are the settings.
    """

    versioning: Versioning = ""
    is_old: bool = False
    locked: float = 0.0
    lockings: int = 0
    meddlings: int = 0
    restless: float = 0.0
    encoded: float = 0.0
    listed: float = 0.0
    owner: bool = False
    pays: bool = False
    changes_max: int = 3
    look_up_max: int = 200

    @property
    def is_rough(self) -> bool:
        return self != TIDY

    def configured(self, settings: Settings) -> Settings:
        """Returns the settings of a stack on this ground."""
        [source] = settings.sources
        owner = shelves.OWNER if self.owner else ""
        return replace(
            settings,
            sources=(replace(source, owner=owner, requester_pays=self.pays),),
            changes_max=self.changes_max,
            look_up_max=self.look_up_max,
        )


TIDY: Final = Ground()


def of_run(seed: int, *, rough: bool) -> Ground:
    """Returns the ground of a run; `rough`: of one that is rough for sure. Its chance is its own,
    so that the other runs stay what they were."""
    if not rough and seed % EVERY != EVERY - 2:
        return TIDY
    random = Random(f"{seed} ground")
    return Ground(
        versioning=random.choice(("", "", "", "Enabled", "Enabled", "Suspended")),
        is_old=random.random() < 0.3,
        locked=random.choice((0.0, 0.0, 0.1, 0.3, 0.9)),
        lockings=random.choice((0, 0, 1, 4, 16)),
        meddlings=random.choice((0, 0, 1, 4, 16)),
        restless=random.choice((0.0, 0.0, 0.02, 0.02, 0.1, 1.0)),
        encoded=random.choice((0.0, 0.2)),
        listed=random.choice((0.0, 0.5, 1.0)),
        owner=random.random() < 0.2,
        pays=random.random() < 0.2,
        changes_max=random.choice((0, 1, 1, 3)),
        look_up_max=random.choice((0, 4, 200)),
    )
