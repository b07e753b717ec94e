"""Edits of flow mappings and flow sequences: ``{a: b}`` and ``[a, b]``, on one line or many."""

from __future__ import annotations

from remediate.template.node import MappingNode, Member, SequenceNode
from remediate.template.slots import Inserted, same_entry
from remediate.template.tree import Changed, Slot, Working, data_of
from remediate.template.yaml.collection import Collection, Entry, Visit
from remediate.template.yaml.edit_state import Context, Site
from remediate.template.yaml.scan import (
    BLANKS,
    BREAKS,
    comment_at,
    inner_start,
    line_break,
    line_end,
    line_start,
    next_line,
    skip_blanks,
    skip_trivia,
)


def edit_flow(context: Context, node: MappingNode | SequenceNode, changed: Changed, site: Site, visit: Visit) -> None:
    """Write what changed in a flow collection of which at least one entry stays. Raises Refused at explicit keys."""
    _Flow(context, node, site, visit).write(changed)


class _Flow(Collection):
    def __init__(self, context: Context, node: MappingNode | SequenceNode, site: Site, visit: Visit) -> None:
        start = inner_start(context.text, node)
        self.braced = isinstance(node, SequenceNode) or context.text.startswith("{", start)
        self.first = start + 1 if self.braced else start
        super().__init__(context, node, site, visit)

    def write(self, changed: Changed) -> None:
        bare = not self.braced and len(changed.slots) > 1
        if bare:
            self.context.put(self.node.span.start, self.node.span.start, "{")
        self.end_commas(self.walk(changed))
        if bare:
            self.context.put(self.node.span.end, self.node.span.end, "}")

    def keep(self, index: int, value: Working) -> None:
        self.visit(self.entries[index].value, value, self.site_of(index))

    def found_entries(self) -> list[Entry]:
        entries: list[Entry] = []
        position = self.first
        for child in self.node.members if isinstance(self.node, MappingNode) else self.node.items:
            start = skip_trivia(self.text, position)
            value = child.value if isinstance(child, Member) else child
            comma = skip_trivia(self.text, value.span.end) if self.braced else value.span.end
            has_comma = self.braced and self.text.startswith(",", comma)
            name = child.key.text if isinstance(child, Member) else None
            after = self.behind_key(child, start) if isinstance(child, Member) else start
            entries.append(Entry(start, value.span.end, value, after, name, comma if has_comma else None))
            position = comma + 1 if has_comma else value.span.end
        return entries

    def behind_key(self, member: Member, start: int) -> int:
        """Return the index behind a member's colon, or its key where it has none; -1 for an explicit key."""
        if start != member.key.span.start:
            return -1
        end = member.key.span.end
        colon = skip_trivia(self.text, end)
        has_colon = self.text.startswith(":", colon) and colon < max(member.value.span.end, end + 1)
        return colon + 1 if has_colon else end

    def site_of(self, index: int) -> Site:
        entry = self.entry(index)
        return Site(
            "dash" if entry.name is None else "key", entry.after, 0, entry.name or self.site.key, self.path, flow=True
        )

    def own_line(self, index: int) -> bool:
        """Tell whether an entry stands on lines of its own, with nothing but its comma and a comment behind it."""
        entry = self.entries[index]
        begins = line_start(self.text, entry.start)
        behind = entry.end if entry.comma is None else entry.comma + 1
        return begins > self.first and self.context.starts_line(entry.start) and comment_at(self.text, behind)

    def tail(self, index: int) -> int:
        """Return the end of an entry with its comma."""
        entry = self.entries[index]
        return entry.end if entry.comma is None else entry.comma + 1

    def remove(self, index: int, gone: set[int]) -> None:
        entry = self.entry(index)
        if self.own_line(index):
            floor = self.tail(index - 1) if index else self.first
            self.context.put(self.context.comments_above(entry.start, floor), next_line(self.text, self.tail(index)), "")
            return
        start, end = entry.start, self.tail(index)
        if index + 1 < len(self.entries):
            end = skip_blanks(self.text, end)
        if self.text[end] in BREAKS or all(later in gone for later in range(index + 1, len(self.entries))):
            start = self.trimmed(index, start)
        self.context.put(start, end, "")

    def trimmed(self, index: int, start: int) -> int:
        """Return ``start`` without the blanks before it, as far as no removal before reaches."""
        floor = self.tail(index - 1) if index else self.first
        if index and skip_blanks(self.text, floor) == start and any(edit.span.end == start for edit in self.context.edits):
            return start
        while start > floor and self.text[start - 1] in BLANKS:
            start -= 1
        return start

    def end_commas(self, gone: set[int]) -> None:
        """Take the comma from the entry that has become the last, where the last one had none before."""
        last = len(self.entries) - 1
        if last not in gone or self.entries[last].comma is not None:
            return
        comma = max(entry.comma or 0 for index, entry in enumerate(self.entries) if index not in gone)
        # A `#` begins a comment only behind a blank or an indicator.
        self.context.put(comma, comma + 1, " " if self.text[comma + 1] == "#" else "")

    def swap(self, index: int, slot: Slot) -> None:
        entry = self.entry(index)
        origin = self.node.members[index] if isinstance(self.node, MappingNode) else self.node.items[index]
        if not same_entry(origin, slot):
            self.context.put(entry.start, entry.end, self.written(slot))

    def insert(self, step: Inserted) -> None:
        new = [self.written(slot) for slot in step.slots]
        if step.after is not None:
            self.insert_behind(new, step.after)
        elif step.before is not None:
            self.insert_first(new, step.before)
        else:
            blank = " " if self.text[self.first] == "#" else ""
            self.context.put(self.first, self.first, ", ".join(new) + blank)

    def insert_behind(self, new: list[str], after: int) -> None:
        entry = self.entries[after]
        tail = self.tail(after)
        if not self.own_line(after):
            blank = " " if self.text[entry.end - 1] == ":" else ""
            self.context.put(entry.end, entry.end, blank + "".join(f", {text}" for text in new))
            return
        if entry.comma is None:
            self.context.put(entry.end, entry.end, " ," if self.text[entry.end - 1] == ":" else ",")
        indent = self.text[line_start(self.text, entry.start) : entry.start]
        newline = line_break(self.text, tail)
        lines = [f"{indent}{text}," for text in new]
        if entry.comma is None:
            lines[-1] = lines[-1][:-1]
        place = line_end(self.text, tail)
        self.context.put(place, place, "".join(newline + line for line in lines))

    def insert_first(self, new: list[str], before: int) -> None:
        entry = self.entries[before]
        if not self.own_line(before):
            self.context.put(entry.start, entry.start, "".join(f"{text}, " for text in new))
            return
        place = self.context.comments_above(entry.start, self.first)
        indent = self.text[line_start(self.text, entry.start) : entry.start]
        newline = line_break(self.text, entry.start)
        self.context.put(place, place, "".join(f"{indent}{text},{newline}" for text in new))

    def written(self, slot: Slot) -> str:
        writer = self.context.writer(self.path)
        data = data_of(slot.value)
        return writer.inline(data, self.site.key) if slot.key is None else writer.inline_member(slot.key, data)
