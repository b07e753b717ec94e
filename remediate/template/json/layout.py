"""What JSON layout is made of: line breaks, containers as examples, and examples by their place in the text."""

from __future__ import annotations

import re
from bisect import bisect_left
from enum import Enum
from typing import Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from remediate.template.node import MappingNode, Node, Plain, SequenceNode, Span

Container: TypeAlias = "MappingNode | SequenceNode"
Kind = Literal["mapping", "sequence"]
Shape = Literal["single", "flat", "wrapper", "nested"]
T = TypeVar("T")

BREAK = re.compile(r"\r\n|\n|\r")
_INDENT = re.compile(r"[ \t]*")


class Layout(Enum):
    """LINE: all on one line. BLOCK: one entry a line. HUG: the brackets stand by the entries, which span lines: ``[{``."""

    LINE = 1
    HUG = 2
    BLOCK = 3


class Sample(Struct, frozen=True):
    """One container of the text as an example.

    ``padding`` stands inside the brackets where the layout is not BLOCK. ``unit`` is what an entry is indented by beyond
    its container's line, None where the text does not show it. ``brace`` is what an opening bracket on a line of its own is
    indented by beyond its key, None where it stands on the key's line. ``width`` is the last column of a LINE.
    """

    layout: Layout
    padding: str
    unit: str | None
    brace: str | None
    width: int


class Site(Struct, frozen=True):
    """A place of writing: its index and the containers around it, the innermost first."""

    index: int
    scopes: tuple[Container, ...]


class Lines:
    """The line breaks of a text."""

    def __init__(self, text: str) -> None:
        """Find them."""
        self.text = text
        self._breaks = [match.start() for match in BREAK.finditer(text)]

    def broken(self, start: int, end: int) -> bool:
        """Tell whether a line ends within ``text[start:end]``."""
        found = bisect_left(self._breaks, start)
        return found < len(self._breaks) and self._breaks[found] < end

    def indent(self, index: int) -> str:
        """Return the white space that the line of ``index`` begins with."""
        found = bisect_left(self._breaks, index)
        start = self._break(found - 1)[1] if found else 0
        match = _INDENT.match(self.text, start)
        return match[0] if match else ""

    def newline(self, index: int) -> str:
        """Return the line end at or after ``index``, else the one before it, else a line feed."""
        if not self._breaks:
            return "\n"
        return self._break(min(bisect_left(self._breaks, index), len(self._breaks) - 1))[0]

    def _break(self, number: int) -> tuple[str, int]:
        start = self._breaks[number]
        newline = "\r\n" if self.text.startswith("\r\n", start) else self.text[start]
        return newline, start + len(newline)


class Placed(Generic[T]):
    """Values by their place in the text, added in its order. Empty ones are left out."""

    def __init__(self) -> None:
        """Begin without any."""
        self._places: list[int] = []
        self._values: list[T] = []

    def add(self, place: int, value: T) -> None:
        """Add a value at a place after those before."""
        if value:
            self._places.append(place)
            self._values.append(value)

    def nearest(self, site: Site) -> T | None:
        """Return the nearest value in the innermost scope that has any."""
        for scope in site.scopes:
            low, high = bisect_left(self._places, scope.span.start), bisect_left(self._places, scope.span.end)
            if low < high:
                after = min(max(bisect_left(self._places, site.index), low), high)
                near = range(max(low, after - 1), min(after + 1, high))
                return self._values[min(near, key=lambda number: abs(self._places[number] - site.index))]
        return None


def entry_spans(node: Container) -> list[Span]:
    """Return the spans of a container's entries: items, or members from key to value."""
    if isinstance(node, SequenceNode):
        return [item.span for item in node.items]
    return [Span(member.key.span.start, member.value.span.end) for member in node.members]


def kind_of(container: Plain | Node) -> Kind:
    """Return which of the two kinds a container is, new or in the text."""
    return "mapping" if isinstance(container, dict | MappingNode) else "sequence"


def shape(container: Plain | Container) -> Shape:
    """Return what a container holds; containers of the same shape are laid out alike.

    ``flat``: only light entries, which are scalars and empty containers. ``single``: a mapping with one light member.
    ``wrapper``: a mapping with one member that is a list, as many intrinsic functions are. ``nested``: anything else.
    """
    entries = _entries(container)
    one = len(entries) == 1 and kind_of(container) == "mapping"
    if not any(map(_entries, entries)):
        return "single" if one else "flat"
    return "wrapper" if one and kind_of(entries[0]) == "sequence" else "nested"


def is_empty(node: Node) -> bool:
    """Tell whether a node is a container without entries."""
    return isinstance(node, MappingNode | SequenceNode) and not _entries(node)


def one_space(gap: str) -> str:
    """Return a gap without line break, its white space cut to one blank on either side of the comma."""
    return re.sub(r"[ \t]+", " ", gap)


def _entries(value: Plain | Node) -> list[Plain] | list[Node]:
    if isinstance(value, MappingNode):
        return [member.value for member in value.members]
    if isinstance(value, SequenceNode):
        return value.items
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
