"""Spans of time as half-open pairs of Unix milliseconds, in order and apart from each other."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` to just before `end`."""

    start: int
    end: int


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that meet or overlap as one; empty ones vanish."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def within(spans: Iterable[Span], window: Span) -> list[Span]:
    """Return the parts of the spans that lie in the window."""
    first, last = window
    cut = [(max(start, first), min(end, last)) for start, end in spans if start < last and first < end]
    return [Span(start, end) for start, end in cut if start < end]


def common(one: list[Span], other: Iterable[Span]) -> list[Span]:
    """Return what lies in both; each is merged already."""
    return merged(part for span in other for part in within(one, span))


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Return the merged spans with the merged holes taken out."""
    found: list[Span] = []
    for span in spans:
        start = span.start
        for hole in within(holes, span):
            found.append(Span(start, hole.start))
            start = hole.end
        found.append(Span(start, span.end))
    return merged(found)


def length(spans: Iterable[Span]) -> int:
    """Return how long the spans are together, milliseconds."""
    return sum(span.end - span.start for span in spans)
