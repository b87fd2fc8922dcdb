"""Several archives of one plan, each put together alone, as workers do it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from chalicelib.archive import tail
from chalicelib.archive.plan import Plan
from chalicelib.archive.tail import Section
from tests.unit.archive.archives import HEAD, assembled


def archives_of(plan: Plan, by_key: Mapping[str, bytes]) -> list[bytes]:
    """The archives of a plan, in order. `by_key` has what the source files hold."""
    made: list[bytes] = []
    sections: list[Section] = []
    for number, one in enumerate(_each(plan), 1):
        contents = [by_key[entry.key] for entry in one.entries]
        crc32s = [crc32(content) for content in contents]
        section = tail.section(
            plan.form,
            list(zip(one.entries, one.offsets, crc32s, strict=True)),
            first=number == 1,
            archive=number if plan.volumes else None,
        )
        sections.append(section)
        is_last = number == len(plan.volumes) + 1
        ending = _ending(plan, sections) if is_last else _bare(one, section)
        made.append(assembled(one, contents, ending=ending))
    return made


def _bare(one: Plan, section: Section) -> bytes:
    rendered = tail.render_bare(one.form, one.tail_start, section.counts, section.records)
    return b"".join(rendered)


def _ending(plan: Plan, sections: Sequence[Section]) -> bytes:
    rendered = tail.render(
        plan.form,
        HEAD,
        plan.tail_start,
        [one.counts for one in sections],
        lines=(one.lines for one in sections),
        records=(sections[-1].records,),
        others=len(sections) - 1,
    )
    return b"".join(rendered)


def _each(plan: Plan) -> list[Plan]:
    """Each archive of the plan as a plan of its own."""
    count = len(plan.volumes)
    runs = [
        (plan.segments[n : n + 1], one.tail_start, one.size) for n, one in enumerate(plan.volumes)
    ]
    runs.append((plan.segments[count:], plan.tail_start, plan.size))
    before = 0
    made = []
    for segments, tail_start, size in runs:
        parts = plan.parts[segments[0].first_part : segments[-1].end_part]
        end = segments[-1].end_entry
        made.append(
            replace(
                plan,
                entries=plan.entries[before:end],
                offsets=plan.offsets[before:end],
                parts=tuple(
                    part if part.copied is None else replace(part, copied=part.copied - before)
                    for part in parts
                ),
                segments=segments,
                tail_start=tail_start,
                size=size,
                volumes=(),
            )
        )
        before = end
    return made
