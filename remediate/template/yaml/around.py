"""Writing a list around a value that is there already: the value's own text stays, comments, quotes and all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from remediate.template.node import Alias, MappingNode, Node, ScalarNode, SequenceNode, Span, Tagged
from remediate.template.splice import Edit, splice
from remediate.template.tree import Changed, Slot, Working, data_of, kept_item
from remediate.template.yaml.block import last_leaf
from remediate.template.yaml.collection import Visit
from remediate.template.yaml.edit_state import Context, Site
from remediate.template.yaml.replace import quotes_of, replace, written_in_block
from remediate.template.yaml.scan import BREAKS, column, inner_start, line_break, line_start, next_line, skip_blanks
from remediate.template.yaml.style import fits_flow
from remediate.template.yaml.writer import Writer


def put_around(context: Context, node: Node, changed: Changed, site: Site, visit: Visit) -> None:
    """Write a list of which ``node`` is one item: around its text where it can stay, else anew."""
    form = _form(context, node, changed, site) if kept_item(changed) is not None else "anew"
    if form == "flow":
        _put_brackets(context, node, changed, site, visit)
    elif form == "anew" or not _put_dashes(context, node, changed, site, visit):
        replace(context, node, data_of(changed), site)


def _form(context: Context, node: Node, changed: Changed, site: Site) -> str:
    """Tell how the list is written: in brackets where the value is, as a block list, or without the value's own text."""
    content = node.content if isinstance(node, Tagged) else node
    if site.flow or (isinstance(content, MappingNode | SequenceNode) and content.flow):
        return "flow"
    if site.kind not in {"key", "dash"}:
        return "anew"
    holds_comments = isinstance(content, MappingNode | SequenceNode) and "#" in context.text[slice(*content.span)]
    if holds_comments or not written_in_block(context, node, data_of(changed), site, literal=False).head.lstrip().startswith(
        "["
    ):
        return "block"
    if isinstance(content, Alias) or (isinstance(content, ScalarNode) and fits_flow(content)):
        return "flow"
    return "anew"


def _put_brackets(context: Context, node: Node, changed: Changed, site: Site, visit: Visit) -> None:
    before, value, after = _parts(changed)
    writer = context.writer(site.path, quote=quotes_of(node, data_of(changed)))
    context.put(node.span.start, node.span.start, "[" + "".join(f"{_inline(writer, slot, site)}, " for slot in before))
    visit(node, value, Site("dash", site.after, site.column, site.key, site.path, flow=True))
    context.put(node.span.end, node.span.end, "".join(f", {_inline(writer, slot, site)}" for slot in after) + "]")


def _inline(writer: Writer, slot: Slot, site: Site) -> str:
    return writer.inline(data_of(slot.value), site.key)


def _put_dashes(context: Context, node: Node, changed: Changed, site: Site, visit: Visit) -> bool:
    """Write a block list; False, and nothing written, where the value's text cannot be moved."""
    before, value, after = _parts(changed)
    found = _kept(context, node, value, site, visit)
    if found is None or (after and found.lines and not found.line_break and _ends_in_block_scalar(node)):
        return False
    literal = context.literal_fits(found.span.end, site.column)
    writer = context.writer(site.path, literal=literal, quote=quotes_of(node, data_of(changed)))
    dash, gap = _dash(context, node, site, writer)
    newline = found.line_break or line_break(context.text, max(node.span.start - 1, 0))
    above = "".join(line + newline for line in _items(writer, before, site, dash, gap))
    own = " " * dash + "-" + " " * gap + _indented(found.text, _shift(context, node, site, dash, gap))
    below = _items(writer, after, site, dash, gap)
    if found.lines:
        block = above + own + "".join(newline + line for line in below) + found.line_break
        context.put(*found.span, _introduced(context, node, site, block, newline))
    elif site.kind == "dash":
        context.put(*found.span, (above + own).lstrip(" "))
        _put_below(context, node, below)
    else:
        context.put(site.after, found.span.end, "")
        _put_below(context, node, [above + own, *below])
    context.kept += found.stays
    return True


def _parts(changed: Changed) -> tuple[list[Slot], Working, list[Slot]]:
    """Return the items before the one that has a text, that one, and those behind it."""
    index = kept_item(changed) or 0
    return changed.slots[:index], changed.slots[index].value, changed.slots[index + 1 :]


class _Kept(Struct, frozen=True):
    """The text of a value, with what changes inside it: ``span`` is what it stands in, whole ``lines`` or a part of one.

    The first line is without its indentation; ``line_break`` is the one that ended the last line, empty at the text's end.
    ``stays`` is what of the span no change inside the value reaches.
    """

    span: Span
    text: str
    lines: bool
    line_break: str
    stays: tuple[Span, ...]


def _kept(context: Context, node: Node, value: Working, site: Site, visit: Visit) -> _Kept | None:
    """Return the text that stays; None where what changes inside the value reaches outside of its lines."""
    text, start = context.text, node.span.start
    done = len(context.edits)
    visit(node, value, site)
    inside = context.edits[done:]
    del context.edits[done:]
    if not (_is_block(node) or context.starts_line(start)):
        whole = text[slice(*node.span)]
        return None if inside else _Kept(node.span, whole, lines=False, line_break="", stays=(node.span,))
    low = line_start(text, start) if context.starts_line(start) else start
    high = _own_comments_end(context, node)
    first = min([low, *(edit.span.start for edit in inside)])
    last = max([high, *(edit.span.end for edit in inside)])
    if first <= site.after or (first < low and first != line_start(text, first)) or last != context.after_line(last):
        return None
    moved = [Edit(Span(edit.span.start - first, edit.span.end - first), edit.text) for edit in inside]
    left = splice(text[first:last], moved).lstrip(" ")
    ending = _ENDING.search(left)
    span = Span(first if context.starts_line(start) else site.after if site.kind == "key" else start, last)
    found = (left[: ending.start()], ending[0]) if ending else (left, "")
    return _Kept(span, found[0], lines=True, line_break=found[1], stays=tuple(_between(span, inside)))


def _between(span: Span, edits: list[Edit]) -> Iterator[Span]:
    """Yield the parts of a span before, between and behind edits."""
    position = span.start
    for edit in sorted(edits, key=lambda one: one.span):
        yield Span(position, edit.span.start)
        position = max(position, edit.span.end)
    yield Span(position, span.end)


def _is_block(node: Node) -> bool:
    """Tell whether a value has lines of its own by its form."""
    content = node.content if isinstance(node, Tagged) else node
    return (isinstance(content, ScalarNode) and content.style in {"|", ">"}) or isinstance(
        content, MappingNode | SequenceNode
    )


def _ends_in_block_scalar(node: Node) -> bool:
    leaf = last_leaf(node)
    return isinstance(leaf, ScalarNode) and leaf.style in {"|", ">"}


def _own_comments_end(context: Context, node: Node) -> int:
    """Return where the lines of a node end, with the comments below that stand in its column or further right."""
    text, end = context.text, context.after_line(node.span.end)
    content = node.content if isinstance(node, Tagged) else node
    if isinstance(content, ScalarNode | Alias):
        return end
    wanted = column(text, inner_start(text, content))
    while (sign := skip_blanks(text, end)) < len(text) and text[sign] == "#" and sign - end >= wanted:
        end = next_line(text, sign)
    return end


def _introduced(context: Context, node: Node, site: Site, block: str, newline: str) -> str:
    """Return the lines of a list as they go where its value stood: on lines below, behind a dash, or below the key."""
    if context.starts_line(node.span.start):
        return block
    return block.lstrip(" ") if site.kind == "dash" else newline + block


def _put_below(context: Context, node: Node, lines: list[str]) -> None:
    place = context.after_line(node.span.end)
    if lines:
        context.put_lines(place, place, lines)


def _items(writer: Writer, slots: list[Slot], site: Site, dash: int, gap: int) -> list[str]:
    lines = [line for slot in slots for line in writer.item(data_of(slot.value), site.key, gap)]
    return [" " * dash + line if line else "" for line in lines]


def _dash(context: Context, node: Node, site: Site, writer: Writer) -> tuple[int, int]:
    """Return the column of the dashes and how many blanks stand behind them.

    They are those of the neighbours, unless the value's lines would have to move to the left.
    """
    offset, gap = writer.dash()
    start = column(context.text, node.span.start)
    if site.kind == "dash":
        return start, gap
    return max(site.column + offset, start - 1 - gap if isinstance(node, MappingNode) else 0), gap


def _shift(context: Context, node: Node, site: Site, dash: int, gap: int) -> int:
    """Return how many blanks the lines of a value get so that they still belong to it behind its dash."""
    content = node.content if isinstance(node, Tagged) else node
    if isinstance(content, MappingNode | SequenceNode):
        return max(dash + 1 + gap - column(context.text, inner_start(context.text, content)), 0)
    return dash - site.column


def _indented(text: str, by: int) -> str:
    return _LINE_START.sub(lambda found: found[0] + " " * by, text)


_LINE_START = re.compile(rf"(?:\r\n|[{BREAKS}])(?=[^{BREAKS}])")
_ENDING = re.compile(rf"(?:\r\n|[{BREAKS}])\Z")
