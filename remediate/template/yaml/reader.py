"""YAML text to a tree of nodes, from parse events.

Events are read instead of PyYAML's composed nodes: a composed alias *is* the node of its anchor, with the anchor's
place, and an edit through it would land there. libyaml's marks count characters, as Python's strings do.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import yaml

from remediate.template.errors import Unreadable, line_and_column
from remediate.template.limits import DEEPEST
from remediate.template.node import Alias, MappingNode, Member, Node, ScalarNode, SequenceNode, Span, Tagged, function_of
from remediate.template.yaml.faults import fault
from remediate.template.yaml.scalars import plain_value, tagged_value
from remediate.template.yaml.scan import (
    BREAKS,
    LINE,
    content_start,
    line_end,
    line_start,
    properties_end,
    skip_blanks,
    skip_trivia,
)

_MAX_DEPTH = DEEPEST["yaml"]
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_BLOCK_KEEP = re.compile(r"[|>][0-9]?\+")
_TAG_DIRECTIVE = re.compile(rf"(?:^|(?<=[{BREAKS}]))%TAG\b")
_SCALAR = yaml.ScalarEvent
_MAPPING_START: Any = yaml.MappingStartEvent
_MAPPING_END: Any = yaml.MappingEndEvent
_SEQUENCE_END: Any = yaml.SequenceEndEvent
_new_tuple = tuple.__new__  # a third of the time that Span(...) takes
_STANDARD_TAG = "tag:yaml.org,2002:"


def read_yaml(text: str) -> Node:
    """Return the root node of the one document in ``text``.

    Raises Unreadable, with the place, for text that is no YAML, an empty or second document, duplicate keys, keys that
    are no scalars, and aliases without an anchor before them.
    """
    try:
        return _Reader(text).document()
    except (yaml.YAMLError, RecursionError) as error:
        raise fault(error, text) from error


def parser(text: str) -> Any:
    """Return a parser of events: libyaml's, or PyYAML's own where libyaml is missing."""
    try:
        parser: Any = import_module("yaml._yaml").CParser
    except ImportError:
        from remediate.template.yaml.pure import PureParser

        parser = PureParser
    return parser(text)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.next: Any = parser(text).get_event
        self.anchors: dict[str, Node | None] = {}
        self.depth = 0

    def document(self) -> Node:
        self.next()
        event = self.next()
        if type(event) is yaml.StreamEndEvent:
            raise Unreadable("the file is empty", 1, 1)
        if event.tags:
            found = _TAG_DIRECTIVE.search(self.text)
            message = "CloudFormation does not support %TAG directives: remove it"
            raise self.unreadable(message, found.start() if found else 0)
        first = self.next()
        mark = self.text.find("\ufeff", 0, first.start_mark.index + 1)
        if mark >= 0:  # one parser skips it, and its places are wrong then; another takes it for a part of a key
            raise self.unreadable("a byte-order mark inside the file: remove it", mark)
        root = self.node(first)
        self.next()
        event = self.next()
        if type(event) is not yaml.StreamEndEvent:
            message = "a second YAML document begins here: a template is a single document, so split the file"
            raise self.unreadable(message, event.start_mark.index)
        return root

    def node(self, event: Any) -> Node:
        """Return the node that an event begins, with all the events that belong to it."""
        kind = type(event)
        if kind is _SCALAR:
            return self.scalar(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        if self.depth >= _MAX_DEPTH:
            raise self.unreadable(f"the template is nested more than {_MAX_DEPTH} levels deep", event.start_mark.index)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.depth += 1
        node = self.mapping(event) if kind is _MAPPING_START else self.sequence(event)
        self.depth -= 1
        return self.finished(node, event) if event.tag is not None or event.anchor is not None else node

    def finished(self, node: MappingNode | SequenceNode, event: Any) -> Node:
        """Give a collection its tag and anchor."""
        done: MappingNode | SequenceNode | Tagged = node
        start = event.start_mark.index
        if event.tag is not None and event.tag != "!" and not event.tag.startswith(_STANDARD_TAG):
            node.span = Span(content_start(self.text, start), node.span.end)
            done = Tagged(Span(start, node.span.end), function_of(event.tag), node)
        if event.anchor is not None:
            done.anchor = event.anchor
            self.anchors[event.anchor] = done
        return done

    def scalar(self, event: Any) -> ScalarNode | Tagged:
        text, style = event.value, event.style
        start, end = event.start_mark.index, event.end_mark.index
        if style == "|" or style == ">":  # twice as fast as asking a set, a hundred thousand times
            end = _block_scalar_end(self.text, start, end, text)
        span = _new_tuple(Span, (start, end))
        if event.tag is not None or event.anchor is not None:
            return self.marked_scalar(event, span, style or "")
        if style:
            return ScalarNode(span, text, text, style)
        return ScalarNode(span, text, plain_value(text))

    def marked_scalar(self, event: Any, span: Span, style: str) -> ScalarNode | Tagged:
        """Return a scalar with a tag, an anchor or both."""
        text, tag = event.value, event.tag
        node: ScalarNode | Tagged
        if tag is None:
            node = ScalarNode(span, text, text if style else plain_value(text), style, event.anchor)
        elif tag == "!":
            node = ScalarNode(span, text, text, style, event.anchor)
        elif tag.startswith(_STANDARD_TAG):
            try:
                node = ScalarNode(span, text, tagged_value(text, tag), style, event.anchor)
            except ValueError as error:
                message = f"{text!r} is not a valid {tag.removeprefix(_STANDARD_TAG)}, as its tag requires"
                raise self.unreadable(message, span.start) from error
        else:
            start = properties_end(self.text, span.start)
            start = start if start >= span.end else content_start(self.text, span.start)
            content = ScalarNode(Span(min(start, span.end), span.end), text, text, style)
            node = Tagged(span, function_of(tag), content, event.anchor)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: Any) -> Alias:
        name, start = event.anchor, event.start_mark.index
        if name not in self.anchors:
            raise self.unreadable(f"the alias *{name} has no anchor &{name} before it", start)
        target = self.anchors[name]
        if target is None:
            raise self.unreadable(f"the alias *{name} is inside its own anchor &{name}", start)
        return Alias(Span(start, event.end_mark.index), name, target)

    def sequence(self, event: Any) -> SequenceNode:
        start = event.start_mark.index
        items: list[Node] = []
        following = self.next
        while type(child := following()) is not _SEQUENCE_END:
            if type(child) is _SCALAR:
                node: Node = self.scalar(child)
                if not child.value and node.span.start == node.span.end:
                    self.place_empty_item(node, items[-1].span.end if items else content_start(self.text, start))
            else:
                node = self.node(child)
            items.append(node)
        if event.flow_style:
            return SequenceNode(Span(start, child.end_mark.index), items, flow=True)
        return SequenceNode(Span(start, items[-1].span.end), items)

    def mapping(self, event: Any) -> MappingNode:
        start = event.start_mark.index
        members: list[Member] = []
        following, scalar = self.next, self.scalar
        while type(child := following()) is not _MAPPING_END:
            key = scalar(child) if type(child) is _SCALAR else None
            if type(key) is not ScalarNode:
                message = "mapping keys must be plain strings"
                if "{{" in self.text[max(child.start_mark.index - 1, 0) : child.start_mark.index + 2]:
                    message = f"{message}; Jinja/Helm syntax must be rendered first"
                raise self.unreadable(message, child.start_mark.index)
            child = following()
            if type(child) is _SCALAR:
                value: Node = scalar(child)
                if not child.value and value.span.start == value.span.end:
                    value.span = self.after_colon(key.span.end)
            else:
                value = self.node(child)
            members.append(Member(key, value))
        merged = self.check_keys(members) if members else False
        if not event.flow_style:
            return MappingNode(_new_tuple(Span, (start, value.span.end)), members, False, None, merged)
        braces = self.text.startswith("{", start) or self.text.startswith("{", content_start(self.text, start))
        end = child.end_mark.index if braces else value.span.end
        return MappingNode(_new_tuple(Span, (start, end)), members, True, None, merged)

    def check_keys(self, members: list[Member]) -> bool:
        """Tell whether one of the keys is a merge key; raise Unreadable where two keys are the same."""
        if len(members) == 1:
            key = members[0].key
            return key.text == "<<" and key.style == ""
        keys = {member.key.text: member.key for member in reversed(members)}
        if len(keys) < len(members):
            second = next(member.key for member in members if keys[member.key.text] is not member.key)
            line, other = (line_and_column(self.text, key.span.start)[0] for key in (second, keys[second.text]))
            message = f'duplicate key "{second.text}" (lines {other} and {line})'
            raise self.unreadable(message, second.span.start)
        return "<<" in keys and keys["<<"].style == ""

    def after_colon(self, index: int) -> Span:
        """Place an empty value right after its colon, or after the key where there is no colon."""
        colon = skip_blanks(self.text, index)
        if not self.text.startswith(":", colon):
            colon = skip_trivia(self.text, index)
        after = colon + 1 if self.text.startswith(":", colon) else index
        return Span(after, after)

    def place_empty_item(self, node: Node, index: int) -> None:
        """Place an empty item right after its dash."""
        dash = skip_trivia(self.text, index)
        after = dash + 1 if self.text.startswith("-", dash) else node.span.start
        node.span = Span(after, after)

    def unreadable(self, message: str, index: int) -> Unreadable:
        return Unreadable(message, *line_and_column(self.text, index))


def _block_scalar_end(text: str, start: int, end: int, value: str) -> int:
    """Return where the content of a block scalar ends.

    Its mark runs over the blank lines that follow. They are content after ``+``; otherwise the last line that holds
    something ends the scalar, where a line of more blanks than the indentation holds something, too.
    """
    if _BLOCK_KEEP.match(text, content_start(text, start), end):
        return end
    header_end = line_end(text, start)
    indent = _block_indent(text, header_end, end, value)
    while end > header_end:
        if text[end - 1] in BREAKS:
            end -= 2 if text[end - 2 : end] == "\r\n" else 1
            continue
        begin = line_start(text, end)
        if text[begin:end].strip(" ") or end - begin > indent:
            return end
        end = begin
    return _header_content_end(text, start)


def _block_indent(text: str, start: int, end: int, value: str) -> int:
    """Return the indentation of a block scalar's lines: what its first line with text has over the decoded one."""
    written = next((line for line in LINE.split(text[start:end]) if line.strip(" ")), "")
    decoded = next((line for line in LINE.split(value) if line.strip(" ")), "")
    return len(written) - len(written.lstrip(" ")) - (len(decoded) - len(decoded.lstrip(" "))) if decoded else end - start


def _header_content_end(text: str, start: int) -> int:
    found = _BLOCK_HEADER.match(text, content_start(text, start))
    return found.end() if found else line_end(text, start)
