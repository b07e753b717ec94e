"""What the tests of YAML editing share: applying operations, and readers that are not the project's own."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import Resolver
from yaml.scanner import Scanner

from remediate.template import Operation, Template, edit, read, splice
from remediate.template.node import long_form
from remediate.template.yaml.scalars import plain_value


def template(text: str) -> Template:
    return read(text.encode(), "template.yaml")


def operation(raw: dict[str, Any]) -> Operation:
    """Read an operation; ``before``, which RFC 6902 does not know, says in front of which member to write."""
    return Operation(raw["op"], raw["path"], raw.get("value"), raw.get("from", ""), raw.get("before"))


def edited(text: str, *operations: dict[str, Any]) -> str:
    """Return the text after the operations."""
    found = template(text)
    return splice(found.text, edit(found, [operation(raw) for raw in operations]))


def exact(data: Any) -> Any:
    """Return data in a form that compares types and the order of keys, too."""
    if isinstance(data, dict):
        return [(key, exact(value)) for key, value in data.items()]
    if isinstance(data, list):
        return ["list", *map(exact, data)]
    return type(data).__name__, data


class _PureLoader(Reader, Scanner, Parser, Composer, SafeConstructor, Resolver):
    """PyYAML without libyaml; tags become long-form intrinsics, keys stay text."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)


def pure_data(text: str) -> Any:
    """Read YAML with PyYAML's own parser and composer, without the project's reader and without libyaml."""
    return _value(_PureLoader(text).get_single_node())


def _value(node: yaml.Node) -> Any:
    if node.tag.startswith("!"):
        name = node.tag[1:]
        content = node.value if isinstance(node, yaml.ScalarNode) else _collection(node)
        return long_form(name if name in {"Ref", "Condition"} else f"Fn::{name}", content)
    if isinstance(node, yaml.ScalarNode):
        kind = node.tag.rpartition(":")[2]
        return plain_value(node.value) if kind in {"null", "bool", "int", "float"} else node.value
    return _collection(node)


def _collection(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    own = {key.value: _value(value) for key, value in node.value if key.tag != "tag:yaml.org,2002:merge"}
    merged = [_value(value) for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
    return own | {key: value for source in merged for key, value in source.items() if key not in own}
