"""What happened to the entries of a changed container, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from remediate.template.node import MappingNode, Member, Node, SequenceNode
from remediate.template.tree import Changed, New, Slot, Working, data_of, identical


class Kept(Struct, frozen=True):
    """The entry ``index`` is still there; its value may be another one."""

    index: int
    value: Working


class Swapped(Struct, frozen=True):
    """The entry ``index`` is gone, and a new one takes its place."""

    index: int
    slot: Slot


class Removed(Struct, frozen=True):
    """The entry ``index`` is gone."""

    index: int


class Inserted(Struct, frozen=True):
    """New entries stand behind the entry ``after`` and before the entry ``before``; None where there is none."""

    slots: list[Slot]
    after: int | None
    before: int | None


Step: TypeAlias = "Kept | Swapped | Removed | Inserted"


def steps(changed: Changed) -> list[Step]:
    """Return what happened to each entry. Between two entries that stay, entries are either removed or inserted, never both.

    Where both happened they are swapped one for one, so that no insertion falls into text that is removed.
    """
    places = {id(origin): index for index, origin in enumerate(_origins(changed))}
    found: list[Step] = []
    last: int | None = None
    waiting: list[Slot] = []
    for slot in changed.slots:
        if slot.origin is None:
            waiting.append(slot)
            continue
        index = places[id(slot.origin)]
        found += _between(last, index, waiting)
        found.append(Kept(index, slot.value))
        last, waiting = index, []
    return [*found, *_between(last, None, waiting, len(places))]


def survives(changed: Changed) -> bool:
    """Tell whether any original entry is left."""
    return any(slot.origin is not None for slot in changed.slots)


def unchanged(node: Node, working: Working) -> bool:
    """Tell whether a working value is what the text has already."""
    return working is node or (isinstance(working, New) and identical(data_of(node), working.data))


def same_entry(origin: Member | Node, slot: Slot) -> bool:
    """Tell whether a new entry is what the text has already."""
    if isinstance(origin, Member):
        return origin.key.text == slot.key and unchanged(origin.value, slot.value)
    return unchanged(origin, slot.value)


def _origins(changed: Changed) -> list[Member] | list[Node]:
    match changed.node:
        case MappingNode(members=members):
            return members
        case SequenceNode(items=items):
            return items
        case _:
            return []


def _between(last: int | None, following: int | None, slots: list[Slot], length: int = 0) -> Iterator[Step]:
    start = 0 if last is None else last + 1
    gone = list(range(start, length if following is None else following))
    for index, slot in zip(gone, slots, strict=False):
        yield Swapped(index, slot)
    paired = min(len(gone), len(slots))
    for index in gone[paired:]:
        yield Removed(index)
    if slots[paired:]:
        yield Inserted(slots[paired:], gone[paired - 1] if paired else last, following)
