"""Files with values of parameters, in the shapes that AWS uses.

Sources: AWS CLI Command Reference, cloudformation create-stack, ``--parameters`` (a list of ParameterKey and
ParameterValue), and cloudformation deploy, ``--parameter-overrides`` (a list of ``KEY=VALUE``); AWS CloudFormation User
Guide, CodePipeline artifacts, Template configuration file (an object with ``Parameters``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from remediate.template import MappingNode, Node, ScalarNode, SequenceNode, TemplateError, line_and_column
from remediate.template.decode import decode
from remediate.template.json.reader import read_json

_SHAPES = (
    'expected [{"ParameterKey": ..., "ParameterValue": ...}], ["KEY=VALUE"], {"Parameters": {...}}, or lines with KEY=VALUE'
)


_Found: TypeAlias = "Iterator[tuple[str, str | None, int]]"
"""Names, values (None for one that is not written there), and where each is in the text."""


def read_parameters(file: Path) -> dict[str, str]:
    """Return the values in a file by the names of their parameters.

    Values that only the deployment knows (``UsePreviousValue``, ``Fn::GetParam``) are left out. Raises TemplateError, with
    line and column, for what has none of the shapes, and OSError.
    """
    text, _ = decode(file.read_bytes())
    found = _of_json(text, read_json(text)) if text.lstrip()[:1] in {"[", "{"} else _of_lines(text)
    values: dict[str, str | None] = {}
    for name, value, index in found:
        if name in values:
            raise TemplateError(f"the parameter {name} has a value already: remove one", *line_and_column(text, index))
        values[name] = value
    return {name: value for name, value in values.items() if value is not None}


def _of_json(text: str, root: Node) -> _Found:
    match root:
        case SequenceNode():
            for item in root.items:
                yield _of_item(text, item)
        case MappingNode():
            parameters = _member(root, "Parameters")
            if not isinstance(parameters, MappingNode):
                raise _unexpected(text, root)
            for one in parameters.members:
                yield one.key.text, _value(text, one.value), one.key.span.start


def _of_item(text: str, item: Node) -> tuple[str, str | None, int]:
    if isinstance(item, ScalarNode) and isinstance(item.value, str):
        return (*_split(text, item.value, item.span.start), item.span.start)
    name = _member(item, "ParameterKey") if isinstance(item, MappingNode) else None
    if not isinstance(item, MappingNode) or not isinstance(name, ScalarNode):
        raise _unexpected(text, item)
    value = _member(item, "ParameterValue")
    return name.text, None if value is None else _value(text, value), item.span.start


def _of_lines(text: str) -> _Found:
    begin = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.lstrip().startswith("#"):
            yield (*_split(text, line.strip(), begin), begin)
        begin += len(line)


def _split(text: str, written: str, index: int) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals or not name.strip():
        raise TemplateError(f"{written!r} is not KEY=VALUE; {_SHAPES}", *line_and_column(text, index))
    return name.strip(), value.strip()


def _value(text: str, node: Node) -> str | None:
    """Return a value as CloudFormation takes it: as text, and lists comma separated; None for what a pipeline fills in."""
    if isinstance(node, SequenceNode) and all(isinstance(item, ScalarNode) for item in node.items):
        return ",".join(_value(text, item) or "" for item in node.items)
    if isinstance(node, MappingNode):
        return None
    if not isinstance(node, ScalarNode) or node.value is None:
        raise _unexpected(text, node)
    return node.text


def _member(node: MappingNode, name: str) -> Node | None:
    return next((one.value for one in node.members if one.key.text == name), None)


def _unexpected(text: str, node: Node) -> TemplateError:
    return TemplateError(_SHAPES, *line_and_column(text, node.span.start))
