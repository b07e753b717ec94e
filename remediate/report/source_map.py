"""Where in the original text something is, for reports that name lines."""

from __future__ import annotations

from remediate.engine import Report
from remediate.template import MappingNode, SequenceNode, Tagged, line_and_column


class SourceMap:
    """Finds lines and columns, from 1, in the text that a report began with."""

    def __init__(self, report: Report) -> None:
        """Begin with a report, which has the tree of its template."""
        self._text = report.template.text
        self._root = report.template.root

    def of(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Return the place of the innermost node on the way to a path: what it leads to may be new."""
        node, start = self._root, self._root.span.start
        for step in map(str, path):
            if isinstance(node, Tagged):
                node = node.content
                continue
            if isinstance(node, MappingNode):
                member = next((one for one in node.members if one.key.text == step), None)
                if member is None:
                    break
                node, start = member.value, member.key.span.start
            elif isinstance(node, SequenceNode) and step.isdigit() and int(step) < len(node.items):
                node = node.items[int(step)]
                start = node.span.start
            else:
                break
        return line_and_column(self._text, start)
