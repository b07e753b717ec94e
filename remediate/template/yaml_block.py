"""Edits of block mappings and block sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from remediate.template.node import Mapping, Member, Node, Scalar, Sequence, Tagged
from remediate.template.overlay import Changed, Slot, Working, data_of
from remediate.template.yaml_context import Context, Site
from remediate.template.yaml_slots import Inserted, Kept, Removed, Swapped, same_entry, steps
from remediate.template.yaml_style import parted_by_empty_lines
from remediate.template.yaml_text import (
    BREAKS,
    column,
    content_start,
    line_break,
    line_end,
    next_line,
    same_line,
    skip_blanks,
    skip_trivia,
)

Visit = Callable[[Node, Working, Site], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A member or an item: where its key or dash begins, where its value ends, and the value itself."""

    start: int
    end: int
    value: Node
    after: int
    name: str | None


def edit_block(context: Context, changed: Changed, site: Site, visit: Visit) -> None:
    """Write what changed in a block collection of which at least one entry stays.

    Raises Refused at entries with an explicit key (``? key``), which CloudFormation templates do not use.
    """
    assert isinstance(changed.node, Mapping | Sequence)
    _Block(context, changed.node, site, visit).write(changed)


class _Block:
    def __init__(self, context: Context, node: Mapping | Sequence, site: Site, visit: Visit) -> None:
        self.context = context
        self.text = context.text
        self.node = node
        self.site = site
        self.visit = visit
        self.path = [*site.path, node]
        self.start = content_start(self.text, node.span.start)
        self.column = column(self.text, self.start)
        self.entries = self.found_entries()

    def write(self, changed: Changed) -> None:
        found = steps(changed)
        gone = {step.index for step in found if isinstance(step, Removed)}
        for step in found:
            match step:
                case Kept(index, value):
                    self.visit(self.entries[index].value, value, self.site_of(index))
                case Swapped(index, slot):
                    self.swap(index, slot)
                case Removed(index):
                    self.remove(index, gone)
                case Inserted():
                    self.insert(step)

    def found_entries(self) -> list[Entry]:
        """Find where each entry begins: its key, or its dash, which stands behind the entry before it."""
        entries: list[Entry] = []
        end = self.start
        for child in self.node.members if isinstance(self.node, Mapping) else self.node.items:
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
        kind, key = ("dash", self.site.key) if entry.name is None else ("key", entry.name)
        return Site(kind, entry.after, self.column, key, self.path)  # type: ignore[arg-type]

    def entry(self, index: int) -> Entry:
        entry = self.entries[index]
        if entry.after < 0:
            raise self.context.refused("a key in explicit form (`? key`) stands here: write it as `key: value` first", entry.start)
        return entry

    def floor(self, index: int) -> int:
        """Return the end of what stands before an entry and its comments."""
        return self.entries[index - 1].end if index else self.site.after

    def region(self, index: int) -> tuple[int, int]:
        """Return the lines of an entry that begins a line, with the comments directly above it."""
        entry = self.entry(index)
        return self.context.comments_above(entry.start, self.floor(index)), self.context.after_line(entry.end)

    def remove(self, index: int, gone: set[int]) -> None:
        start, end = self.region(index)
        if self.context.starts_line(self.entries[index].start):
            self.context.put(start, end, "")
            self.repair_scalar_before(index, end)
        else:
            self.slide(index, gone)

    def slide(self, index: int, gone: set[int]) -> None:
        """Remove an entry that stands behind a dash: what comes next takes its place there."""
        following = index + 1
        position = self.context.after_line(self.entries[index].end)
        while following in gone:
            start, end = self.region(following)
            if skip_past_empty_lines(self.text, position) != start:
                break
            position = end
            following += 1
        sign = skip_blanks(self.text, skip_past_empty_lines(self.text, position))
        self.context.put(self.entries[index].start, sign, "")
        self.slid_until = sign

    def repair_scalar_before(self, index: int, end: int) -> None:
        raise NotImplementedError

    def swap(self, index: int, slot: Slot) -> None:
        raise NotImplementedError

    def insert(self, step: Inserted) -> None:
        raise NotImplementedError


def skip_past_empty_lines(text: str, index: int) -> int:
    """Return the begin of the first line from ``index`` on that is not empty."""
    while index < len(text):
        sign = skip_blanks(text, index)
        if sign == len(text) or text[sign] not in BREAKS:
            return index
        index = next_line(text, index)
    return index
