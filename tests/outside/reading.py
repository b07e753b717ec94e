"""Reading a template with PyYAML or json alone; intrinsic functions come out in their long form."""

from __future__ import annotations

import json
from typing import Any

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # which of the two depends on the machine
    """Dates stay text; tags become mappings."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _function(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    argument: Any
    if isinstance(node, yaml.ScalarNode):
        argument = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        argument = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": argument}


_Loader.add_multi_constructor("!", _function)


def read(text: str) -> dict[str, Any] | None:
    """Return a template's data, None for what is no template or cannot be read."""
    try:
        data = json.loads(text) if text.lstrip("\ufeff").lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    except (ValueError, yaml.YAMLError):
        return None
    return data if isinstance(data, dict) and isinstance(data.get("Resources"), dict) else None
