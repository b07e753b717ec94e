"""Policy variables: ``${aws:username}`` in a resource or a condition value.

Source: IAM User Guide, IAM policy elements: Variables and tags; IAM JSON policy elements: Version. A variable here is
*known* text of the policy; an unknown part of a template is something else. ``${*}``, ``${?}`` and ``${$}`` are left to the
matching, which reads them as plain characters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remediate.iam.statement import FIRST_VERSION, VARIABLES_SINCE
from remediate.partial_string import PartialString, UnknownPart, partial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.iam.request import Request

# No character can be taken by two of its parts, so that a text of many openings and no end costs no more than its length.
_VARIABLE = re.compile(r"\$\{(?![*?]\})([^{}$,']+)(?:,\s*'([^']*)'\s*)?\}")
_SPECIAL = re.compile(r"[*?]|\$(?=\{)")
_OPENING = re.compile(r"\$(?=\{)")


def has_variables(pattern: PartialString) -> bool:
    """Tell whether the Version of the policy makes a difference to what a text means."""
    return any(isinstance(part, str) and "${" in part for part in pattern.parts)


def with_variables(
    patterns: tuple[PartialString, ...], request: Request, version: str | None
) -> Iterator[tuple[PartialString, ...]]:
    """Yield what the texts of a policy mean for a request: once, or in two ways where its Version is not known.

    In a policy of 2012-10-17 each variable is replaced by its value in the request, by its default where the key is absent,
    else by an unknown part. In one of 2008-10-17 ``${`` is plain text, also before ``*}``.
    """
    if not any(map(has_variables, patterns)):
        yield patterns
        return
    if version != FIRST_VERSION:
        yield tuple(_substituted(pattern, request) for pattern in patterns)
    if version != VARIABLES_SINCE:
        yield tuple(partial(*(_literal(part) for part in pattern.parts)) for pattern in patterns)


def _literal(part: str | UnknownPart) -> str | UnknownPart:
    return part if isinstance(part, UnknownPart) else _OPENING.sub("${$}", part)


def _substituted(pattern: PartialString, request: Request) -> PartialString:
    parts: list[str | UnknownPart | PartialString] = []
    for part in pattern.parts:
        parts.extend([part] if isinstance(part, UnknownPart) else _replaced(part, request))
    return partial(*parts)


def _replaced(known: str, request: Request) -> list[str | UnknownPart | PartialString]:
    parts: list[str | UnknownPart | PartialString] = []
    position = 0
    for found in _VARIABLE.finditer(known):
        parts += [known[position : found.start()], _value(found[1].strip(), found[2], request)]
        position = found.end()
    return [*parts, known[position:]]


def _value(name: str, default: str | None, request: Request) -> str | UnknownPart | PartialString:
    values = request.values_of(name)
    if len(values) == 1:
        value = values[0]
        if isinstance(value, PartialString):
            return partial(*(part if isinstance(part, UnknownPart) else _escaped(part) for part in value.parts))
        if value is None and default is not None:
            return _escaped(default)
    return UnknownPart(f"policy variable {name}", "any")


def _escaped(plain: str) -> str:
    """Return text that a pattern matches character by character."""
    return _SPECIAL.sub(lambda found: f"${{{found[0]}}}", plain)
