"""How a template is written: indentation, list offsets, quotes and function names, near a place and in the whole file.

Each question is answered by the nearest container around the place that has an answer, and there by the majority: files
of several authors differ from section to section.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from remediate.template.node import MappingNode, Member, Node, ScalarNode, SequenceNode, Tagged
from remediate.template.yaml.scalars import reads_as_string
from remediate.template.yaml.scan import BREAKS, begins_line, column, content_start, inner_start, same_line

Kind = Literal["word", "other", "special"]
About = Literal["step", "offset", "gap", "quote", "key quote", "short", "flow list", "flow map", "flow function", "padding"]

SHORT_FUNCTIONS = frozenset(
    {"Ref", "Condition"}
    | {
        f"Fn::{name}"
        for name in (
            *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join"),
            *("Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"),
        )
    }
)
"""Functions with a short form. Source: AWS CloudFormation User Guide, Intrinsic function reference."""
_FUNCTIONS = SHORT_FUNCTIONS - {"Condition"}  # which is also a member of resources

_WORD = re.compile(r"[A-Za-z0-9_]+")
_SYNTAX = re.compile(rf"[-?:,\[\]{{}}#&*!|>'\"%@`=\s]|.*(?::(?:\s|\Z)|\s#|[\x00-\x1f\x7f{BREAKS}\ufeff])|.*\s\Z", re.DOTALL)
_EMPTY_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]")
_ENOUGH = 200
_FLOW_SYNTAX = re.compile(r"[,\[\]{}?]")  # YAML 1.1 ends plain text in flow style at `?`, too


def can_be_plain(text: str, *, flow: bool) -> bool:
    """Tell whether a string can stand without quotes and still be this string for readers of YAML 1.1 and 1.2."""
    if not text or _SYNTAX.match(text) or text.startswith(("---", "...")) or not text.isprintable():
        return False
    return not (flow and _FLOW_SYNTAX.search(text)) and reads_as_string(text)


def fits_flow(node: ScalarNode) -> bool:
    """Tell whether a scalar's text can stand in flow style as it is."""
    return node.style in {"'", '"'} or (not node.style and not _FLOW_SYNTAX.search(node.text))


def kind_of(text: str) -> Kind:
    """Sort strings by what moves authors to quote them: nothing, signs that only look odd, or a reader that errs."""
    if not can_be_plain(text, flow=False):
        return "special"
    return "word" if _WORD.fullmatch(text) else "other"


class Question(Struct, frozen=True):
    """Something that a template's text shows: ``about`` names it, ``of`` narrows it down to a key or kind."""

    about: About
    of: Hashable = None


_Fact: TypeAlias = tuple[Question, Any]
_Matter: TypeAlias = Callable[[str, Node], list[_Fact]]
Facts: TypeAlias = dict[Question, dict[Any, int]]
"""How often the text answers each question with what."""


class Styles:
    """Answers questions about the style of one text, remembering what it counted."""

    def __init__(self, text: str) -> None:
        """Count nothing yet."""
        self.text = text
        self._counted: dict[tuple[_Matter, int], Facts] = {}

    def ask(self, path: list[Node], question: Question, *others: Question) -> Any:
        """Return the majority's answer in the innermost node of ``path`` that has one to any of the questions, or None.

        ``path`` leads from the root to the container that is written to. The first question goes before the others.
        """
        for node in reversed(path):
            for asked in (question, *others):
                counted = self._facts(node, _MATTERS.get(asked.about, _layout)).get(asked)
                if counted:
                    return max(counted, key=counted.__getitem__)
        return None

    def _facts(self, node: Node, matter: _Matter) -> Facts:
        """Count a subtree once for each matter; what was counted inside it before is added up."""
        counted = self._counted.get((matter, id(node)))
        if counted is not None:
            return counted
        facts: Facts = {}
        pending = [node]
        while pending:
            current = pending.pop()
            before = self._counted.get((matter, id(current)))
            if before is None:
                for asked, answer in matter(self.text, current):
                    _count(facts, asked, answer, 1)
                pending += reversed(_sample(_children(current)))
                continue
            for asked, answers in before.items():
                for answer, times in answers.items():
                    _count(facts, asked, answer, times)
        self._counted[matter, id(node)] = facts
        return facts


def _count(facts: Facts, asked: Question, answer: Any, times: int) -> None:
    answers = facts.setdefault(asked, {})
    answers[answer] = answers.get(answer, 0) + times


def _sample(nodes: list[Node]) -> list[Node]:
    """Return the nodes, or every so-manieth of very many: a majority shows in some hundreds, and counting takes time."""
    return nodes if len(nodes) <= _ENOUGH else nodes[:: len(nodes) // _ENOUGH + 1]


def _children(node: Node) -> list[Node]:
    match node:
        case MappingNode():
            return [member.value for member in node.members]
        case SequenceNode():
            return node.items
        case Tagged():
            return [node.content]
        case _:
            return []


def _quotes(_: str, node: Node) -> list[_Fact]:
    """List what a node shows of the quotes of values, without its children: here and below."""
    return _scalar_facts(node, "quote") if isinstance(node, ScalarNode) and isinstance(node.value, str) else []


def _key_quotes(_: str, node: Node) -> list[_Fact]:
    members = node.members if isinstance(node, MappingNode) else []
    return [fact for member in members for fact in _scalar_facts(member.key, "key quote")]


def _layout(text: str, node: Node) -> list[_Fact]:
    if isinstance(node, MappingNode):
        return _mapping_facts(text, node)
    if isinstance(node, SequenceNode):
        return _sequence_facts(text, node)
    if not isinstance(node, Tagged):
        return []
    facts: list[_Fact] = [(Question("short"), True)]
    if isinstance(node.content, SequenceNode):
        facts.append((Question("flow list", node.function), node.content.flow))
    return facts


_MATTERS: dict[About, _Matter] = {"quote": _quotes, "key quote": _key_quotes}
"""What is counted on its own: looking at every string takes time, and is not always asked for. All else is the layout."""


def _scalar_facts(node: ScalarNode, about: Literal["quote", "key quote"]) -> list[_Fact]:
    if node.style in {"|", ">"} or "\n" in node.text:
        return []
    kind = kind_of(node.text)
    facts: list[_Fact] = [(Question(about, kind), node.style)]
    if node.style:
        facts.append((Question(about, "any"), node.style))
    return facts


def _sequence_facts(text: str, node: SequenceNode) -> list[_Fact]:
    if node.flow:
        return []
    dash = content_start(text, node.span.start)
    first = node.items[0].span.start
    return [(Question("gap"), first - dash - 1)] if first > dash + 1 and same_line(text, dash, first) else []


def _mapping_facts(text: str, node: MappingNode) -> list[_Fact]:
    facts: list[_Fact] = []
    for member in node.members:
        facts += _member_facts(text, node, member)
    if len(node.members) == 1 and node.members[0].key.text in _FUNCTIONS:
        facts += [(Question("short"), False), (Question("flow function"), node.flow)]
    if node.flow and node.members and text.startswith("{", node.span.start):
        facts.append((Question("padding"), text[node.span.start + 1] == " "))
    return facts


def _member_facts(text: str, node: MappingNode, member: Member) -> list[_Fact]:
    """List how a member's value is laid out: its indentation under the key, or its being in flow style."""
    value = member.value
    content = value.content if isinstance(value, Tagged) else value
    if isinstance(content, MappingNode | SequenceNode) and not node.flow:
        children = _children(content)
        simple = bool(children) and all(isinstance(child, ScalarNode | Tagged) for child in children)
        about: Literal["flow list", "flow map"] = "flow list" if isinstance(content, SequenceNode) else "flow map"
        facts: list[_Fact] = []
        if simple and not isinstance(value, Tagged):
            facts += [(Question(about, member.key.text), content.flow), (Question(about), content.flow)]
        start = inner_start(text, content)
        if not content.flow and begins_line(text, start):
            depth = column(text, start) - column(text, node.members[0].key.span.start)
            facts.append((Question("offset" if isinstance(content, SequenceNode) else "step"), depth))
        return facts
    return []


def parted_by_empty_lines(text: str, node: MappingNode | SequenceNode) -> bool:
    """Tell whether an empty line stands between every two entries of a block collection."""
    spans = (
        [(member.key.span.start, member.value.span.end) for member in node.members] if isinstance(node, MappingNode) else []
    )
    spans = spans or [(item.span.start, item.span.end) for item in _children(node)]
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(spans)]
    return bool(gaps) and all(_EMPTY_LINE.search(gap) for gap in gaps)
