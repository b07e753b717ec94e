"""What edits of block and of flow collections have in common: the entries, and the walk through what changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from msgspec import Struct

from remediate.template.node import MappingNode, Node, SequenceNode
from remediate.template.slots import Inserted, Kept, Removed, Swapped, steps
from remediate.template.tree import Changed, Slot, Working
from remediate.template.yaml.edit_state import Context, Site

Visit = Callable[[Node, Working, Site], None]


class Entry(Struct, frozen=True):
    """A member or an item: where it begins, where its value ends, and the value itself.

    ``after`` is the index behind its key's colon or its dash, -1 for an explicit key; ``comma`` that of the comma behind it.
    """

    start: int
    end: int
    value: Node
    after: int
    name: str | None
    comma: int | None = None


class Collection(ABC):
    """A mapping or a sequence whose entries are edited one by one."""

    def __init__(self, context: Context, node: MappingNode | SequenceNode, site: Site, visit: Visit) -> None:
        """Begin with a collection of which at least one entry stays."""
        self.context = context
        self.text = context.text
        self.node = node
        self.site = site
        self.visit = visit
        self.path = [*site.path, node]
        self.entries = self.found_entries()

    def walk(self, changed: Changed) -> set[int]:
        """Write what happened to each entry; return the indexes of those that are gone."""
        found = steps(changed)
        gone = {step.index for step in found if isinstance(step, Removed)}
        for step in found:
            match step:
                case Kept(index, value):
                    self.keep(index, value)
                case Swapped(index, slot):
                    self.swap(index, slot)
                case Removed(index):
                    self.remove(index, gone)
                case Inserted():
                    self.insert(step)
        return gone

    def entry(self, index: int) -> Entry:
        """Return an entry. Raises Refused at an explicit key (``? key``), which CloudFormation templates do not use."""
        entry = self.entries[index]
        if entry.after < 0:
            raise self.context.refused(
                "explicit key syntax (`? key`) cannot be edited: write it as `key: value` first", entry.start
            )
        return entry

    @abstractmethod
    def found_entries(self) -> list[Entry]:
        """Find where each entry begins and ends."""

    @abstractmethod
    def keep(self, index: int, value: Working) -> None:
        """Visit the value of an entry that stays."""

    @abstractmethod
    def swap(self, index: int, slot: Slot) -> None:
        """Write a new entry in the place of an old one."""

    @abstractmethod
    def remove(self, index: int, gone: set[int]) -> None:
        """Remove an entry; ``gone`` are all that are removed."""

    @abstractmethod
    def insert(self, step: Inserted) -> None:
        """Write new entries between two that stay."""
