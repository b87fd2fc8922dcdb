"""Writes the report in Markdown. It says of all its figures that they are modelled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from bench.simulate.play import Played
from bench.simulate.records import Record
from bench.simulate.variants import Change
from bench.simulate.world import FACTS, SETTINGS, World

_Changes = Mapping[str, Sequence[tuple[Change, Played]]]

_TOP = """# Longhaul on AWS, modelled

**Nothing here was measured on AWS.** The real planner made the plans, for the same number of files
and bytes as each record has. AWS, and our workers on it, are a model (`bench/simulate`).
`make simulate` writes this page again. [docs/simulate.md](../../docs/simulate.md) says what the
model is and what it leaves out.
"""


def report(
    rows: Sequence[tuple[Record, Played]],
    wide: Sequence[tuple[Record, Played]],
    changes: tuple[_Changes, _Changes],
    memories: Mapping[str, Mapping[str, Played]],
) -> str:
    """Returns the page.

    `rows` are as it is. `wide` are the same records with provisioned pollers. `changes` are those
    that were made and those that could be, both by the record's title; `memories` are by setting
    and then by title.
    """
    made, possible = changes
    return "\n".join(
        [
            _TOP,
            "## The public records\n",
            *_records(rows, wide),
            "\nOur dollars: Lambda + all requests. The records' dollars are as published.",
            "\n![workers](simulate-workers.png)\n",
            "## Where the time goes\n",
            "As it is: the first 300 segments go to workers directly.\n",
            *_phases(rows),
            "\nWith 50 provisioned pollers:\n",
            *_phases(wide),
            "\n## What each step has brought\n",
            "Each line includes all lines before it. All have the plans of now. The plans before "
            "had other segments, and the records took 11.6 s, 22.3 s, 87.5 s and 86.5 s, for "
            "$0.0152, $0.0659, $1.0269 and $0.5129.\n",
            *_changes(made),
            "\n## What would change it\n",
            "Each line includes all lines before it. The planner knows of each change.\n",
            *_changes(possible),
            "\n## The worker's memory\n",
            *_memories(memories),
            "\n## How much depends on which fact\n",
            "![sensitivity](simulate-sensitivity.png)\n",
            "## The facts\n",
            *_facts(World()),
            "",
        ]
    )


def _records(
    rows: Sequence[tuple[Record, Played]], wide: Sequence[tuple[Record, Played]]
) -> Iterator[str]:
    yield "| | the record | ours, modelled | with 50 pollers ready | our target | |"
    yield "|---|---|---|---|---|---|"
    for (record, played), (_, wider) in zip(rows, wide, strict=True):
        kind = " of Lambda" if record.lambda_dollars else ""
        published = f"{record.seconds:,.0f} s, ${record.dollars:.4g}{kind}"
        target = f"{record.target_seconds:,.3g} s"
        if record.target_dollars:
            target += f", ${record.target_dollars:.4f}{kind}"
        yield (
            f"| {record.title} | {published} | **{played.seconds:,.1f} s**, "
            f"{_dollars(played)} | **{wider.seconds:,.1f} s**, {_dollars(wider)} | {target} | "
            f"{_verdict(record, played, wider)} |"
        )
    yield ""
    for record, _ in rows:
        yield f"- {record.title}: {record.source}"


def _verdict(record: Record, played: Played, wider: Played) -> str:
    """Compares the seconds alone."""
    if played.seconds <= record.target_seconds:
        return "meets the target"
    if wider.seconds <= record.target_seconds:
        return "meets the target with pollers"
    if played.seconds <= record.seconds:
        return "beats the record, misses the target"
    return "slower than the record"


def _dollars(played: Played) -> str:
    return f"${played.lambda_dollars:.4f} + ${played.request_dollars:.4f}"


def _phases(rows: Sequence[tuple[Record, Played]]) -> Iterator[str]:
    yield "| seconds | find the files | plan | assemble | finalize | workers | segments |"
    yield "|---|---|---|---|---|---|---|"
    for record, played in rows:
        workers = len({shift.worker for shift in played.shifts})
        yield (
            f"| {record.title} | {played.finding:.1f} | {played.planning:.1f} | "
            f"{played.assembling:.1f} | {played.finalizing:.1f} | {workers or 1} | "
            f"{len(played.shifts) or 1} |"
        )


def _changes(changes: _Changes) -> Iterator[str]:
    yield f"| | {' | '.join(changes)} |"
    yield f"|---{'|---' * len(changes)}|"
    for row in zip(*changes.values(), strict=True):
        cells = " | ".join(f"{played.seconds:,.1f} s, ${played.dollars:.4f}" for _, played in row)
        yield f"| {row[0][0].title} | {cells} |"


def _memories(memories: Mapping[str, Mapping[str, Played]]) -> Iterator[str]:
    titles = list(next(iter(memories.values())))
    yield f"| | {' | '.join(titles)} |"
    yield f"|---{'|---' * len(titles)}|"
    for setting, by_title in memories.items():
        cells = (f"{one.seconds:,.1f} s, {_dollars(one)}" for one in by_title.values())
        yield f"| {setting} | {' | '.join(cells)} |"


def _facts(world: World) -> Iterator[str]:
    yield "| | value | source |"
    yield "|---|---|---|"
    for one in fields(world):
        about = FACTS[one.name]
        value = f"{getattr(world, one.name):.4g} {about['unit']}".strip()
        kind = "ours to choose: " if one.name in SETTINGS else ""
        yield f"| `{one.name}` | {value} | {kind}{about['source']} |"
