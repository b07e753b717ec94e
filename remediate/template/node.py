"""The template as a tree of nodes that know their exact place in the text.

Spans are character indexes into the decoded text (byte-order mark stripped, line ends as they are). The node classes are
not frozen, because the reader learns some ends and anchors only after it has made a node. Treat them as read-only all the
same.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


class Span(NamedTuple):
    """The half-open range ``text[start:end]``."""

    start: int
    end: int


class ScalarNode(Struct, eq=False):
    """A leaf. ``span`` covers quotes, block indicator, explicit ``!!tag`` and anchor; never a comment or trailing blanks.

    ``text`` is the decoded content, ``value`` what it means as data. ``style`` is ``""`` for plain (and for JSON's
    numbers, booleans and null), or one of ``'  "  |  >``.
    """

    span: Span
    text: str
    value: str | int | float | bool | None
    style: str = ""
    anchor: str | None = None


class Member(Struct, eq=False):
    """A key and its value in a mapping."""

    key: ScalarNode
    value: Node


class MappingNode(Struct, eq=False):
    """A mapping. ``span`` ends where its last leaf or its closing brace ends, before any comment that follows.

    ``merged`` says that a ``<<`` key stands in it: its data holds members that have no text here.
    """

    span: Span
    members: list[Member]
    flow: bool = False
    anchor: str | None = None
    merged: bool = False


class SequenceNode(Struct, eq=False):
    """A sequence. ``span`` begins at the first dash or the opening bracket and ends like a mapping's."""

    span: Span
    items: list[Node]
    flow: bool = False
    anchor: str | None = None


class Tagged(Struct, eq=False):
    """A short-form intrinsic function: ``!Sub text``. Its data is ``{function: content}``; ``span`` begins at the tag."""

    span: Span
    function: str
    content: Node
    anchor: str | None = None


class Alias(Struct, eq=False):
    """``*name``: the data of ``target``, written elsewhere. An edit through it would change another place too."""

    span: Span
    name: str
    target: Node


Node: TypeAlias = "ScalarNode | MappingNode | SequenceNode | Tagged | Alias"


class Template(Struct, frozen=True):
    """A template that was read: the exact text, its tree and its plain data.

    ``text`` has no byte-order mark; ``bom`` says whether the file begins with one. ``data`` has every short-form
    intrinsic in its long form, so that a JSON pointer means the same in YAML and JSON.
    """

    name: str
    text: str
    bom: bool
    format: Literal["yaml", "json"]
    root: Node
    data: dict[str, Plain]


def long_form(function: str, content: Plain) -> dict[str, Plain]:
    """Return the data of ``!Function content``; ``!GetAtt A.B`` splits at its first dot.

    Source: AWS CloudFormation User Guide, Intrinsic function reference, Fn::GetAtt.
    """
    if function == "Fn::GetAtt" and isinstance(content, str):
        return {function: list(content.split(".", 1))}
    return {function: content}


def function_of(tag: str) -> str:
    """Return the function that a short-form tag names: ``!Sub`` is ``Fn::Sub``; ``Ref`` and ``Condition`` have no prefix."""
    name = tag.lstrip("!")
    return name if name in {"Ref", "Condition"} else f"Fn::{name}"


def tag_of(function: str) -> str | None:
    """Return the short-form tag of a function name, or None where it has none (``Fn::Transform`` excepted, any ``Fn::``)."""
    if function in {"Ref", "Condition"}:
        return f"!{function}"
    return f"!{function.removeprefix('Fn::')}" if function.startswith("Fn::") else None
