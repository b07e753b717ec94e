"""Holding a configuration to ``schema.json``: the few keywords of JSON Schema that it uses.

The jsonschema package takes longer to import than a check of a template takes; a test holds that it judges alike.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("a string", str),
    "boolean": ("true or false", bool),
    "integer": ("a whole number", int),
    "number": ("a number", (int, float)),
    "array": ("a list", list),
    "object": ("a table", dict),
}


class Fault(NamedTuple):
    """What is wrong with a configuration; ``path`` leads to the key."""

    path: tuple[str | int, ...]
    message: str


def schema_text() -> str:
    """Return the JSON Schema of the configuration."""
    return Path(__file__).with_name("schema.json").read_text("utf-8")


def faults(value: object) -> Iterator[Fault]:
    """Yield what does not fit the schema in a configuration."""
    schema = json.loads(schema_text())
    yield from _faults(value, schema, schema, ())


def _faults(value: object, schema: dict[str, Any], root: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    if "oneOf" in schema:
        if all(any(_faults(value, one, root, path)) for one in schema["oneOf"]):
            yield Fault(path, f"must be {' or '.join(_expected(one) for one in schema['oneOf'])}")
        return
    kind, types = _TYPES[schema["type"]]
    if not isinstance(value, types) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield Fault(path, f"must be {kind}")
    elif value not in schema.get("enum", [value]):
        yield Fault(path, f"must be one of {', '.join(schema['enum'])}")
    elif isinstance(value, int) and value < schema.get("minimum", value):
        yield Fault(path, f"must be at least {schema['minimum']}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, schema["items"], root, (*path, index))
    elif isinstance(value, dict):
        yield from _of_table(value, schema, root, path)


def _of_table(
    value: dict[str, object], schema: dict[str, Any], root: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(path, f"needs the key {name!r}")
    for name, item in value.items():
        if name in known or others:
            yield from _faults(item, known.get(name, others), root, (*path, name))
        else:
            near = difflib.get_close_matches(name, known, 1)
            yield Fault((*path, name), f"unknown key; {f'did you mean {near[0]!r}?' if near else _known(known)}")


def _known(names: dict[str, Any]) -> str:
    return f"known are: {', '.join(names)}"


def _expected(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return "a list of strings" if schema["$ref"].endswith("texts") else "a table"
    return _TYPES[schema["type"]][0]
