"""The tree that the spans of a trace must form."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.trace_ids import SpanRef
from tests.observe.tap import Span


@dataclass(frozen=True)
class Tree:
    """The spans of one trace, whose root is there."""

    root: Span
    spans: Sequence[Span]

    def children(self, name: str) -> list[Span]:
        """Returns the root's children of this name, the earliest first."""
        found = [it for it in self.spans if it.parent == self.root.span and it.name == name]
        return sorted(found, key=lambda span: span.begin)


def tree(spans: Iterable[Span], root: SpanRef, caller: SpanRef | None = None) -> Tree:
    """Returns the tree of a trace. Fails unless it has one root, which is this span, no span twice,
    no orphan, and no span that begins before its parent or ends after it. `caller` is the span
    somewhere else that the root is a child of."""
    own = [span for span in spans if span.trace == root.trace]
    twice = [span for span, times in Counter(it.span for it in own).items() if times > 1]
    assert not twice, f"came more than once: {twice}"
    known = {span.span: span for span in own}
    roots = [it for it in own if it.parent in ("", *([caller.span] if caller else []))]
    assert [it.span for it in roots] == [root.span], _told(own)
    for span in own:
        if span.span == root.span:
            continue
        parent = known.get(span.parent)
        assert parent is not None, f"an orphan: {_told([span])}"
        inside = parent.begin <= span.begin <= span.end <= parent.end
        assert inside, f"not within its parent: {_told([parent, span])}"
    return Tree(known[root.span], own)


def _told(spans: Iterable[Span]) -> str:
    return "; ".join(
        f"{it.name} {it.span} of {it.parent or 'nobody'}, ms {it.begin // 10**6} to "
        f"{it.end // 10**6}"
        for it in spans
    )
