"""Some lines of a stack, and what is known of its jobs → all that they change. Pure.

Lines come in any order: those of another function may be late. So a job that has ended stays known
for a while, and what comes late of it changes nothing that its end has settled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.telemetry.lines import NS_PER_MS, Event
from chalicelib.telemetry.records import Record, record
from chalicelib.telemetry.spans import Span, spans
from infra.observe import counters
from infra.observe.counters import End
from infra.observe.tally import Tally


@dataclass(frozen=True, slots=True)
class Ended:
    """The root span of a job that has ended: its id, and its times in Unix ms. None: no line that
    was read has them."""

    span: str | None = None
    began_at: int | None = None
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The signals that have a backend."""

    traces: bool = True
    logs: bool = True


@dataclass(slots=True)
class Counted:
    """What some lines change. `accepted` and `started` have jobs that may be open, with the time
    when each was accepted, in Unix ms."""

    tally: Tally = field(default_factory=Tally)
    ended: dict[str, Ended] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    started: dict[str, int] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def counted(events: Iterable[Event], known: Mapping[str, Ended], wanted: Wanted) -> Counted:
    """Returns what the events change. `known` has the jobs of these events that have ended, as
    earlier lines said."""
    events = list(events)
    found = Counted()
    roots = [event for event in events if _ends(event, known, found)]
    ended = {**known, **found.ended}
    for event in events:
        found.tally.take(counters.changes(event))
        if event.job is not None and event.job not in ended:
            _opens(event, event.job, found)
        if wanted.logs:
            found.records.append(record(event))
        if wanted.traces and not counters.is_end(event):
            found.spans += _within(spans(event), ended.get(event.job or ""))
    if wanted.traces:
        for event in roots:
            found.spans += spans(event)
    return found


def _ends(event: Event, known: Mapping[str, Ended], found: Counted) -> bool:
    """Counts the end that the event says, if it is the first to say so. Returns whether it is the
    first that has the job's root span."""
    end = counters.end(event)
    if end is None:
        return False
    before = found.ended.get(end.job) or known.get(end.job)
    if before is None:
        found.tally.take(counters.changes_of_end(end))
        found.ended[end.job] = _root(end)
        return end.span is not None
    if before.span is None and end.span is not None:
        found.ended[end.job] = _root(end)
        return True
    return False


def _root(end: End) -> Ended:
    return Ended(end.span, end.began_at, end.ended_at)


def _opens(event: Event, job: str, found: Counted) -> None:
    at = event.whole("at") or event.logged_at
    if event.name == "job accepted":
        found.accepted[job] = at
    elif event.name == "job started":
        found.started[job] = at - int((event.number("secondsQueued") or 0) * 1000)


def _within(made: list[Span], root: Ended | None) -> list[Span]:
    """Returns the spans, cut to the time of the job if they are children of its root: the lines of
    a late twin may know no better, and a viewer shows no child that outlives its parent."""
    if not made or root is None or root.span is None or made[0].parent != root.span:
        return made
    first, last = (root.began_at or 0) * NS_PER_MS, (root.ended_at or 0) * NS_PER_MS
    if all(first <= one.start and one.end <= last for one in made):
        return made
    return [
        replace(one, start=_between(first, one.start, last), end=_between(first, one.end, last))
        for one in made
    ]


def _between(first: int, at: int, last: int) -> int:
    return min(max(at, first), last)
