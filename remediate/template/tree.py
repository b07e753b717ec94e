"""Nodes while they are worked on: original ones, changed containers, and data that has no text yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from remediate.template.node import Alias, MappingNode, Member, Node, Plain, ScalarNode, SequenceNode, Tagged, long_form


class New(Struct, eq=False):
    """Data that has no text yet."""

    data: Plain


class Slot(Struct, eq=False):
    """An entry of a changed container: ``origin`` is the entry it had in the text, None for a new one.

    In a mapping ``key`` is the member's name and ``origin`` its Member; in a sequence ``key`` is None and ``origin`` the
    item. ``value`` is the original node where nothing changed, a Changed container, or New data.
    """

    key: str | None
    origin: Member | Node | None
    value: Working


class Changed(Struct, eq=False):
    """A container with other entries than its text has. Entries that stayed are in the text's order.

    ``around`` says that the text has only one of the entries, and no list: one came to stand around it.
    """

    node: MappingNode | SequenceNode | Tagged
    slots: list[Slot]
    around: bool = False


Working: TypeAlias = "ScalarNode | MappingNode | SequenceNode | Tagged | Alias | New | Changed"


def data_of(working: Working) -> Plain:
    """Return the plain data of a working node. New data is handed out as it is, not copied."""
    match working:
        case ScalarNode():
            return working.value
        case MappingNode():
            return mapping_data(working)
        case SequenceNode():
            return [data_of(item) for item in working.items]
        case Tagged():
            return long_form(working.function, data_of(working.content))
        case Alias():
            return data_of(working.target)
        case New(data):
            return data
        case Changed(SequenceNode(), slots):
            return [data_of(slot.value) for slot in slots]
        case Changed(_, slots):
            return {str(slot.key): data_of(slot.value) for slot in slots}


def mapping_data(node: MappingNode) -> dict[str, Plain]:
    """Return a mapping's data, with the members that ``<<`` brings in after its own (YAML 1.1 merge key)."""
    if not node.merged:
        return {
            member.key.text: member.value.value if type(member.value) is ScalarNode else data_of(member.value)
            for member in node.members
        }
    own: dict[str, Plain] = {}
    merged: dict[str, Plain] = {}
    for member in node.members:
        if not (member.key.text == "<<" and member.key.style == ""):
            own[member.key.text] = data_of(member.value)
            continue
        sources = data_of(member.value)
        for source in sources if isinstance(sources, list) else [sources]:
            if isinstance(source, dict):
                merged = {**source, **merged}
    return {**own, **{key: value for key, value in merged.items() if key not in own}}


def aliases(working: Working) -> Iterator[Alias]:
    """Yield every alias in a working tree that still has its text."""
    match working:
        case Alias():
            yield working
        case MappingNode(members=members):
            for member in members:
                yield from aliases(member.value)
        case SequenceNode(items=items):
            for item in items:
                yield from aliases(item)
        case Tagged(content=content):
            yield from aliases(content)
        case Changed(slots=slots):
            for slot in slots:
                yield from aliases(slot.value)


def put_in_place(old: Working, value: Plain) -> New | Changed:
    """Return what takes the place of ``old``. Where that is a list in which the old value is an item, its text stays."""
    node = old.node if isinstance(old, Changed) else old
    if not isinstance(value, list) or isinstance(node, New) or node.span.start == node.span.end:
        return New(value)
    data = data_of(old)
    index = next((index for index, item in enumerate(value) if identical(item, data)), None)
    if index is None or isinstance(data, list):
        return New(value)
    slots = [Slot(None, None, New(item)) for item in value]
    slots[index] = Slot(None, node, old)
    return Changed(SequenceNode(node.span, [node]), slots, around=True)


def kept_item(changed: Changed) -> int | None:
    """Return which item of a list is the value that it stands around, None where that is not there any more."""
    for index, slot in enumerate(changed.slots):
        if slot.origin is not None and not isinstance(slot.value, New):
            return index
    return None


def same(left: Plain, right: Plain) -> bool:
    """Compare data as JSON does: ``1`` and ``1.0`` are equal, ``1`` and ``true`` are not (RFC 6902 section 4.6)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def identical(left: Plain, right: Plain) -> bool:
    """Compare data as a text shows it: with types and the order of keys; ``1`` is not ``1.0``, nor ``0.0`` ``-0.0``."""
    if type(left) is not type(right):
        return False
    if isinstance(left, str):  # most are
        return left == right
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(map(identical, left.values(), right.values()))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(identical, left, right))
    return repr(left) == repr(right) if isinstance(left, float) else left == right
