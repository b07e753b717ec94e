"""Every value that an expression can take, whatever the parameters and conditions are.

A scenario gives a parameter its default. Who deploys the template can give it any other value, so what is *edited* as if it
had one value must have that value under every one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from remediate.cloudformation.expression import function
from remediate.cloudformation.parameters import allowed_values
from remediate.cloudformation.resolve import Resolver
from remediate.template import Plain

_MOST = 32
"""An expression with more values than this is taken to be open."""
_MARK = "\0"
REGION = "\0region"
"""What stands for the Region of the stack, where that is open: one and the same everywhere in a deployment."""


def possible_strings(resolver: Resolver, expression: Plain, fixed: Mapping[str, str]) -> frozenset[str] | None:
    """Return all strings that an expression can be; None where they cannot be listed, or where it may have no value.

    ``fixed`` are the parameters that the user has given, which have no other value. A parameter without ``AllowedValues``
    can be anything, its default notwithstanding. The Region is :data:`REGION` where the user does not give it.
    """
    if isinstance(expression, str):
        return frozenset({expression})
    match function(expression):
        case ("Ref", str(name)):
            return _of_reference(resolver, name, fixed)
        case ("Fn::If", [_, yes, no]):
            return _union(possible_strings(resolver, branch, fixed) for branch in (yes, no))
        case ("Fn::FindInMap", [str(name), first, second, *_]):
            return _of_map(resolver, name, (first, second), fixed)
        case ("Fn::Sub", str(text)):
            return _of_sub(resolver, text, {}, fixed)
        case ("Fn::Sub", [str(text), dict(variables)]):
            return _of_sub(resolver, text, variables, fixed)
        case ("Fn::Join", [str(delimiter), list(items)]):
            joined = _product([possible_strings(resolver, item, fixed) for item in items])
            return None if joined is None else frozenset(delimiter.join(parts) for parts in joined)
    return None


def _of_reference(resolver: Resolver, name: str, fixed: Mapping[str, str]) -> frozenset[str] | None:
    # The Region of a scenario is one of many. The partition is that of the template's ARNs, whatever the scenario.
    if name in fixed or name in {"AWS::Partition", "AWS::URLSuffix"}:
        value = resolver.string({"Ref": name})
        return None if value is None or value.known is None else frozenset({value.known})
    if name.startswith("AWS::"):
        return frozenset({REGION}) if name == "AWS::Region" else None
    allowed = [value.known for value in allowed_values(resolver.model, name)]
    return frozenset(value for value in allowed if value is not None) or None


def _of_map(resolver: Resolver, name: str, keys: tuple[Plain, Plain], fixed: Mapping[str, str]) -> frozenset[str] | None:
    found: list[Plain] = [resolver.model.mappings.get(name)]
    for key in keys:
        names = possible_strings(resolver, key, fixed)
        rows = [row for row in found if isinstance(row, dict)]
        found = [value for row in rows for inner, value in row.items() if names is None or inner in names]
    if not found or not all(isinstance(value, str) for value in found):
        return None
    return frozenset(map(str, found))


def _of_sub(
    resolver: Resolver, text: str, variables: Mapping[str, Plain], fixed: Mapping[str, str]
) -> frozenset[str] | None:
    """Return what a ``Fn::Sub`` can be: the text between its variables, and each of their values."""
    parts: list[frozenset[str] | None] = []
    for number, piece in enumerate(text.replace("${!", _MARK).split("${")):
        name, closed, rest = piece.partition("}") if number else ("", "", piece)
        if number and not closed:
            return None
        if number:
            name = name.strip()
            parts.append(None if "." in name else possible_strings(resolver, variables.get(name, {"Ref": name}), fixed))
        parts.append(frozenset({rest.replace(_MARK, "${")}))
    joined = _product(parts)
    return None if joined is None else frozenset(map("".join, joined))


def _union(found: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    values: frozenset[str] = frozenset()
    for one in found:
        if one is None:
            return None
        values |= one
    return values if len(values) <= _MOST else None


def _product(parts: list[frozenset[str] | None]) -> list[tuple[str, ...]] | None:
    count = 1
    known: list[list[str]] = []
    for part in parts:
        if part is None:
            return None
        count *= len(part)
        known.append(sorted(part))
    return list(itertools.product(*known)) if count <= _MOST else None
