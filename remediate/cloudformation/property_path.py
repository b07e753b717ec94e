"""Where in a resource a property stands that is not one of its top level, and what expression it comes to.

``LoggingConfiguration.DestinationBucketName`` goes into mappings, ``Attributes[Key=access_logs.s3.bucket].Value`` into the
item of a list whose ``Key`` is that text, ``List[0]`` to the first one. ``Fn::If`` may stand anywhere on the way.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from remediate.cloudformation.expression import NO_VALUE, chosen, function
from remediate.template import Plain

_STEP = re.compile(r"\.?(\w+)|\[(\d+)\]|\[(\w+)=([^\]]+)\]")


class ItemWith(Struct, frozen=True):
    """A step to the item of a list that has a text under a key."""

    key: str
    text: str


Step: TypeAlias = "str | int | ItemWith"


class PropertyPath(Struct, frozen=True):
    """A way from a resource's ``Properties`` to a value in them; without steps there is none, and it counts as false."""

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether it leads anywhere."""
        return bool(self.steps)

    def __str__(self) -> str:
        """Return what people call it: an item of a list of keys and values goes by its key."""
        names = [step.text if isinstance(step, ItemWith) else str(step) for step in self.steps]
        found = [number for number, step in enumerate(self.steps) if isinstance(step, ItemWith) and step.key == "Key"]
        return names[found[-1]] if found else ".".join(names)

    @property
    def property(self) -> str:
        """The property of the top level in which it is, "" where it has no steps."""
        return str(self.steps[0]) if self.steps else ""


@functools.cache
def property_path(written: str) -> PropertyPath:
    """Return the path that a service file writes, one without steps for ""."""
    found = _STEP.finditer(written)
    return PropertyPath(tuple(one[1] or (int(one[2]) if one[2] else ItemWith(one[3], one[4])) for one in found))


def expression_at(properties: Mapping[str, Plain], path: PropertyPath) -> Plain:
    """Return the expression at a path, None where there is none; an ``Fn::If`` on the way is around it."""
    found: Plain = dict(properties) if path else None
    for step in path.steps:
        found = _after(found, step)
    return found


def place_of(properties: Mapping[str, Plain], path: PropertyPath, conditions: Mapping[str, bool]) -> tuple[str | int, ...]:
    """Return the JSON-pointer tokens below ``Properties`` that lead to a path, or as far as the template has it."""
    found: Plain = dict(properties)
    place: tuple[str | int, ...] = ()
    for step in path.steps:
        here = chosen(found, conditions)
        key = _key(here.value, step)
        if key is None:
            break
        place = (*place, *here.path, key)
        found = here.value[key]  # type: ignore[index]  # what has the key is a mapping or a list
    return place


def _after(written: Plain, step: Step) -> Plain:
    match function(written):
        case ("Fn::If", [str(condition), yes, no]):
            return _either(condition, _after(yes, step), _after(no, step))
    if isinstance(step, str):
        return written.get(step) if isinstance(written, dict) and not function(written) else None
    if isinstance(step, int):
        return written[step] if isinstance(written, list) and step < len(written) else None
    return _item(written, step) if isinstance(written, list) else None


def _either(condition: str, yes: Plain, no: Plain) -> Plain:
    if yes == no:
        return yes
    return {"Fn::If": [condition, *(NO_VALUE if one is None else one for one in (yes, no))]}


def _item(items: Sequence[Plain], step: ItemWith) -> Plain:
    """Return the first item that has the text; one that is there under a condition alone leaves the word to those behind."""
    found: Plain = None
    for item in reversed(items):
        found = _this_or(item, step, found)
    return found


def _this_or(item: Plain, step: ItemWith, otherwise: Plain) -> Plain:
    match function(item):
        case ("Fn::If", [str(condition), yes, no]):
            return _either(condition, _this_or(yes, step, otherwise), _this_or(no, step, otherwise))
    return item if _has(item, step) else otherwise


def _has(item: Plain, step: ItemWith) -> bool:
    return isinstance(item, dict) and item.get(step.key) == step.text


def _key(written: Plain, step: Step) -> str | int | None:
    if isinstance(step, str):
        return step if isinstance(written, dict) and step in written else None
    items = written if isinstance(written, list) else []
    if isinstance(step, int):
        return step if step < len(items) else None
    return next((number for number, item in enumerate(items) if _has(item, step)), None)
