"""How the tables of this folder write texts with unknown parts.

``${Bucket}`` is an unknown part of the alphabet ``name``, ``${Account:digits}`` and ``${Path:any}`` are of the others, and
``$${aws:username}`` is the plain text ``${aws:username}``, which IAM reads as a policy variable.
"""

from __future__ import annotations

import re
from typing import Any, cast

from remediate.iam.request import KeyValue, Request
from remediate.iam.statement import Policy, PolicyKind, Statement, parse_statement
from remediate.partial_string import Alphabet, PartialString, UnknownPart, Value, partial

_PIECE = re.compile(r"\$(\$\{[^}]*\})|\$\{([^}]+?)(?::(digits|name|any))?\}")


def t(written: str) -> PartialString:
    parts: list[str | UnknownPart] = []
    position = 0
    for found in _PIECE.finditer(written):
        parts.append(written[position : found.start()])
        parts.append(found[1] or UnknownPart(found[2], cast("Alphabet", found[3] or "name")))
        position = found.end()
    return partial(*parts, written[position:])


def value(data: Any) -> Value:
    if isinstance(data, str):
        return t(data)
    if isinstance(data, list):
        return [value(item) for item in data]
    if isinstance(data, dict):
        return {key: value(item) for key, item in data.items()}
    return cast("Value", data)


def statement(data: Any, index: int = 0, version: str | None = "2012-10-17") -> Statement:
    return parse_statement(value(data), f"/Statement/{index}", "Policy", index, version)


def policy(kind: PolicyKind, *statements: Any, version: str | None = "2012-10-17") -> Policy:
    return Policy(kind, tuple(statement(data, index, version) for index, data in enumerate(statements)))


def request(
    principal: str, action: str, resource: str, context: dict[str, Any] | None = None, absent: tuple[str, ...] = ()
) -> Request:
    return Request(principal, action, t(resource), keys(context or {}), absent=frozenset(key.lower() for key in absent))


def keys(context: dict[str, Any]) -> dict[str, KeyValue]:
    return {
        key.lower(): tuple(t(item) for item in given) if isinstance(given, list) else t(given)
        for key, given in context.items()
    }
