"""Ignores in YAML comments: ``# remediate: ignore[id] reason``, beside or right above a resource's logical ID."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.suppressions.ignore import Fault, Written
from remediate.template import MappingNode, Node, ScalarNode, SequenceNode, Tagged, Template, line_and_column
from remediate.template.yaml.scan import BREAKS, begins_line, content_start, line_end, line_start, next_line, skip_blanks

# The sign stands first, because a search for one is quick.
_COMMENT = re.compile(rf"#(?<![^ \t{BREAKS}]#)[ \t]*remediate[ \t]*:([^{BREAKS}]*)")
_FORM = re.compile(r"\s*ignore\s*\[([^\]]*)\](.*)", re.DOTALL)
_ENTRY = re.compile(r"\s*([^\s,]+)(?:\s+until\s+(\S+))?\s*")
_WRITE = "write `# remediate: ignore[ID] reason`"
_PLACE = "write it on the line of a resource's logical ID, or directly above, or use the resource's Metadata"


def in_comments(template: Template) -> Iterator[Written | Fault]:
    """Yield the ignores in the comments of a YAML template, and those that are written wrongly or in a wrong place.

    What looks like a comment inside a string is not one.
    """
    text = template.text
    found = [*_COMMENT.finditer(text)]
    if not found:
        return
    scalars = [*_scalars(template.root, text)]
    keys = _logical_ids(template)
    for comment in found:
        start = comment.start()
        if not any(first <= start < last for first, last in scalars):
            yield from _of(comment[1], line_and_column(text, start), _resource(text, start, keys))


def _of(written: str, at: tuple[int, int], resource: str | None) -> Iterator[Written | Fault]:
    form = _FORM.fullmatch(written)
    entries = [_ENTRY.fullmatch(one) for one in form[1].split(",")] if form else []
    if form is None or not all(entries):
        yield Fault("invalid-ignore", f"this comment cannot be understood: remediate:{written.rstrip()}", _WRITE, at=at)
    elif resource is None:
        yield Fault("invalid-ignore", "this comment is not at a resource, so it ignores nothing", _PLACE, at=at)
    else:
        for entry in filter(None, entries):
            yield Written(entry[1], form[2].lstrip(" \t:"), entry[2] or "", resource, at=at)


def _logical_ids(template: Template) -> list[ScalarNode]:
    root = template.root
    sections = root.members if isinstance(root, MappingNode) else []
    resources = [one.value for one in sections if one.key.text == "Resources"]
    return [member.key for one in resources if isinstance(one, MappingNode) for member in one.members]


def _resource(text: str, comment: int, keys: list[ScalarNode]) -> str | None:
    """Return the resource on whose line a comment stands, or above which; None where that is not exactly one."""
    line = line_start(text, comment)
    if begins_line(text, comment):
        line = next_line(text, comment)
        while text.startswith("#", skip_blanks(text, line)):
            line = next_line(text, line)
    end = line_end(text, line)
    here = [key.text for key in keys if line <= key.span.start < end]
    return here[0] if len(here) == 1 else None


def _scalars(node: Node, text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of all scalars; of a block scalar without its first line, where a comment may stand."""
    match node:
        case ScalarNode(span=span, style=style):
            in_block = style in {"|", ">"}
            yield line_end(text, content_start(text, span.start)) if in_block else span.start, span.end
        case MappingNode(members=members):
            for member in members:
                yield from _scalars(member.key, text)
                yield from _scalars(member.value, text)
        case SequenceNode(items=items):
            for item in items:
                yield from _scalars(item, text)
        case Tagged(content=content):
            yield from _scalars(content, text)
