"""What the archives of a run are to be like: their format, how they are compressed and split."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final
from unittest.mock import patch

from chalicelib.http import parse, schemas

Form = dict[str, Any]
"""The fields of a request that say it."""

PLAIN: Final[Form] = {}
EACH: Final[tuple[Form, ...]] = (
    {"compression": "deflate"},
    {"compression": "auto"},
    {"format": "tar"},
    {"format": "tar.gz"},
    {"format": "tar.gz", "compression": "auto"},
)
_SPLITS: Final = (5_500, 6_500, 8_000, 12_000)
"""The most bytes of one archive, if files have up to 5,000."""

_FIELDS: Final = ("format", "compression", "split")
_SAME: Final = 0.7
"""The chance that somebody who asks again asks for an archive of the same form."""

_USUAL_RUNS: Final = 0.4
"""In so many runs nobody says anything of the archives."""

_WIDE: Final = 4
"""How many times larger all is in a run with tars: a header of theirs has up to 2 KB, and must fit
into a part."""


@dataclass(frozen=True, slots=True)
class Forms:
    """`each` are the forms of the run. A request has one of them with the chance `share`, and is
    split with the chance `splits`. `scale` is how many times larger than usual all is."""

    each: tuple[Form, ...] = ()
    share: float = 0.0
    splits: float = 0.0
    scale: int = 1
    random: Random = field(default_factory=lambda: Random(0))

    def named(self) -> Form:
        """Draws what a request says of its archive: a part of its body, perhaps an empty one."""
        if not self.each or self.random.random() >= self.share:
            return {}
        form = dict(self.random.choice(self.each))
        if self.random.random() < self.splits:
            form["split"] = self.random.choice(_SPLITS) * self.scale
        return form

    def perhaps_another(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Returns the body of a request, now and then with another form."""
        if not self.each or self.random.random() < _SAME:
            return asked
        others = {name: value for name, value in asked.items() if name not in _FIELDS}
        return others | self.named()


USUAL: Final = Forms()
"""All archives are ZIPs of stored files."""


def of_run(seed: int) -> Forms:
    """Returns the forms of a run. Its chance is its own, so that the other runs stay what they
    were."""
    random = Random(f"{seed} forms")
    if random.random() < _USUAL_RUNS:
        return USUAL
    each = random.choice((EACH, EACH[:2], *((one,) for one in EACH), (PLAIN,)))
    return Forms(
        each=each,
        share=random.choice((0.6, 1.0, 1.0)),
        splits=random.choice((0.0, 0.5, 1.0)) if each != (PLAIN,) else 1.0,
        scale=_scale(each),
        random=random,
    )


def alone(form: Form) -> Forms:
    """Returns the forms of a run in which nobody draws any, and one export may have this one."""
    return Forms(scale=_scale((form,)))


def _scale(each: Iterable[Form]) -> int:
    return _WIDE if any("format" in one for one in each) else 1


@contextmanager
def small_splits() -> Iterator[None]:
    """The API takes any `split` within the context: in a simulation all is small."""
    with patch.object(parse, "_rules", _rules):
        yield


@cache
def _rules(schema: str, sources: tuple[str, ...], *, is_number: bool) -> tuple[Any, Any]:
    import fastjsonschema

    an_id = schemas.NUMBER if is_number else schemas.TEXT_OR_NUMBER
    rules = deepcopy(schemas.requests(an_id, sources)[schema])
    own = rules["properties"]
    if "split" in own:
        own["split"]["minimum"] = 1
    return rules, fastjsonschema.compile(rules, use_default=False, fast_fail=False)
