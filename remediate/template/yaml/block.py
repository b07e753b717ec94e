"""Edits of block mappings and block sequences."""

from __future__ import annotations

from remediate.template.node import MappingNode, Member, Node, ScalarNode, SequenceNode, Tagged
from remediate.template.slots import Inserted, same_entry
from remediate.template.tree import Changed, Slot, Working, data_of
from remediate.template.yaml.collection import Collection, Entry, Visit
from remediate.template.yaml.edit_state import Context, Site
from remediate.template.yaml.scan import (
    BREAKS,
    column,
    inner_start,
    line_break,
    line_end,
    next_line,
    same_line,
    skip_blanks,
    skip_trivia,
)
from remediate.template.yaml.style import parted_by_empty_lines


def edit_block(context: Context, node: MappingNode | SequenceNode, changed: Changed, site: Site, visit: Visit) -> None:
    """Write what changed in a block collection of which at least one entry stays. Raises Refused at explicit keys."""
    _Block(context, node, site, visit).walk(changed)


class _Block(Collection):
    def __init__(self, context: Context, node: MappingNode | SequenceNode, site: Site, visit: Visit) -> None:
        self.start = inner_start(context.text, node)
        self.column = column(context.text, self.start)
        super().__init__(context, node, site, visit)
        self.slid: set[int] = set()
        self.touched: set[int] = set()

    def keep(self, index: int, value: Working) -> None:
        node = self.entries[index].value
        if value is not node:
            self.touched.add(index)
            self.visit(node, value, self.site_of(index))

    def found_entries(self) -> list[Entry]:
        """Find where each entry begins: its key, or its dash, which stands behind the entry before it."""
        entries: list[Entry] = []
        end = self.start
        for child in self.node.members if isinstance(self.node, MappingNode) else self.node.items:
            start = skip_trivia(self.text, end) if entries else end
            if isinstance(child, Member):
                entries.append(self.member_entry(child, start))
            else:
                after = start + 1
                entries.append(Entry(start, max(child.span.end, after), child, after, None))
            end = entries[-1].end
        return entries

    def member_entry(self, member: Member, start: int) -> Entry:
        explicit = start != member.key.span.start
        colon = skip_blanks(self.text, member.key.span.end)
        after = -1 if explicit or not self.text.startswith(":", colon) else colon + 1
        return Entry(start, member.value.span.end, member.value, after, member.key.text)

    def site_of(self, index: int) -> Site:
        entry = self.entry(index)
        if entry.name is None:
            return Site("dash", entry.after, self.column, self.site.key, self.path)
        return Site("key", entry.after, self.column, entry.name, self.path)

    def floor(self, index: int) -> int:
        """Return the end of what stands before an entry and its comments."""
        return self.entries[index - 1].end if index else self.site.after

    def region(self, index: int) -> tuple[int, int]:
        """Return the lines of an entry that begins a line, with the comments directly above it."""
        entry = self.entry(index)
        return self.context.comments_above(entry.start, self.floor(index)), self.context.after_line(entry.end)

    def remove(self, index: int, gone: set[int]) -> None:
        if index in self.slid:
            return
        if not self.context.starts_line(self.entries[index].start):
            self.slide(index, gone)
            return
        start, end = self.region(index)
        self.context.put(start, end, "")
        self.end_scalar_before(index, end, gone)

    def slide(self, index: int, gone: set[int]) -> None:
        """Remove the entry behind a dash: what comes next takes its place, be it an entry or the comments above one."""
        position = self.context.after_line(self.entry(index).end)
        for following in range(index + 1, len(self.entries)):
            start, end = self.region(following)
            if following not in gone or skip_empty_lines(self.text, position) != start:
                break
            position = end
            self.slid.add(following)
        self.context.put(self.entries[index].start, skip_blanks(self.text, skip_empty_lines(self.text, position)), "")

    def end_scalar_before(self, index: int, end: int, gone: set[int]) -> None:
        """Keep the block scalar that now stands above ``end`` from swallowing the empty lines and comments that follow."""
        before = next((other for other in range(index - 1, -1, -1) if other not in gone), None)
        if before is None:
            return
        leaf = last_leaf(self.entries[before].value)
        if not (isinstance(leaf, ScalarNode) and leaf.style in {"|", ">"}) and before not in self.touched:
            return
        keeps = self.text[self.entries[before].end - 1] in BREAKS
        while end < len(self.text):
            sign = skip_blanks(self.text, end)
            if sign < len(self.text) and self.text[sign] == "#":
                if sign - end > self.column or "\t" in self.text[end:sign]:
                    self.context.put(end, sign, " " * self.column)
                return
            if sign < len(self.text) and self.text[sign] not in BREAKS:
                return
            self.context.put(end, next_line(self.text, sign) if keeps else sign, "")
            end = next_line(self.text, sign)

    def swap(self, index: int, slot: Slot) -> None:
        entry = self.entry(index)
        origin = self.node.members[index] if isinstance(self.node, MappingNode) else self.node.items[index]
        if same_entry(origin, slot):
            return
        start, end = self.region(index)
        lines = self.lines([slot], end)
        if self.context.starts_line(entry.start):
            self.context.put_lines(start, end, lines)
        else:
            newline = line_break(self.text, entry.start)
            stop = line_end(self.text, self.context.content_end(entry.end))
            self.context.put(entry.start, stop, newline.join(lines).lstrip(" "))

    def insert(self, step: Inserted) -> None:
        empty = [""] if parted_by_empty_lines(self.text, self.node) else []
        if step.before is None:
            place = self.after_own_comments(self.entries[-1].end)
            self.context.put_lines(place, place, [*empty, *self.lines(step.slots, place, empty)])
            return
        entry = self.entries[step.before]
        if self.context.starts_line(entry.start):
            place = self.context.comments_above(entry.start, self.floor(step.before))
            self.context.put_lines(place, place, [*self.lines(step.slots, place, empty), *empty])
            return
        newline = line_break(self.text, entry.start)
        lines = [*self.lines(step.slots, next_line(self.text, entry.start), empty), *empty, " " * self.column]
        self.context.put(entry.start, entry.start, newline.join(lines).lstrip(" "))

    def after_own_comments(self, end: int) -> int:
        """Return where a new entry can follow one that ends at ``end``: behind the comments that stand further right."""
        found = position = self.context.after_line(end)
        while position < len(self.text):
            sign = skip_blanks(self.text, position)
            if self.text[sign : sign + 1] == "#" and sign - position > self.column:
                found = next_line(self.text, sign)
            elif sign < len(self.text) and self.text[sign] not in BREAKS:
                break
            position = next_line(self.text, sign)
        return found

    def lines(self, slots: list[Slot], place: int, parted: list[str] | None = None) -> list[str]:
        """Write new entries as lines in the container's column; what follows them begins at ``place``."""
        writer = self.context.writer(self.path, literal=self.context.literal_fits(place, self.column))
        found: list[str] = []
        for slot in slots:
            data = data_of(slot.value)
            lines = writer.item(data, self.site.key, self.gap()) if slot.key is None else writer.member(slot.key, data)
            found += [*(parted or [] if found else []), *lines]
        return [" " * self.column + line if line else "" for line in found]

    def gap(self) -> int | None:
        """Return how many blanks stand behind this list's dashes, None where no item shows it."""
        gaps = [
            entry.value.span.start - entry.after
            for entry in self.entries
            if entry.value.span.start > entry.after and same_line(self.text, entry.after, entry.value.span.start)
        ]
        return max(set(gaps), key=gaps.count) if gaps else None


def last_leaf(node: Node) -> Node:
    """Return the leaf that ends a node's text."""
    while True:
        match node:
            case MappingNode(flow=False):
                node = node.members[-1].value
            case SequenceNode(flow=False):
                node = node.items[-1]
            case Tagged():
                node = node.content
            case _:
                return node


def skip_empty_lines(text: str, index: int) -> int:
    """Return the begin of the first line from ``index`` on that is not empty."""
    while index < len(text):
        sign = skip_blanks(text, index)
        if sign == len(text) or text[sign] not in BREAKS:
            return index
        index = next_line(text, index)
    return index
