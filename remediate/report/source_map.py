"""Where in the original text something is, for reports that name lines."""

from __future__ import annotations

import re
from typing import NamedTuple

from remediate.engine import Report
from remediate.template import MappingNode, Member, ScalarNode, SequenceNode, Span, Tagged, line_and_column

_LINE_END = re.compile(r"[\r\n]")


class Place(NamedTuple):
    """A part of one line, from 1; ``end_column`` is the one behind the last."""

    line: int
    column: int
    end_line: int
    end_column: int


class SourceMap:
    """Finds lines and columns, from 1, in the text that a report began with."""

    def __init__(self, report: Report) -> None:
        """Begin with a report, which has the tree of its template."""
        self._text = report.template.text
        self._root = report.template.root

    def of(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Return the place of the innermost node on the way to a path: what it leads to may be new."""
        return line_and_column(self._text, self._span(path).start)

    def place(self, path: tuple[str | int, ...]) -> Place:
        """Return where that node begins and ends: its key, with the value if that is short, and no more than a line."""
        start, end = self._span(path)
        stop = _LINE_END.search(self._text, start, end)
        first = self._text[start : stop.start() if stop else end].rstrip()
        line, column = line_and_column(self._text, start)
        return Place(line, column, line, column + max(len(first), 1))

    def _span(self, path: tuple[str | int, ...]) -> Span:
        node, span = self._root, self._root.span
        for step in map(str, path):
            if isinstance(node, Tagged):
                node = node.content
                continue
            if isinstance(node, MappingNode):
                member = next((one for one in node.members if one.key.text == step), None)
                if member is None:
                    break
                node, span = member.value, Span(member.key.span.start, _end(member))
            elif isinstance(node, SequenceNode) and step.isdigit() and int(step) < len(node.items):
                node = node.items[int(step)]
                span = node.span
            else:
                break
        return span


def _end(member: Member) -> int:
    """Return where a member ends that is shown whole; of what has members or items of its own it is the key."""
    whole = isinstance(member.value, ScalarNode | Tagged)
    return (member.value if whole else member.key).span.end
