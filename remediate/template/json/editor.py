"""Editing JSON text: the difference between the tree that was read and the tree that is wanted, as edits of spans."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

from remediate.template.errors import Refused, line_and_column
from remediate.template.json.layout import BREAK, Container, Layout, Site, entry_spans, is_empty, one_space
from remediate.template.json.reader import read_json
from remediate.template.json.style import Style
from remediate.template.json.writer import Room, Writer
from remediate.template.node import MappingNode, Member, Node, Plain, SequenceNode, Span, Template
from remediate.template.splice import Edit, splice
from remediate.template.tree import Changed, New, Slot, Working, data_of, identical, kept_item


def edits(working: Working, template: Template) -> list[Edit]:
    """Return the edits that turn a JSON template's text into ``working``: in the text's order, none overlapping.

    What did not change is not touched; what is new is laid out as its neighbours are. Raises Refused, with the place,
    where new data cannot be written as JSON.
    """
    editor = _Editor(template)
    editor.root(working)
    return editor.edits


class _Owner(Struct, frozen=True):
    """A container that is being edited, the ones around it (innermost first, itself included) and its name."""

    node: Container
    scopes: tuple[Container, ...]
    name: str
    entries: list[Span]


class _Kept(Struct, frozen=True):
    """The text of a value that is the item ``index`` of a new list; its lines are indented by ``indent`` and more."""

    index: int
    text: str
    indent: str

    def put_into(self, written: str, indent: str) -> str:
        """Return a list as it was written, on a line that begins with ``indent``, with this text for the item."""
        found = read_json(written)
        start, end = entry_spans(found)[self.index] if isinstance(found, SequenceNode) else found.span
        line = BREAK.split(written[:start])[-1] if BREAK.search(written[:start]) else indent
        inner = line[: len(line) - len(line.lstrip())]
        moved = re.sub(rf"(\r\n|\n|\r){re.escape(self.indent)}", lambda match: match[1] + inner, self.text)
        return written[:start] + moved + written[end:]


class _Replacement(Struct, frozen=True):
    """New data in the place of a node; ``layout`` is given where its brackets must stand on two lines."""

    data: Plain
    layout: Layout | None
    kept: _Kept | None = None

    def with_kept(self, written: str, indent: str) -> str:
        """Return the data as it was written, with the node's own text in it where that stays."""
        return self.kept.put_into(written, indent) if self.kept else written


class _Editor:
    def __init__(self, template: Template) -> None:
        self.edits: list[Edit] = []
        self._template = template
        self._text = template.text

    @cached_property
    def _style(self) -> Style:
        return Style(self._text, self._template.root)

    def root(self, working: Working) -> None:
        node = self._template.root
        replacement = self._replacement(working, node)
        if replacement:
            scopes = (node,) if isinstance(node, MappingNode | SequenceNode) else ()
            inline = bool(scopes) and not is_empty(node) and not self._broken(node.span)
            writer = Writer(self._style, Site(node.span.start, scopes))
            room = Room(self._style.lines.indent(node.span.start), inline)
            self._put(node.span, writer.value(replacement.data, "", room, forced=replacement.layout))
        elif isinstance(working, Changed):
            self._container(working, (), "")

    def _container(self, changed: Changed, scopes: tuple[Container, ...], name: str) -> None:
        node = changed.node
        if not isinstance(node, MappingNode | SequenceNode):
            raise Refused("JSON has no tags", *line_and_column(self._text, node.span.start))
        owner = _Owner(node, (node, *scopes), name, entry_spans(node))
        originals: list[Member] | list[Node] = node.members if isinstance(node, MappingNode) else node.items
        where = {id(original): number for number, original in enumerate(originals)}
        done = 0
        new: list[Slot] = []
        for slot in changed.slots:
            if slot.origin is None:
                new.append(slot)
                continue
            number = where[id(slot.origin)]
            self._between(owner, done, number, new)
            self._entry(owner, slot.origin, slot.value)
            done, new = number + 1, []
        self._between(owner, done, len(originals), new)

    def _entry(self, owner: _Owner, origin: Member | Node, working: Working) -> None:
        """Edit within an entry that stayed."""
        member = origin if isinstance(origin, Member) else None
        node = origin.value if isinstance(origin, Member) else origin
        name = member.key.text if member else f"{owner.name}[]"
        replacement = self._around(owner, node, name, working) or self._replacement(working, node)
        if replacement is None:
            if isinstance(working, Changed):
                self._container(working, owner.scopes, name)
            return
        start = member.key.span.start if member else node.span.start
        writer = Writer(self._style, Site(node.span.start, owner.scopes))
        room = Room(self._style.lines.indent(start), inline=not self._broken(owner.node.span))
        if member is None:
            value = writer.value(replacement.data, name, room, forced=replacement.layout)
            self._put(node.span, replacement.with_kept(value, room.indent))
            return
        colon, value = writer.after_key(name, replacement.data, room, replacement.layout)
        value = replacement.with_kept(value, BREAK.split(colon)[-1] if BREAK.search(colon) else room.indent)
        between = Span(member.key.span.end, node.span.start)
        bracket_moves_up = self._broken(between) and isinstance(node, MappingNode | SequenceNode) and not BREAK.search(colon)
        bracket_moves_down = not self._broken(between) and BREAK.search(colon)
        if bracket_moves_up or bracket_moves_down:
            self._put(Span(between.start, node.span.end), colon + value)
        else:
            self._put(node.span, value)

    def _around(self, owner: _Owner, node: Node, name: str, working: Working) -> _Replacement | None:
        """Return a list that came to stand around ``node``, whose text it keeps, with what changes inside; else None."""
        index = kept_item(working) if isinstance(working, Changed) and working.around else None
        if not isinstance(working, Changed) or index is None:
            return None
        done, value = len(self.edits), working.slots[index].value
        if is_empty(node) and value is not node:
            return None
        if isinstance(value, Changed):
            self._container(value, owner.scopes, f"{name}[]")
        start, end = node.span
        inside = [Edit(Span(edit.span.start - start, edit.span.end - start), edit.text) for edit in self.edits[done:]]
        del self.edits[done:]
        kept = _Kept(index, splice(self._text[start:end], inside), self._style.lines.indent(start))
        sample = self._style.sample(data_of(working), name, Site(start, owner.scopes))
        hugs = sample is not None and sample.layout is Layout.HUG
        layout = Layout.BLOCK if BREAK.search(kept.text) and not hugs else None
        return _Replacement(data_of(working), layout, kept)

    def _replacement(self, working: Working, node: Node) -> _Replacement | None:
        """Return what is written in the place of ``node``, None where it stays or is edited inside."""
        if isinstance(working, Changed) and working.around:
            return _Replacement(data_of(working), None)
        if isinstance(working, New):
            return None if identical(working.data, data_of(node)) else _Replacement(working.data, None)
        if isinstance(working, Changed) and working.slots and is_empty(node):
            return _Replacement(data_of(working), Layout.BLOCK if self._broken(node.span) else None)
        return None

    def _between(self, owner: _Owner, first: int, stop: int, new: list[Slot]) -> None:
        """Write ``new`` in the place of the original entries ``first`` to ``stop``, all of which are gone."""
        if first == stop and not new:
            return
        if not new:
            self._put(self._removal(owner, first, stop), "")
            return
        anchor = owner.entries[max(first - 1, 0)] if first == stop else owner.entries[first]
        site = Site(anchor.end if first else anchor.start, owner.scopes)
        writer = Writer(self._style, site)
        separator = self._separator(owner, first, site)
        room = Room(self._indent(separator, anchor), inline=not self._broken(owner.node.span))
        written = [self._written(writer, owner, slot, room) for slot in new]
        if first < stop:
            self._put(Span(owner.entries[first].start, owner.entries[stop - 1].end), separator.join(written))
        elif first:
            self._put(Span(anchor.end, anchor.end), "".join(separator + text for text in written))
        else:
            self._put(Span(anchor.start, anchor.start), "".join(text + separator for text in written))

    def _written(self, writer: Writer, owner: _Owner, slot: Slot, room: Room) -> str:
        data = data_of(slot.value)
        return writer.value(data, f"{owner.name}[]", room) if slot.key is None else writer.member(slot.key, data, room)

    def _removal(self, owner: _Owner, first: int, stop: int) -> Span:
        """Return what goes with the entries ``first`` to ``stop``: one of the gaps beside them, and its comma."""
        entries = owner.entries
        if first == 0 and stop == len(entries):
            return Span(owner.node.span.start + 1, owner.node.span.end - 1)
        if first == 0:
            return Span(entries[0].start, entries[stop].start)
        before = self._gap(entries, first - 1)
        if stop < len(entries) and _lines(before) > _lines(self._gap(entries, stop - 1)):
            return Span(entries[first].start, entries[stop].start)
        return Span(entries[first - 1].end, entries[stop - 1].end)

    def _separator(self, owner: _Owner, first: int, site: Site) -> str:
        """Return comma and white space between a new entry and its neighbour: those of the nearest gap."""
        entries, lines = owner.entries, self._style.lines
        gaps = [self._gap(entries, number) for number in range(len(entries) - 1)]
        if not gaps:
            if not lines.broken(owner.node.span.start, entries[0].start):
                return self._style.comma(site)
            return "," + lines.newline(site.index) + lines.indent(entries[0].start)
        nearest = gaps[min(range(len(gaps)), key=lambda number: abs(number - (first - 1)))]
        blank_lines = all(_lines(gap) > 1 for gap in gaps)
        before, after = nearest.split(",")
        return _tidy(before, blank_lines) + "," + _tidy(after, blank_lines)

    def _indent(self, separator: str, anchor: Span) -> str:
        """Return what the line of an entry behind ``separator`` begins with."""
        if not BREAK.search(separator):
            return self._style.lines.indent(anchor.start)
        return BREAK.split(separator)[-1].partition(",")[0]

    def _gap(self, entries: list[Span], number: int) -> str:
        return self._text[entries[number].end : entries[number + 1].start]

    def _broken(self, span: Span) -> bool:
        return self._style.lines.broken(*span)

    def _put(self, span: Span, text: str) -> None:
        if self._text[span.start : span.end] != text:
            self.edits.append(Edit(span, text))


def _lines(gap: str) -> int:
    return len(BREAK.findall(gap))


def _tidy(blanks: str, blank_lines: bool) -> str:
    """Return the white space on one side of a comma without trailing blanks and, unless they are the rule, blank lines."""
    breaks = BREAK.findall(blanks)
    if not breaks:
        return one_space(blanks)
    return "".join(breaks if blank_lines else breaks[:1]) + BREAK.split(blanks)[-1]
