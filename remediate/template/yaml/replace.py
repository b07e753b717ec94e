"""Replacing a value in YAML text as a whole."""

from __future__ import annotations

from msgspec import Struct

from remediate.template.node import MappingNode, Node, Plain, ScalarNode, SequenceNode, Span, Tagged
from remediate.template.yaml.edit_state import Context, Site
from remediate.template.yaml.scan import (
    column,
    inner_start,
    line_end,
    line_start,
    next_line,
    properties_end,
    same_line,
    skip_blanks,
)
from remediate.template.yaml.writer import Writer, Written

_BLOCK_HEADER = "|>-+0123456789"


class Layout(Struct, frozen=True):
    """How a value in block context stands: ``head`` on the line that introduces it, ``body`` on whole lines below."""

    head: Span
    body: Span | None


def replace(context: Context, node: Node, data: Plain, site: Site) -> None:
    """Write ``data`` in the place of ``node``; comments behind it and on the line of its key stay."""
    if site.flow:
        _replace_in_flow(context, node, data, site)
    elif site.kind == "root":
        _replace_root(context, node, data)
    else:
        _replace_in_block(context, node, data, site)


def _replace_in_flow(context: Context, node: Node, data: Plain, site: Site) -> None:
    writer = context.writer(site.path, quote=quotes_of(node, data))
    text = writer.inline_content(data, site.key) if site.kind == "tag" else writer.inline(data, site.key)
    if node.span.start == node.span.end:
        colon = "" if site.kind != "key" or context.text[site.after - 1] == ":" else ":"
        text = f"{colon} {text}"
    context.put(*node.span, text)


def _replace_root(context: Context, node: Node, data: Plain) -> None:
    if not isinstance(data, dict):
        raise context.refused("the whole template would no longer be a mapping", node.span.start)
    start, end = node.span.start, context.content_end(node.span.end)
    writer = context.writer([node], literal=context.literal_fits(context.after_line(end), 0))
    alone = context.starts_line(start) and skip_blanks(context.text, end) == line_end(context.text, end)
    block = isinstance(node, MappingNode) and not node.flow
    if not data or not (block or (alone and not (isinstance(node, MappingNode) and node.members))):
        context.put(start, end, writer.inline(data, ""))
        return
    indent = " " * column(context.text, start)
    lines = [indent + line if line else "" for line in writer.mapping(data)]
    context.put_lines(line_start(context.text, start), context.after_line(node.span.end), lines)


def _replace_in_block(context: Context, node: Node, data: Plain, site: Site) -> None:
    layout = _layout(context, node, site)
    end = layout.body.end if layout.body else context.after_line(layout.head.end)
    # A block scalar begins on the next line: what stands between the key and the old value would become its text.
    follows = layout.body is None or layout.body.start == next_line(context.text, layout.head.end)
    literal = follows and context.literal_fits(end, site.column)
    written = written_in_block(context, node, data, site, literal=literal)
    if written.head and site.kind == "dash" and written.body:
        context.put(site.after, layout.head.end, written.head)
    elif written.head:
        start = layout.head.start
        head = written.head.lstrip(" ")
        context.put(*layout.head, f" {head}" if start == layout.head.end == site.after else head)
    else:
        context.put(site.after, layout.head.end, "")
    lines = [" " * site.column + line if line else "" for line in written.body]
    if layout.body and lines:
        context.put_lines(*layout.body, lines)
    elif layout.body:
        context.put(*layout.body, "")
    elif lines:
        place = context.after_line(layout.head.end)
        context.put_lines(place, place, lines)


def _layout(context: Context, node: Node, site: Site) -> Layout:
    """Find the head and the body of a value in block context."""
    text = context.text
    start, end = node.span
    if not same_line(text, site.after, start):
        head = Span(site.after, site.after)
        return Layout(head, Span(context.comments_above(start, line_end(text, site.after)), context.after_line(end)))
    stop = _head_end(text, node)
    if context.content_end(end) <= line_end(text, stop):
        return Layout(Span(start, stop), None)
    return Layout(Span(start, stop), Span(next_line(text, stop), context.after_line(end)))


def _head_end(text: str, node: Node) -> int:
    """Return the end of what replacing a node takes from its first line, with comments that belong to its leaves."""
    content = node.content if isinstance(node, Tagged) else node
    start = inner_start(text, content)
    if isinstance(content, ScalarNode) and content.style in {"|", ">"}:
        while start < len(text) and text[start] in _BLOCK_HEADER:
            start += 1
        return start
    if isinstance(content, MappingNode | SequenceNode) and not content.flow:
        if same_line(text, node.span.start, start):
            return line_end(text, start)
        return properties_end(text, node.span.start)
    return node.span.end


def written_in_block(context: Context, node: Node, data: Plain, site: Site, *, literal: bool) -> Written:
    """Write new data for a place: on the old value's indentation where that stood on lines of its own."""
    content = node.content if isinstance(node, Tagged) else node
    start = inner_start(context.text, content)
    step = offset = None
    below = isinstance(content, MappingNode | SequenceNode) and not content.flow and context.starts_line(start)
    depth = column(context.text, start) - site.column
    if below and site.kind != "dash" and isinstance(content, SequenceNode):
        offset = depth
    elif below and site.kind != "dash" and depth > 0:
        step = depth
    writer = context.writer(site.path, literal=literal, step=step, offset=offset, quote=quotes_of(node, data))
    if _has_flow_entries(content) and isinstance(data, dict | list) and data:
        text = writer.inline_content(data, site.key) if site.kind == "tag" else writer.inline(data, site.key)
        return Written(text, [])
    if site.kind == "dash":
        gap = node.span.start - site.after if same_line(context.text, site.after, node.span.start) else 0
        return _written_item(writer, data, site, gap or None, depth if below else None)
    return writer.content(data, site.key) if site.kind == "tag" else writer.value(data, site.key)


def _written_item(writer: Writer, data: Plain, site: Site, gap: int | None, below: int | None) -> Written:
    """Write an item: behind its dash, or below it where the old one stood there."""
    lines = writer.item(data, site.key, below - 1 if below and below > 1 else gap)
    if below and isinstance(data, dict | list) and data and lines[0].lstrip("- ")[:1] not in {"!", "[", "{"}:
        return Written("", [" " + lines[0][1:], *lines[1:]])
    return Written(lines[0][1:], lines[1:])


def quotes_of(node: Node, data: Plain) -> str | None:
    """Return the quotes that a text in the place of another one keeps, also where it becomes a list of texts."""
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or node.style in {"|", ">"}:
        return None
    return node.style if isinstance(data, str | list) else None


def _has_flow_entries(node: Node) -> bool:
    return (isinstance(node, MappingNode) and node.flow and bool(node.members)) or (
        isinstance(node, SequenceNode) and node.flow and bool(node.items)
    )
