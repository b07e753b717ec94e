"""Policy documents that are written as JSON text, in a literal, an ``Fn::Sub`` or an ``Fn::Join``.

The text as written is read as JSON, with what ``${…}`` stands for left open: each string of it becomes an expression of its
own. A text whose JSON depends on what is put into it is not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from remediate.cloudformation.expression import function
from remediate.template import Plain

_Pattern: TypeAlias = "tuple[str, dict[str, Plain]]"
"""A text as ``Fn::Sub`` has it, and its variables."""


def read_text(expression: Plain) -> dict[str, Plain] | None:
    """Return the document that an expression spells as JSON, None where it spells none that can be read beforehand."""
    literal = isinstance(expression, str)
    pattern = (expression, {}) if isinstance(expression, str) else _pattern(expression)
    if pattern is None:
        return None
    try:
        found = json.loads(pattern[0], object_pairs_hook=_unique, parse_constant=_no_number)
        read = found if literal else _expressions(found, pattern[1])
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def breaks_text(value: object) -> bool:
    """Tell whether a resolved value holds a character that would have ended its string in the JSON text."""
    return any(character in '"\\' or character < " " for character in str(value))


def _pattern(expression: Plain) -> _Pattern | None:
    match function(expression):
        case ("Fn::Sub", str(template)):
            return template, {}
        case ("Fn::Sub", [str(template), dict(variables)]):
            return template, dict(variables)
        case ("Fn::Join", [str(delimiter), list(items)]):
            return _joined(delimiter, items)
    return None


def _joined(delimiter: str, items: list[Plain]) -> _Pattern:
    """Write a join as a pattern; what is no text in it becomes a variable."""
    variables: dict[str, Plain] = {"Dollar": "$"}
    written = []
    for item in items:
        inner = _pattern(item)
        if isinstance(item, str):
            written.append(_plain(item))
        elif inner is not None and inner[1].keys() <= {"Dollar"}:
            written.append(inner[0])
        else:
            variables[f"Part{len(variables)}"] = item
            written.append(f"${{Part{len(variables) - 1}}}")
    return _plain(delimiter).join(written), variables


def _plain(text: str) -> str:
    text = text.replace("${", "${Dollar}{")
    return f"{text[:-1]}${{Dollar}}" if text.endswith("$") else text


def _expressions(found: Plain, variables: Mapping[str, Plain]) -> Plain:
    """Make an expression of each string that has something put into it. Raises ValueError where a key has."""
    if isinstance(found, list):
        return [_expressions(item, variables) for item in found]
    if isinstance(found, dict):
        if any("${" in key for key in found):
            raise ValueError("the name of a member depends on what is put into the text")
        return {key: _expressions(item, variables) for key, item in found.items()}
    if isinstance(found, str) and "${" in found:
        return {"Fn::Sub": [found, dict(variables)] if variables else found}
    return found


def _unique(members: list[tuple[str, Plain]]) -> dict[str, Plain]:
    """Return an object as a mapping. Raises ValueError for one that has a member twice, or would read as a function."""
    found = dict(members)
    if len(found) < len(members) or function(found):
        raise ValueError("this is not an object of a policy")
    return found


def _no_number(written: str) -> Plain:
    raise ValueError(f"{written} is no JSON")
