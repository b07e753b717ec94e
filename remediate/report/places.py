"""Where in the original text a report's findings are, for formats that point at lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from remediate.engine import Report
from remediate.template import Mapping, Node, Sequence, Tagged, place, read, tokens


@dataclass(frozen=True)
class Finding:
    """Something that a report says of a line: ``rule`` is a patch id, or what the request is called."""

    rule: str
    level: Literal["error", "warning", "note"]
    message: str
    line: int
    column: int


def findings(report: Report) -> Iterator[Finding]:
    """Yield what `check` would complain of, and what it cannot tell, each with its line."""
    root = read(report.before.encode(), report.name).root
    for applied in report.applied:
        line, column = _place(root, report.before, applied.operations[0].path)
        message = f"needed: {applied.patch.title}. " + "; ".join(applied.notes)
        yield Finding(applied.patch.id, "error", message, line, column)
    for skipped in report.skipped:
        if skipped.why == "kept":
            continue
        line, column = _place(root, report.before, f"/Resources/{skipped.logical_id}")
        advice = f"; {skipped.advice}" if skipped.advice else ""
        level: Literal["error", "note"] = "error" if skipped.unfixed else "note"
        yield Finding(skipped.subject, level, skipped.reason + advice, line, column)


def _place(root: Node, text: str, path: str) -> tuple[int, int]:
    """Return line and column of the innermost node on the way to a path: what it leads to may be new."""
    node, start = root, root.span.start
    for token in tokens(path):
        if isinstance(node, Tagged):
            node = node.content
            continue
        if isinstance(node, Mapping):
            member = next((one for one in node.members if one.key.text == token), None)
            if member is None:
                break
            node, start = member.value, member.key.span.start
        elif isinstance(node, Sequence) and token.isdigit() and int(token) < len(node.items):
            node = node.items[int(token)]
            start = node.span.start
        else:
            break
    return place(text, start)
