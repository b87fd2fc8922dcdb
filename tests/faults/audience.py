"""Who is told of the jobs of a run, and how those who are told behave."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Final

from chalicelib.settings import Inclusion, JobEvent, Settings

BUS: Final = "bus"
SECRET: Final = "hooks"
API: Final = "https://api.test"
HOSTS: Final = tuple(f"{name}.hooks.test" for name in ("a", "b", "c"))
ADDRESSES: Final = ("ann@mail.test", "bo@mail.test")
_SENDER: Final = "longhaul@mail.test"

_EVENTS: Final[tuple[tuple[JobEvent, ...], ...]] = (
    ("ended",),
    ("ended",),
    ("ended",),
    ("ended",),
    ("accepted", "started", "ended"),
    ("accepted", "started", "ended"),
    ("accepted", "ended"),
    ("started",),
)
_INCLUDES: Final[tuple[tuple[Inclusion, ...], ...]] = ((), (), ("detail", "filename", "link"))


class Mood(StrEnum):
    """What a receiver does with a webhook."""

    TAKES = "takes it"
    FAILS = "answers 500"
    BUSY = "answers 503, with Retry-After"
    REDIRECTS = "redirects it"
    DOWN = "is down"
    SLOW = "takes it slowly"
    GONE = "answers 410"
    FORBIDDEN = "has an address that is not allowed"


_PASSING: Final = (Mood.FAILS, Mood.BUSY, Mood.REDIRECTS, Mood.DOWN, Mood.SLOW)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A host of webhooks. It is in this mood for `lasts` ms, then it takes all; None: for good."""

    mood: Mood = Mood.TAKES
    lasts: int | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """`events` and `includes` are the settings. `default`: the stack has a webhook of its own.
    `asks` is the share of the requests that name who is told."""

    events: tuple[JobEvent, ...] = ("ended",)
    includes: tuple[Inclusion, ...] = ()
    default: bool = False
    asks: float = 0.0
    receivers: tuple[Receiver, ...] = (Receiver(),) * len(HOSTS)
    random: Random = field(default_factory=lambda: Random(0))

    def configured(self, settings: Settings) -> Settings:
        """Returns the settings of a stack with this audience."""
        return replace(
            settings,
            event_bus=BUS,
            events=self.events,
            event_includes=self.includes,
            webhook_hosts=("*.hooks.test",),
            webhook_url=url(0) if self.default else "",
            webhook_secret=SECRET,
            mail_from=_SENDER,
            mail_to=("@mail.test",),
            api_url=API,
        )

    def named(self) -> dict[str, dict[str, str]]:
        """Draws whom a request names: a part of its body, perhaps an empty one."""
        return {"notify": self.somebody()} if self.random.random() < self.asks else {}

    def somebody(self) -> dict[str, str]:
        """Draws a receiver, an address, or both."""
        random = self.random
        whom = {"url": url(random.randrange(len(HOSTS)))}
        if random.random() < 0.25:
            whom["email"] = random.choice(ADDRESSES)
            if random.random() < 0.5:
                del whom["url"]
        return whom


_QUIET_RUNS: Final = 0.4
"""In so many runs nobody asks: notices take time, also that of those who wait for a run."""

QUIET: Final = Audience()
"""Nobody asks, and all receivers take what they get."""


def url(number: int) -> str:
    """Returns the URL of one of the receivers."""
    return f"https://{HOSTS[number]}/in?from=longhaul"


def of_run(seed: int) -> Audience:
    """Returns the audience of a run. Its chance is its own, so the other runs stay what they
    were."""
    random = Random(f"{seed} audience")
    if random.random() < _QUIET_RUNS:
        return QUIET
    return Audience(
        events=random.choice(_EVENTS),
        includes=random.choice(_INCLUDES),
        default=random.random() < 0.2,
        asks=random.choice((0.0, 0.0, 0.3, 0.8)),
        receivers=tuple(_receiver(random) for _ in HOSTS),
        random=random,
    )


def _receiver(random: Random) -> Receiver:
    how = random.random()
    if how < 0.4:
        return Receiver()
    if how < 0.5:
        return Receiver(random.choice((Mood.GONE, Mood.GONE, Mood.FORBIDDEN)))
    mood = random.choice(_PASSING)
    # A receiver that never mends makes its notices last for a day.
    is_stubborn = random.random() < 0.05
    return Receiver(mood, None if is_stubborn else int(10 ** random.uniform(3, 6.3)))
