"""Reading JSON (RFC 8259) into the node tree, strictly: what CloudFormation would reject is rejected with its place."""

from __future__ import annotations

import json
import re

from remediate.template.errors import Unreadable, line_and_column
from remediate.template.json.faults import Expected, fault, missing_comma, unclosed
from remediate.template.limits import DEEPEST
from remediate.template.node import MappingNode, Member, Node, ScalarNode, SequenceNode, Span

MAX_DEPTH = DEEPEST["json"]
"""How deep containers may be nested (RFC 8259 section 9 lets a reader set a limit)."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_SIMPLE_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_LITERAL = re.compile(r"(?:(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|true|false|null)(?![\w.+-])")
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Node:
    """Return the node tree of a JSON text, of whatever type its root is.

    Raises Unreadable, with line and column, where the text is not JSON, where an object has a key twice, and where it is
    nested deeper than ``MAX_DEPTH``.
    """
    reader = _Reader(text)
    root = reader.value(reader.skip(0), Expected.VALUE, 0)
    end = reader.skip(root.span.end)
    if end < len(text):
        raise fault(text, end, Expected.END)
    return root


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, index: int) -> int:
        """Return the index of the first character from ``index`` on that is no white space."""
        match = _BLANKS.match(self.text, index)
        return match.end() if match else index

    def value(self, index: int, expected: Expected, depth: int) -> Node:
        first = self.text[index : index + 1]
        if first == '"':
            return self.string(index)
        if first in {"{", "["}:
            if depth >= MAX_DEPTH:
                message = f"nested deeper than {MAX_DEPTH} levels: flatten the template"
                raise Unreadable(message, *line_and_column(self.text, index))
            return self.mapping(index, depth + 1) if first == "{" else self.sequence(index, depth + 1)
        return self.literal(index, expected)

    def string(self, index: int) -> ScalarNode:
        simple = _SIMPLE_STRING.match(self.text, index)
        if simple:
            return ScalarNode(Span(index, simple.end()), simple[1], simple[1], '"')
        written = _STRING.match(self.text, index)
        if not written:
            raise fault(self.text, index, Expected.STRING)
        try:
            content: str = json.loads(written[0])
        except json.JSONDecodeError:
            raise fault(self.text, index, Expected.STRING) from None
        return ScalarNode(Span(index, written.end()), content, content, '"')

    def literal(self, index: int, expected: Expected) -> ScalarNode:
        match = _LITERAL.match(self.text, index)
        if not match:
            raise fault(self.text, index, expected)
        span, written = Span(index, match.end()), match[0]
        if match[1] is None:
            return ScalarNode(span, written, _CONSTANTS[written])
        try:
            return ScalarNode(span, written, float(written) if match[2] else int(written))
        except ValueError:
            # CPython converts no more digits than sys.get_int_max_str_digits().
            message = f"a number of {len(written)} digits: write it as a string"
            raise Unreadable(message, *line_and_column(self.text, index)) from None

    def mapping(self, start: int, depth: int) -> MappingNode:
        members: list[Member] = []
        index = self.skip(start + 1)
        if self.text.startswith("}", index):
            return MappingNode(Span(start, index + 1), members, flow=True)
        keys: dict[str, int] = {}
        while True:
            if not self.text.startswith('"', index):
                raise fault(self.text, index, Expected.KEY)
            key = self.string(index)
            if keys.setdefault(key.text, index) != index:
                raise self._duplicate(key, keys[key.text])
            index = self.skip(key.span.end)
            if not self.text.startswith(":", index):
                raise fault(self.text, index, Expected.COLON)
            value = self.value(self.skip(index + 1), Expected.MEMBER_VALUE, depth)
            members.append(Member(key, value))
            index = self.skip(value.span.end)
            if self.text.startswith("}", index):
                return MappingNode(Span(start, index + 1), members, flow=True)
            index = self._next(value.span.end, index, start)

    def sequence(self, start: int, depth: int) -> SequenceNode:
        items: list[Node] = []
        index = self.skip(start + 1)
        if self.text.startswith("]", index):
            return SequenceNode(Span(start, index + 1), items, flow=True)
        while True:
            item = self.value(index, Expected.ITEM, depth)
            items.append(item)
            index = self.skip(item.span.end)
            if self.text.startswith("]", index):
                return SequenceNode(Span(start, index + 1), items, flow=True)
            index = self._next(item.span.end, index, start)

    def _next(self, end: int, index: int, opening: int) -> int:
        """Return where the next entry begins: behind the comma that must stand at ``index``."""
        if self.text.startswith(",", index):
            return self.skip(index + 1)
        if index >= len(self.text) or self.text[index] in "}]":
            raise unclosed(self.text, index, opening)
        raise missing_comma(self.text, end, index)

    def _duplicate(self, key: ScalarNode, first: int) -> Unreadable:
        line, column = line_and_column(self.text, key.span.start)
        first_line, _ = line_and_column(self.text, first)
        where = f"twice in line {line}" if first_line == line else f"lines {first_line} and {line}"
        return Unreadable(f"duplicate key {self.text[slice(*key.span)]} ({where})", line, column)
